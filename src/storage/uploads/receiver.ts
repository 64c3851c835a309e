import type { ChunkRange } from "../../oci/range.ts";
import { type ChunkEnd, readChunk } from "./chunk-reader.ts";

/** Milliseconds without a byte after which a chunk gives way to the client's next try. */
const STALLED_AFTER = 30_000;

/** Milliseconds by which a chunk may arrive before its predecessor. */
const OVERTAKEN_FOR = 1000;

/** The receiver of a chunk's bytes. */
export interface ChunkSink {
  /** Takes some bytes. Returns false to take no more. */
  readonly write: (bytes: Uint8Array) => Promise<boolean>;
  /** Called once, after the last byte, however the chunk ended. */
  readonly save: () => Promise<void>;
}

/** The end of a chunk's body; `interrupted`: its session ends. */
export type ReceivedEnd = ChunkEnd | "interrupted";

interface Receiving {
  /** The offset after its last byte; null: the chunk did not say. */
  readonly end: number | null;
  lastByteAt: number;
  /** False once it is interrupted. */
  takesBytes: boolean;
  /** The last write, which may still run. */
  writing: Promise<boolean>;
  readonly interruption: PromiseWithResolvers<ReceivedEnd>;
  /** Aborts the connection too. */
  readonly abort: AbortController;
  readonly ended: Promise<unknown>;
}

/** Receives chunks, one at a time. */
export class Receiver {
  #receiving: Receiving | null = null;
  readonly #waiting = new Set<{ readonly end: number; readonly resolve: (value: undefined) => void }>();

  get isBusy(): boolean {
    return this.#receiving !== null;
  }

  /**
   * Waits for the chunk that ends where this one starts. It is being received, or may arrive soon, since two
   * connections need not deliver in order.
   * @param offset the session's offset without that chunk.
   */
  async waitFor(start: number, offset: number): Promise<void> {
    if (start > offset && this.#receiving?.end !== start) await this.#announced(start);
    if (this.#receiving?.end === start) await this.#receiving.ended;
  }

  /** Waits, though not for long, until a chunk that ends there begins to be received. */
  async #announced(end: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const waiting = { end, resolve };
    this.#waiting.add(waiting);
    await Promise.race([promise, scheduler.wait(OVERTAKEN_FOR)]);
    this.#waiting.delete(waiting);
  }

  /**
   * Reads a chunk to its end. The body is free afterwards.
   * @param range the place that the chunk claims.
   */
  async receive(body: ReadableStream, range: ChunkRange | null, sink: ChunkSink): Promise<ReceivedEnd> {
    const length = range === null ? null : range.end - range.start + 1;
    const end = range === null ? null : range.end + 1;
    const { promise: ended, resolve } = Promise.withResolvers<undefined>();
    const interruption = Promise.withResolvers<ReceivedEnd>();
    const receiving: Receiving = {
      end,
      lastByteAt: Date.now(),
      takesBytes: true,
      writing: Promise.resolve(true),
      interruption,
      abort: new AbortController(),
      ended,
    };
    this.#receiving = receiving;
    for (const waiting of this.#waiting) if (waiting.end === end) waiting.resolve(undefined);
    const write = async (bytes: Uint8Array): Promise<boolean> => {
      if (!receiving.takesBytes) return false;
      receiving.lastByteAt = Date.now();
      receiving.writing = sink.write(bytes);
      return receiving.writing;
    };
    const reading = readChunk({ body, length, write, signal: receiving.abort.signal });
    try {
      const ending = await Promise.race([reading, interruption.promise]);
      // No byte may be written while the bytes are saved.
      await receiving.writing;
      await sink.save();
      return ending;
    } finally {
      this.#receiving = null;
      resolve(undefined);
      // After an interruption the client may still be sending; its next piece is refused.
      await reading.catch(() => undefined);
    }
  }

  /**
   * Ends the chunk that is being received, and keeps the bytes that have come. Its client may still send; it gets the
   * answer once it stops.
   */
  async interrupt(): Promise<void> {
    if (this.#receiving !== null) await interrupt(this.#receiving, "interrupted");
  }

  /**
   * Interrupts a chunk that has stalled. A connection may be dead long before its end is noticed, and a client that
   * comes back must not wait for that.
   */
  async interruptStalled(): Promise<void> {
    const receiving = this.#receiving;
    if (receiving === null || Date.now() - receiving.lastByteAt < STALLED_AFTER) return;
    const ended = interrupt(receiving, "broken");
    receiving.abort.abort();
    await ended;
  }
}

async function interrupt(receiving: Receiving, end: ReceivedEnd): Promise<void> {
  receiving.takesBytes = false;
  receiving.interruption.resolve(end);
  await receiving.ended;
}
