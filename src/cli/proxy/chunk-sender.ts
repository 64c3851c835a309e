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
  /** Where the first chunk goes; it may still be being found out. */
  readonly start: Promise<UploadPosition>;
  readonly size: ChunkSize;
  /** True if the registry lets a chunk wait for the one before it: then no time is lost with acknowledgements. */
  readonly ahead: boolean;
  /** A chunk, or a part of one, has been acknowledged. */
  readonly onPosition: () => void;
}

/** Sends the chunks of one upload in their order. At most two are on their way; each is held until it is acknowledged. */
export class ChunkSender {
  readonly #options: SenderOptions;
  /** Where the session stands after the last chunk so far. */
  #last: Promise<UploadPosition>;
  /** The offset after the last chunk so far, once there is one. */
  #end: number | null = null;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#last = options.start;
  }

  /** Where the session stands once all is acknowledged. */
  get position(): Promise<UploadPosition> {
    return this.#last;
  }

  /** Begins to send a chunk, and gives its memory back in the end. Returns when it is time for the next one. */
  async send(chunk: HeldChunk): Promise<void> {
    const before = this.#last;
    const isFirst = this.#end === null;
    const from = this.#end ?? (await this.#startFor(chunk));
    this.#end = from + chunk.size;
    const handedOver = new Signal();
    const bytes = {
      end: this.#end,
      // The chunk that follows may have arrived in part when this one is asked for.
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

  /** Sends the chunk without waiting for the one before it. If that goes wrong, it is sent again when its turn has come. */
  async #sendAhead(before: Promise<UploadPosition>, from: number, bytes: Bytes): Promise<UploadPosition> {
    const { session, start, onPosition } = this.#options;
    const { location } = await start;
    const chunk = { end: bytes.end, body: (offset: number) => bytes.body(offset, bytes.end) };
    // Both must have come to an end before the memory may be used again.
    const [last, tried] = await Promise.allSettled([before, tryChunk(session, { location, offset: from }, chunk)]);
    if (last.status === "rejected") throw last.reason;
    const arrived = tried.status === "fulfilled" && tried.value.failure === null ? tried.value.position : null;
    if (arrived !== null) onPosition();
    // Some of it may be there all the same; to find out costs less than to send it in vain.
    return this.#sendAfter(arrived ?? askPosition(session, last.value), bytes);
  }
}

interface Bytes {
  readonly end: number;
  readonly furthest?: number;
  readonly body: (from: number, to: number) => Body;
}

/** Something that happens once. */
class Signal {
  give: () => void = () => undefined;
  readonly given = new Promise<void>((resolve) => {
    this.give = resolve;
  });
}

/** The chunk's bytes, and word of when the connection has taken the last of them. */
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
