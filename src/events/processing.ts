import type { AddressRules } from "./address.ts";
import type { ConfigObject } from "./outbox-store.ts";
import type { EventStores } from "./stores.ts";
import type { Target } from "./target-store.ts";
import type { RegistryEvent } from "./event.ts";
import type { Sender } from "./target.ts";

/** Milliseconds that a receiver has for its answer. */
export const ANSWER_WITHIN = 20_000;

/** The means to send an event out, beside the stores. */
export interface Delivering {
  readonly send: Sender;
  readonly rules: AddressRules;
  readonly now: () => Date;
  /** Signs a token that names the target that asks: see auth/identity-token.ts. */
  readonly identityToken: (target: Target, event: RegistryEvent, audience: string) => Promise<string>;
}

/** All that the processing of events works with. */
export interface Processing extends Delivering {
  readonly stores: EventStores;
  /** The bytes of an image's config; null: they are gone. */
  readonly readConfig: (object: ConfigObject) => Promise<Uint8Array | null>;
}

/** The outcome of a queue's message: done, or to come again after so many seconds. */
export type MessageOutcome = "done" | { readonly retryIn: number };
