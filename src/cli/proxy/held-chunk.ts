import { Readable } from "node:stream";
import { SlabPool } from "./slabs.ts";

/** The bounds of a chunk's size. Bytes. */
export interface ChunkBounds {
  /** The bytes that a chunk reserves at its beginning: the least size of all chunks but the last. */
  readonly least: number;
  readonly most: number;
}

/**
 * The bytes of one chunk, held until the registry has acknowledged them, since the client's stream cannot be read
 * again.
 */
export class HeldChunk {
  readonly #pool: SlabPool;
  readonly #slabs: Buffer[];
  /** The number of bytes held. */
  size = 0;

  constructor(pool: SlabPool, slabs: Buffer[]) {
    this.#pool = pool;
    this.#slabs = slabs;
  }

  /** Takes as many of the bytes as fit, and returns their number. */
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

  /** Reads the bytes from one offset to another within the chunk. */
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

  /**
   * Returns the slab for an offset, and takes one more from the pool when the last is full. Null: the pool has none.
   */
  #slabAt(offset: number): Buffer | null {
    const [first] = this.#slabs;
    const index = first === undefined ? 0 : Math.floor(offset / first.length);
    const slab = this.#slabs[index] ?? this.#pool.tryAcquire();
    if (slab !== null && index === this.#slabs.length) this.#slabs.push(slab);
    return slab;
  }
}

/**
 * Cuts a stream into chunks, which the caller must release. A chunk is yielded when it is full, when memory is short,
 * or when it has the least size and the caller is waiting; the last has the remaining bytes. While one chunk is sent,
 * the next is filled. So chunks are full on a line that is slower than the client, and a faster line never waits for
 * them.
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
      // A failure is thrown when its turn comes; until then it must not count as unhandled.
      filling?.catch(() => undefined);
      if (chunk.size > 0) yield chunk;
      else chunk.release();
    }
  } finally {
    // If the caller stops half-way, a chunk is still being filled.
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
