import { Readable } from "node:stream";
import { errors } from "undici";

/** Milliseconds after which a connection that takes no more of a body counts as dead. */
const STUCK_AFTER = 30_000;

/**
 * Notices a connection that has died without a word, as when its way is cut behind a router: no answer comes after the
 * request was sent, or no more of its body goes out. A source that gives the body slowly does not count.
 */
export class Silence {
  readonly #ended = new AbortController();
  readonly #answerWithin: number;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param answerWithin milliseconds from the last byte sent; if sending took longer than that, as long as it took */
  constructor(answerWithin: number) {
    this.#answerWithin = answerWithin;
  }

  /** Aborted after too long a silence. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Starts to watch a request with this body, and returns the body unchanged. */
  watch<B extends Readable | Uint8Array | null>(body: B): B {
    if (!(body instanceof Readable)) {
      this.#arm(this.#answerWithin);
      return body;
    }
    const begun = performance.now();
    // A connection that can take no more pauses the stream, and resumes it when it can.
    body.on("pause", () => this.#arm(Math.max(STUCK_AFTER, this.#answerWithin)));
    body.on("resume", () => clearTimeout(this.#timer));
    // Bytes that still wait in buffers along a slow way need time in proportion to the rest.
    body.once("end", () => this.#arm(Math.max(this.#answerWithin, performance.now() - begun)));
    return body;
  }

  /** Ends the watch, because the answer came or will not come. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #arm(milliseconds: number): void {
    clearTimeout(this.#timer);
    // An answer may come before the body has ended.
    if (this.#isOver) return;
    this.#timer = setTimeout(() => this.#ended.abort(new errors.HeadersTimeoutError()), milliseconds);
  }
}
