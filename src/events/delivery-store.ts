/**
 * Deliveries, as events need them. Times are milliseconds since the epoch; null means absence. Every
 * method with a grant throws SPACE_UNKNOWN if the space is gone, and TOKEN_INVALID if the credential was
 * revoked.
 */
import type { SpaceGrant } from "../auth/space-grant.ts";
import type { Page, PageRequest } from "../oci/page.ts";
import type { Actor, RegistryEvent } from "./event.ts";
import type { StoredEvent, TriggerVerdict } from "./outbox-store.ts";
import type { NewerTags } from "./tag-rule.ts";
import type { Outcome, Verdict } from "./target.ts";
import type { OpenTarget } from "./target-store.ts";
import type { Trigger } from "./trigger-store.ts";

/**
 * The states of a delivery. `running`: the target has begun, and is asked for its progress. `superseded`:
 * it was outdated when its turn came. `canceled`: a person ended it.
 */
export const DELIVERY_STATUSES = ["pending", "running", "delivered", "failed", "superseded", "canceled"] as const;
type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export interface Delivery {
  readonly id: string;
  readonly eventId: string;
  readonly triggerId: string;
  readonly targetId: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly status: DeliveryStatus;
  /** Says why it has not arrived, or how it goes; null if there is nothing to say. */
  readonly reason: string | null;
  readonly attempts: number;
  readonly nextAttemptAt: number | null;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly canceledBy: Actor | null;
}

export interface AttemptRecord {
  readonly number: number;
  readonly at: number;
  readonly milliseconds: number;
  /** Null if there was no answer. */
  readonly status: number | null;
  readonly outcome: Verdict;
  /** The answer's first 1,024 characters, or a sentence about what went wrong. */
  readonly detail: string;
}

interface DeliveryFilter {
  readonly event: string | null;
  readonly status: DeliveryStatus | null;
  readonly trigger: string | null;
  readonly target: string | null;
}

/** A delivery that is being attempted. Nobody else attempts it until the lease ends. */
export interface ClaimedDelivery {
  /** Its count of attempts includes this one. */
  readonly delivery: Delivery;
  /** Attempts since it was made or last redelivered, this one included. */
  readonly tries: number;
  readonly event: RegistryEvent | null;
  readonly target: OpenTarget | null;
  /** The progress that the attempt before left for this one. */
  readonly progress: unknown;
  /** Decides if it may still be sent; null if it goes in any case, since a person asked for it or the target has begun. */
  readonly currentState: CurrentState | null;
}

/** A delivery of the same trigger, target and scope, of which an attempt was begun. */
export interface PastDelivery {
  readonly tag: string;
  readonly eventId: string;
  readonly status: DeliveryStatus;
}

export interface PastDeliveries {
  readonly deliveries: readonly PastDelivery[];
  /** True if there may be more than these. */
  readonly isCut: boolean;
}

interface GroupMember {
  readonly path: string;
  /** True if its tag is gone, or is on another digest than the delivery tells of. */
  readonly isMoved: boolean;
}

/** The state, at the time of sending, of everything that a delivery depends on. */
export interface CurrentState {
  /** Null if it was deleted. */
  readonly trigger: Pick<Trigger, "enabled" | "rules" | "targets"> | null;
  /** The digest under the event's tag; null if the tag is gone. */
  readonly tagDigest: string | null;
  /** True if the event's manifest is there. */
  readonly hasManifest: boolean;
  /** A group's repositories; empty for a delivery without a group. */
  readonly members: readonly GroupMember[];
  /** Deliveries of events after the delivery's own that set a tag, newest first. */
  readonly later: PastDeliveries;
  /**
   * The last delivery of each repository to a target that deploys, if another trigger sent it, or this one
   * while it had a group and now has none, or the other way round.
   */
  readonly fromAnother: readonly PastDelivery[];
}

/**
 * The result of a claim. `later`: it is not due, or another one is being sent before it; seconds.
 * `before`: the id of another one that a replay sends first. `over`: there is nothing to do.
 */
type Claim = ClaimedDelivery | { readonly later: number } | { readonly before: string } | "over";

