/** What the use cases of events need of storage. Times are milliseconds since the epoch; null means absence. */
import type { Page, PageRequest } from "../oci/page.ts";
import type { RegistryEvent } from "./event.ts";
import type { QueueMessage } from "./messages.ts";
import type { Verdict } from "./target.ts";
import type { TriggerMatch } from "./trigger.ts";

/** An event with the ids that rows about it need. */
export interface StoredEvent {
  readonly event: RegistryEvent;
  readonly spaceId: number;
  readonly repositoryId: number;
}

export interface OutboxStore {
  find(id: string): Promise<StoredEvent | null>;
  /** Notes that a consumer took the event, so that the sweep leaves it alone; without effect for one that is unknown. */
  markTaken(id: string, now: number): Promise<void>;
  /** Events that no consumer has taken yet, and that are older than `before`: at most `limit` ids, oldest first. */
  unsent(before: number, limit: number): Promise<readonly string[]>;
  /** Newest first. Null when there is no such space. */
  list(space: string, page: PageRequest): Promise<Page<RegistryEvent> | null>;
}

/** How the newest secret of a target came to be, and until when the one before it counts. */
export interface TargetSecrets {
  readonly current: string | null;
  readonly previous: string | null;
  readonly previousUntil: number | null;
}

export interface Target {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly config: unknown;
  readonly enabled: boolean;
  /** Why it was switched off by itself. */
  readonly disabledReason: string | null;
  readonly failingSince: number | null;
  readonly createdAt: number;
}

export interface TargetStore {
  /** False when there is no such space. */
  create(space: string, target: Target, secret: string | null): Promise<boolean>;
  find(space: string, id: string): Promise<Target | null>;
  list(space: string, page: PageRequest): Promise<Page<Target> | null>;
  /** Switching on forgets the reason and the failures. */
  setEnabled(space: string, id: string, enabled: boolean): Promise<boolean>;
  /** The old secret goes on signing until `previousUntil`. */
  rotateSecret(space: string, id: string, secret: string, previousUntil: number): Promise<boolean>;
  delete(space: string, id: string): Promise<boolean>;
  /** Which of the ids the space has. */
  known(space: string, ids: readonly string[]): Promise<readonly string[]>;
}

export interface Trigger {
  readonly id: string;
  readonly name: string;
  readonly match: TriggerMatch;
  /** Ids. */
  readonly targets: readonly string[];
  readonly enabled: boolean;
  readonly createdAt: number;
}

export interface TriggerStore {
  create(space: string, trigger: Trigger): Promise<boolean>;
  find(space: string, id: string): Promise<Trigger | null>;
  list(space: string, page: PageRequest): Promise<Page<Trigger> | null>;
  setEnabled(space: string, id: string, enabled: boolean): Promise<boolean>;
  delete(space: string, id: string): Promise<boolean>;
  /** Those that are switched on, in the space with this id. */
  active(spaceId: number): Promise<readonly Trigger[]>;
  /** The tags of a repository, for rules that compare: the last `limit` by name. */
  tagsOf(repositoryId: number, limit: number): Promise<readonly string[]>;
}

export const DELIVERY_STATUSES = ["pending", "delivered", "failed", "superseded"] as const;
type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export interface Delivery {
  readonly id: string;
  readonly eventId: string;
  readonly triggerId: string;
  readonly targetId: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly nextAttemptAt: number | null;
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

export interface AttemptRecord {
  readonly number: number;
  readonly at: number;
  /** How long it took. */
  readonly milliseconds: number;
  /** Null where there was no answer. */
  readonly status: number | null;
  readonly outcome: Verdict;
  /** The answer's first 1,024 characters, or what went wrong. */
  readonly detail: string;
}

interface DeliveryFilter {
  readonly status: DeliveryStatus | null;
  readonly trigger: string | null;
  readonly target: string | null;
}

/** A delivery that is being attempted: nobody else will until the lease ends. */
export interface ClaimedDelivery {
  /** With the attempt that was begun counted. */
  readonly delivery: Delivery;
  /** Attempts since it was made or last redelivered, this one included. */
  readonly tries: number;
  readonly event: RegistryEvent | null;
  readonly target: Target | null;
  readonly secrets: TargetSecrets;
}

/** `later`: it is pending, but not due; seconds. `over`: there is nothing to do. */
type Claim = ClaimedDelivery | { readonly later: number } | "over";

/** How an attempt leaves its delivery. */
export interface DeliveryResult {
  readonly attempt: AttemptRecord;
  readonly status: DeliveryStatus;
  /** Null when it is over. */
  readonly nextAttemptAt: number | null;
  /** Why the target shall be switched off, if it shall. */
  readonly disableTarget: string | null;
}

export interface DeliveryStore {
  /**
   * Writes the deliveries of an event, once however often it is called, marks the event as taken, and supersedes older
   * pending deliveries of the same trigger, target, repository and tag. Returns the ids of those that are pending.
   */
  plan(
    stored: StoredEvent,
    pairs: readonly { triggerId: string; targetId: string }[],
    now: number,
  ): Promise<readonly string[]>;
  /** Takes a delivery for an attempt, with a lease. */
  claim(id: string, now: number, lease: number): Promise<Claim>;
  record(id: string, targetId: string, result: DeliveryResult, now: number): Promise<void>;
  /** Pending deliveries that should have been attempted before `before`: their message was lost. */
  overdue(before: number, limit: number): Promise<readonly string[]>;
  /** Newest first. */
  list(space: string, filter: DeliveryFilter, page: PageRequest): Promise<Page<Delivery> | null>;
  find(space: string, id: string): Promise<{ delivery: Delivery; attempts: readonly AttemptRecord[] } | null>;
  /**
   * Makes those deliveries of a trigger pending again that failed and were made at `since` or later: at most `limit`,
   * the oldest first. Returns their ids.
   */
  replay(space: string, triggerId: string, since: number, limit: number, now: number): Promise<readonly string[]>;
  /** Makes a delivery pending again, at once. False when there is none; its id stays. */
  redeliver(space: string, id: string, now: number): Promise<boolean>;
}

export interface EventQueue {
  send(messages: readonly QueueMessage[]): Promise<void>;
}

export interface EventStores {
  readonly outbox: OutboxStore;
  readonly targets: TargetStore;
  readonly triggers: TriggerStore;
  readonly deliveries: DeliveryStore;
  readonly queue: EventQueue;
}
