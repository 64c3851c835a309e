import { Readable } from "node:stream";
import { errors } from "undici";

/** Milliseconds after which a connection that takes no more of a body counts as dead. */
const STUCK_AFTER = 30_000;

/**
 * Notices a connection that has died without a word, as one does whose way is cut behind a router: nothing comes back
 * after a request was sent, or no more of its body goes out. A source that is slow to give the body is no such silence.
 */
export class Silence {
  readonly #ended = new AbortController();
  readonly #answerWithin: number;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param answerWithin milliseconds from the last byte sent; as long as it took to send them, where that is longer. */
  constructor(answerWithin: number) {
    this.#answerWithin = answerWithin;
  }

  /** Aborted where there was silence for too long. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Begins to watch a request with this body, which goes past it untouched. */
  watch<B extends Readable | Uint8Array | null>(body: B): B {
    if (!(body instanceof Readable)) {
      this.#arm(this.#answerWithin);
      return body;
    }
    const begun = performance.now();
    // A connection that can take no more pauses the stream, and one that can resumes it.
    body.on("pause", () => this.#arm(Math.max(STUCK_AFTER, this.#answerWithin)));
    body.on("resume", () => clearTimeout(this.#timer));
    // What is on a slow way still, in buffers that nobody sees, takes its time as the rest did.
    body.once("end", () => this.#arm(Math.max(this.#answerWithin, performance.now() - begun)));
    return body;
  }

  /** Ends the watch: an answer came, or will not. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #arm(milliseconds: number): void {
    clearTimeout(this.#timer);
    // An answer may come before the body is at its end.
    if (this.#isOver) return;
    this.#timer = setTimeout(() => this.#ended.abort(new errors.HeadersTimeoutError()), milliseconds);
  }
}
