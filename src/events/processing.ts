import type { AddressRules } from "./address.ts";
import type { ConfigObject } from "./outbox-store.ts";
import type { EventStores } from "./stores.ts";
import type { Target } from "./target-store.ts";
import type { RegistryEvent } from "./event.ts";
import type { Sender } from "./target.ts";

/** Milliseconds that a receiver has for its answer. */
export const ANSWER_WITHIN = 20_000;

/** The means to send an event, besides the stores. */
export interface Delivering {
  readonly send: Sender;
  readonly rules: AddressRules;
  readonly now: () => Date;
  /** Signs a token that names the target it is for: see auth/identity-token.ts. */
  readonly identityToken: (target: Target, event: RegistryEvent, audience: string) => Promise<string>;
}

/** Everything that the processing of events needs. */
export interface Processing extends Delivering {
  readonly stores: EventStores;
  /** Reads the bytes of an image's config; null if they are gone. */
  readonly readConfig: (object: ConfigObject) => Promise<Uint8Array | null>;
}

/** The outcome of a queue's message: done, or to be repeated after some seconds. */
export type MessageOutcome = "done" | { readonly retryIn: number };
