import type { AddressRules } from "./address.ts";
import type { EventStores } from "./stores.ts";
import type { TargetRequest } from "./target.ts";

/** Milliseconds that a receiver has for its answer. */
export const ANSWER_WITHIN = 20_000;

/** Characters of an answer that are kept. */
export const KEPT_OF_ANSWER = 1024;

export interface Answer {
  readonly status: number;
  /** The first {@link KEPT_OF_ANSWER} characters. */
  readonly body: string;
  readonly retryAfter: string | null;
}

/** Sends a request, follows no redirect, and gives up in time. Throws where there is no answer. */
export type Sender = (request: TargetRequest) => Promise<Answer>;

/** Everything that processing events works with. */
export interface Processing {
  readonly stores: EventStores;
  readonly send: Sender;
  readonly rules: AddressRules;
  readonly now: () => Date;
}

/** What becomes of a queue's message: done, or to come again after so many seconds. */
export type MessageOutcome = "done" | { readonly retryIn: number };
