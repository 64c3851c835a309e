/**
 * Traces the calls of each client's request, with their times. The Worker and its Durable Objects run in one isolate,
 * so this module sees all of them. A call belongs to the request in whose context it is made; a call by a Durable
 * Object belongs to the request that called the object last.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Around, Call } from "../../../harness/bindings/intercept.ts";
import type { CallKind } from "../../../harness/bindings/plans.ts";

export type Delays = Readonly<Record<CallKind, number>>;

export interface TracedCall {
  readonly kind: CallKind;
  readonly name: string;
  /** Milliseconds of delay that were added before the call. */
  readonly delay: number;
  /** The delay's beginning, in milliseconds since 1970. `ended` is its end. */
  readonly began: number;
  readonly ended: number;
}

export interface TracedRequest {
  /** The request's name from the client; empty for calls that belong to no request. */
  readonly request: string;
  /** The time of the Worker's response, in milliseconds since 1970; null if there was none. */
  readonly answered: number | null;
  readonly calls: readonly TracedCall[];
}

interface Noted {
  answered: number | null;
  readonly calls: TracedCall[];
}

/** Delays calls, and records them. */
export class Tracer {
  readonly #delays: Delays;
  readonly #wait: (ms: number) => Promise<void>;
  /** The name of the request that is being handled. */
  readonly #current = new AsyncLocalStorage<string>();
  /** The request that called a Durable Object last, by the object's id. */
  readonly #callers = new Map<string, string>();
  #noted = new Map<string, Noted>();
  /** Calls, and work after an answer, that have not ended. */
  #unsettled = 0;

  /** @param wait resolves after a number of milliseconds */
  constructor(delays: Delays, wait: (ms: number) => Promise<void>) {
    this.#delays = delays;
    this.#wait = wait;
  }

  /** Handles a request of the client. All calls made meanwhile belong to it. */
  handle(request: string, work: () => Promise<Response>): Promise<Response> {
    return this.#current.run(request, async () => {
      const response = await work();
      this.#noteOf(request).answered = Date.now();
      return response;
    });
  }

  /** Makes `take` wait for this work. The caller must handle the work's failure. */
  follow(work: unknown): void {
    this.#unsettled += 1;
    const settle = (): void => {
      this.#unsettled -= 1;
    };
    void Promise.resolve(work).then(settle, settle);
  }

  /** Returns the wrapper for calls of the Worker. */
  ofWorker(): Around {
    return (call, proceed) => this.#perform(call, this.#current.getStore() ?? "", proceed);
  }

  /** Returns the wrapper for calls of the Durable Object with this id. */
  ofObject(id: string): Around {
    return (call, proceed) => this.#perform(call, this.#callers.get(id) ?? "", proceed);
  }

  /** Returns the records since the last time, once all work that was begun has ended. */
  async take(): Promise<readonly TracedRequest[]> {
    while (this.#unsettled > 0) await scheduler.wait(1);
    const noted = this.#noted;
    this.#noted = new Map();
    return [...noted].map(([request, { answered, calls }]) => ({ request, answered, calls }));
  }

  #perform(call: Call, request: string, proceed: () => unknown): Promise<unknown> {
    if (call.object !== null) this.#callers.set(call.object, request);
    const performed = this.#performLate(call, request, proceed);
    this.follow(performed);
    return performed;
  }

  async #performLate({ kind, name }: Call, request: string, proceed: () => unknown): Promise<unknown> {
    const [delay, began] = [this.#delays[kind], Date.now()];
    await this.#wait(delay);
    this.#noteOf(request).calls.push({ kind, name, delay, began, ended: Date.now() });
    return proceed();
  }

  #noteOf(request: string): Noted {
    const known = this.#noted.get(request) ?? { answered: null, calls: [] };
    this.#noted.set(request, known);
    return known;
  }
}
