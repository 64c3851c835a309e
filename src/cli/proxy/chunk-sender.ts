import type { Body } from "../client/transport.ts";
import {
  askPosition,
  type ChunkSize,
  sendInChunks,
  type SessionOptions,
  tryChunk,
  type UploadPosition,
} from "../client/upload-session.ts";
import type { HeldChunk } from "./held-chunk.ts";

interface SenderOptions {
  readonly session: SessionOptions;
  /** The position of the first chunk, which may still be asked for. */
  readonly start: Promise<UploadPosition>;
  readonly size: ChunkSize;
  /** True if the registry lets a chunk wait for the one before it, so that no time is lost on acknowledgements. */
  readonly ahead: boolean;
  /** Called when a chunk, or a part of one, has been acknowledged. */
  readonly onPosition: () => void;
}

/** Sends the chunks of one upload in their order, at most two at a time. Each is held until it is acknowledged. */
export class ChunkSender {
  readonly #options: SenderOptions;
  /** The session's position after the last chunk so far. */
  #last: Promise<UploadPosition>;
  /** The offset after the last chunk so far; null before the first. */
  #end: number | null = null;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#last = options.start;
  }

  /** The session's position once all chunks are acknowledged. */
  get position(): Promise<UploadPosition> {
    return this.#last;
  }

  /** Starts to send a chunk, whose memory is released in the end. Resolves when the next chunk may be given. */
  async send(chunk: HeldChunk): Promise<void> {
    const before = this.#last;
    const isFirst = this.#end === null;
    const from = this.#end ?? (await this.#startFor(chunk));
    this.#end = from + chunk.size;
    const handedOver = new Signal();
    const bytes = {
      end: this.#end,
      // By the time the session is asked about this chunk, a part of the next may have arrived.
      ...(this.#options.ahead && { furthest: Number.POSITIVE_INFINITY }),
      body: (first: number, end: number) => watched(chunk, first - from, end - from, handedOver),
    };
    const sending =
      isFirst || !this.#options.ahead ? this.#sendAfter(before, bytes) : this.#sendAhead(before, from, bytes);
    this.#last = sending.finally(() => chunk.release());
    this.#last.catch(() => undefined);
    await before;
    await (this.#options.ahead ? Promise.race([handedOver.given, this.#last]) : this.#last);
  }

  async #startFor(chunk: HeldChunk): Promise<number> {
    try {
      return (await this.#options.start).offset;
    } catch (failure) {
      chunk.release();
      throw failure;
    }
  }

  async #sendAfter(before: UploadPosition | Promise<UploadPosition>, bytes: Bytes): Promise<UploadPosition> {
    const { session, size, onPosition } = this.#options;
    return sendInChunks(session, await before, bytes, size, onPosition);
  }

  /** Sends the chunk without waiting for the one before it. If that fails, sends it again when its turn has come. */
  async #sendAhead(before: Promise<UploadPosition>, from: number, bytes: Bytes): Promise<UploadPosition> {
    const { session, start, onPosition } = this.#options;
    const { location } = await start;
    const chunk = { end: bytes.end, body: (offset: number) => bytes.body(offset, bytes.end) };
    // Both must have ended before the memory may be used again.
    const [last, tried] = await Promise.allSettled([before, tryChunk(session, { location, offset: from }, chunk)]);
    if (last.status === "rejected") throw last.reason;
    const arrived = tried.status === "fulfilled" && tried.value.failure === null ? tried.value.position : null;
    if (arrived !== null) onPosition();
    // A part of the chunk may have arrived; asking is cheaper than sending it in vain.
    return this.#sendAfter(arrived ?? askPosition(session, last.value), bytes);
  }
}

interface Bytes {
  readonly end: number;
  readonly furthest?: number;
  readonly body: (from: number, to: number) => Body;
}

/** An event that happens once. */
class Signal {
  give: () => void = () => undefined;
  readonly given = new Promise<void>((resolve) => {
    this.give = resolve;
  });
}

/** Makes a body of the chunk's bytes. It signals when the connection has taken the last of them. */
function watched(chunk: HeldChunk, from: number, to: number, handedOver: Signal): Body {
  return {
    length: to - from,
    open: () => {
      const stream = chunk.open(from, to);
      stream.once("end", handedOver.give);
      return stream;
    },
  };
}
