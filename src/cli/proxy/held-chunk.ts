import { Readable } from "node:stream";
import { SlabPool } from "./slabs.ts";

/** How large chunks become. Bytes. */
export interface ChunkBounds {
  /** What a chunk reserves at its beginning: all but the last have as much. */
  readonly least: number;
  readonly most: number;
}

/** The bytes of one chunk, held until the registry has acknowledged them: a stream cannot be asked for them again. */
export class HeldChunk {
  readonly #pool: SlabPool;
  readonly #slabs: Buffer[];
  /** Bytes held. */
  size = 0;

  constructor(pool: SlabPool, slabs: Buffer[]) {
    this.#pool = pool;
    this.#slabs = slabs;
  }

  /** Takes what fits of the bytes, and says how many those were: fewer than given where it is full. */
  write(bytes: Buffer, most: number): number {
    let written = 0;
    const wanted = Math.min(bytes.length, most - this.size);
    while (written < wanted) {
      const slab = this.#slabAt(this.size);
      if (slab === null) break;
      const copied = bytes.copy(slab, this.size % slab.length, written, wanted);
      written += copied;
      this.size += copied;
    }
    return written;
  }

  /** The bytes from one offset to another within the chunk. */
  open(from: number, to: number): Readable {
    return Readable.from(this.#pieces(from, to), { objectMode: false });
  }

  /** Gives the memory back. */
  release(): void {
    this.#pool.release(this.#slabs.splice(0));
  }

  *#pieces(from: number, to: number): Generator<Buffer> {
    let at = 0;
    for (const slab of this.#slabs) {
      const start = Math.max(from - at, 0);
      const end = Math.min(to - at, slab.length);
      if (start < end) yield slab.subarray(start, end);
      at += slab.length;
    }
  }

  /** The slab that holds an offset; one more is asked for where the last is full. Null: there is none to be had. */
  #slabAt(offset: number): Buffer | null {
    const [first] = this.#slabs;
    const index = first === undefined ? 0 : Math.floor(offset / first.length);
    const slab = this.#slabs[index] ?? this.#pool.tryAcquire();
    if (slab !== null && index === this.#slabs.length) this.#slabs.push(slab);
    return slab;
  }
}

/**
 * Cuts a stream into chunks, which whoever takes them releases. Each is given when it is full, when memory is short, or when it has the least that it needs
 * and is waited for; the last has what is left. While one is sent, the next is filled: so a line that is slower than
 * the client gets full chunks, and a faster one never waits for them.
 */
export async function* cutIntoChunks(
  pieces: AsyncIterator<Buffer>,
  pool: SlabPool,
  bounds: ChunkBounds,
  signal: AbortSignal,
): AsyncGenerator<HeldChunk> {
  const filler = new Filler(pieces, pool, bounds, signal);
  let filling: Promise<HeldChunk> | null = filler.fill();
  try {
    while (filling !== null) {
      filler.isWaitedFor = true;
      const chunk: HeldChunk = await filling;
      filler.isWaitedFor = false;
      filling = filler.ended ? null : filler.fill();
      // A failure is met when its turn comes; until then it must not count as unhandled.
      filling?.catch(() => undefined);
      if (chunk.size > 0) yield chunk;
      else chunk.release();
    }
  } finally {
    // Whoever stops half-way leaves a chunk that is being filled.
    filling?.then(
      (chunk) => chunk.release(),
      () => undefined,
    );
  }
}

class Filler {
  ended = false;
  isWaitedFor = false;
  #rest: Buffer = Buffer.alloc(0);
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #pool: SlabPool;
  readonly #bounds: ChunkBounds;
  readonly #signal: AbortSignal;

  constructor(pieces: AsyncIterator<Buffer>, pool: SlabPool, bounds: ChunkBounds, signal: AbortSignal) {
    this.#pieces = pieces;
    this.#pool = pool;
    this.#bounds = bounds;
    this.#signal = signal;
  }

  async fill(): Promise<HeldChunk> {
    const { least, most } = this.#bounds;
    const chunk = new HeldChunk(this.#pool, await this.#pool.acquire(SlabPool.slabsFor(least), this.#signal));
    try {
      while (!this.ended) {
        this.#rest = this.#rest.subarray(chunk.write(this.#rest, most));
        const isEnough = this.isWaitedFor && chunk.size >= least;
        if (this.#rest.length > 0 || chunk.size === most || isEnough) return chunk;
        await this.#read();
      }
      return chunk;
    } catch (failure) {
      chunk.release();
      throw failure;
    }
  }

  async #read(): Promise<void> {
    const next = await this.#pieces.next();
    if (next.done === true) this.ended = true;
    else this.#rest = next.value;
  }
}