/** Milliseconds for which an attempt keeps its delivery, by target type; for an unknown type, the longest counts. */
export type Leases = Readonly<Record<string, number>>;

/** The state in which an attempt leaves its delivery. */
export interface DeliveryResult {
  readonly attempt: AttemptRecord;
  readonly status: DeliveryStatus;
  readonly reason: string | null;
  readonly progress: unknown;
  readonly health: Outcome["health"];
  /** Null if the delivery is over. */
  readonly nextAttemptAt: number | null;
  /** The reason to switch the target off; null if it stays on. */
  readonly disableTarget: string | null;
}

/** A manifest that a delivery is about in addition to its event's own: a group member's. */
export interface DeliverySubject {
  readonly repositoryId: number;
  readonly digest: string;
}

/** A delivery to be written. */
export interface NewDelivery {
  readonly triggerId: string;
  readonly targetId: string;
  /** The topic; newer deliveries of the same trigger and target with it replace this one. Null if none does. */
  readonly topic: string | null;
  /** The scope within which deliveries of the trigger to the target are compared. */
  readonly scope: string;
  /** The lane, in which one delivery of the trigger to the target is sent at a time; null if it waits for no other. */
  readonly lane: string | null;
  /** A key that at most one delivery of a trigger to a target has; null for any number. */
  readonly once: string | null;
  /** The manifests it is about; null for the event's own. */
  readonly subjects: readonly DeliverySubject[] | null;
  /** The time of the first attempt. */
  readonly dueAt: number;
}

interface PendingDelivery {
  readonly id: string;
  readonly dueAt: number;
}

export interface DeliveryStore {
  /**
   * Writes an event's deliveries, only once however often it is called. Marks the event as taken, with its
   * triggers' verdicts; supersedes older pending deliveries of the same topic; keeps the event's
   * platforms, and its manifest's if they had to be read. Returns those of the event that are pending.
   */
  create(
    stored: StoredEvent,
    deliveries: readonly NewDelivery[],
    verdicts: readonly TriggerVerdict[],
    now: number,
  ): Promise<readonly PendingDelivery[]>;
  /** Claims a delivery for an attempt, with a lease as long as its target's type needs. No other in its lane has a lease meanwhile. */
  claim(id: string, now: number, leases: Leases): Promise<Claim>;
  /**
   * Finds deliveries of the same trigger, target and scope as a claimed one that were begun, of tags that
   * may be newer than its own: at most `limit` of each kind. If a person redelivered something before its
   * push, it finds only those that went to the target since.
   */
  begunAbove(id: string, newer: NewerTags, limit: number): Promise<PastDeliveries>;
  /** Ends a claimed delivery that is not to be sent. */
  supersede(id: string, reason: string, now: number): Promise<void>;
  /** Writes the result of an attempt. If it was delivered to a target that deploys, marks its content as deployed there. */
  record(id: string, targetId: string, result: DeliveryResult, now: number): Promise<void>;
  /** Ends a delivery that was made before `before` and could not even be attempted. */
  giveUp(id: string, before: number, reason: string, now: number): Promise<void>;
  /** Lists pending deliveries that should have been attempted before `before`: their messages were lost. */
  overdue(before: number, limit: number): Promise<readonly string[]>;
  /** Lists deliveries, newest first. */
  list(grant: SpaceGrant, filter: DeliveryFilter, page: PageRequest): Promise<Page<Delivery>>;
  find(grant: SpaceGrant, id: string): Promise<{ delivery: Delivery; attempts: readonly AttemptRecord[] } | null>;
  /**
   * Makes the trigger's failed deliveries that were made at `since` or later pending again: at most
   * `limit`, oldest first. Returns their ids.
   */
  replay(grant: SpaceGrant, triggerId: string, since: number, limit: number, now: number): Promise<readonly string[]>;
  /** Makes a delivery pending again, at once; its id stays, and it goes whatever was sent before. Returns false if there is none. */
  redeliver(grant: SpaceGrant, id: string, now: number): Promise<boolean>;
  /** Ends a delivery that is pending or running. Returns false if there is none, or if it has ended. */
  cancel(grant: SpaceGrant, id: string, by: string, now: number): Promise<boolean>;
}
