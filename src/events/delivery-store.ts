/**
 * Deliveries, as events need them. Times are milliseconds since the epoch; null means absence.
 * Every method with a grant throws SPACE_UNKNOWN where the space is gone, and TOKEN_INVALID where the credential was revoked.
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
 * `running`: the target has begun, and is asked how it goes. `superseded`: when it was to be sent, it was outdated.
 * `canceled`: a person ended it.
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
  /** Says why it has not arrived, or how it goes; null when there is nothing to say. */
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
  /** Null where there was no answer. */
  readonly status: number | null;
  readonly outcome: Verdict;
  /** The answer's first 1,024 characters, or a sentence on what went wrong. */
  readonly detail: string;
}

interface DeliveryFilter {
  readonly event: string | null;
  readonly status: DeliveryStatus | null;
  readonly trigger: string | null;
  readonly target: string | null;
}

/** A delivery that is being attempted: nobody else will until the lease ends. */
export interface ClaimedDelivery {
  /** Counts the attempt that was begun. */
  readonly delivery: Delivery;
  /** Attempts since it was made or last redelivered, this one included. */
  readonly tries: number;
  readonly event: RegistryEvent | null;
  readonly target: OpenTarget | null;
  /** Left by the attempt before for this one. */
  readonly progress: unknown;
  /** Decides if it is still to be sent; null where it goes in any case: a person asked for it, or the target has begun. */
  readonly currentState: CurrentState | null;
}

/** A delivery of the same trigger, target and scope that was begun. */
export interface PastDelivery {
  readonly tag: string;
  readonly eventId: string;
  readonly status: DeliveryStatus;
}

export interface PastDeliveries {
  readonly deliveries: readonly PastDelivery[];
  /** There may be more than these. */
  readonly isCut: boolean;
}

interface GroupMember {
  readonly path: string;
  /** Its tag is gone, or on another digest than the delivery tells of. */
  readonly isMoved: boolean;
}

/** The state of all that a delivery depends on, when it is to be sent. */
export interface CurrentState {
  /** Null: it was deleted. */
  readonly trigger: Pick<Trigger, "enabled" | "rules" | "targets"> | null;
  /** The digest under the event's tag; null: the tag is gone. */
  readonly tagDigest: string | null;
  /** The event's manifest is there. */
  readonly hasManifest: boolean;
  /** A group's repositories; empty for a delivery that is of none. */
  readonly members: readonly GroupMember[];
  /** Deliveries of events after the delivery's own, that set a tag; the newest first. */
  readonly later: PastDeliveries;
  /** The last delivery of each repository to a target that deploys, where another trigger sent it, or this one with or without its group. */
  readonly fromAnother: readonly PastDelivery[];
}

/**
 * `later`: it is pending, but not due, or another one is being sent before it; seconds. `before`: the id of another one that
 * a replay sends first. `over`: there is nothing to do.
 */
type Claim = ClaimedDelivery | { readonly later: number } | { readonly before: string } | "over";

/** Milliseconds that an attempt keeps its delivery for, by target type; the longest counts for any other type. */
export type Leases = Readonly<Record<string, number>>;

/** The state in which an attempt leaves its delivery. */
export interface DeliveryResult {
  readonly attempt: AttemptRecord;
  readonly status: DeliveryStatus;
  readonly reason: string | null;
  readonly progress: unknown;
  readonly health: Outcome["health"];
  /** Null when it is over. */
  readonly nextAttemptAt: number | null;
  /** The reason to switch the target off; null: it stays on. */
  readonly disableTarget: string | null;
}

/** A manifest that a delivery is about, where that is more than its event's own: a member of a group. */
export interface DeliverySubject {
  readonly repositoryId: number;
  readonly digest: string;
}

/** A delivery to be written. */
export interface NewDelivery {
  readonly triggerId: string;
  readonly targetId: string;
  /** Newer deliveries of the same trigger and target with the same topic take its place; null: none does. */
  readonly topic: string | null;
  /** Deliveries of the trigger to the target are compared within it. */
  readonly scope: string;
  /** One at a time of the trigger's deliveries to the target is sent in it; null: it waits for no other. */
  readonly lane: string | null;
  /** At most one delivery of a trigger to a target has it; null: any number. */
  readonly once: string | null;
  /** Null: the event's manifest. */
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
   * Writes the deliveries of an event, once however often it is called, marks the event as taken with what its triggers
   * made of it, and supersedes older pending deliveries of the same topic. Keeps the event's platforms, and its manifest's
   * where they had to be read. Returns those of the event that are pending.
   */
  create(
    stored: StoredEvent,
    deliveries: readonly NewDelivery[],
    verdicts: readonly TriggerVerdict[],
    now: number,
  ): Promise<readonly PendingDelivery[]>;
  /** Takes a delivery for an attempt, with a lease as long as its target's type needs; no other in its lane has one meanwhile. */
  claim(id: string, now: number, leases: Leases): Promise<Claim>;
  /**
   * Finds deliveries of the same trigger, target and scope as a claimed one that were begun, of tags that may be newer than its own, of each kind
   * `limit` at most. Where a person redelivered something before its push, only what went to the target since then.
   */
  begunAbove(id: string, newer: NewerTags, limit: number): Promise<PastDeliveries>;
  /** Ends a claimed delivery that shall not be sent. */
  supersede(id: string, reason: string, now: number): Promise<void>;
  /** Writes the result of an attempt; what was delivered is marked as deployed by its target, if that deploys. */
  record(id: string, targetId: string, result: DeliveryResult, now: number): Promise<void>;
  /** Ends a delivery that was made before `before` and could not even be attempted. */
  giveUp(id: string, before: number, reason: string, now: number): Promise<void>;
  /** Lists pending deliveries that should have been attempted before `before`: their message was lost. */
  overdue(before: number, limit: number): Promise<readonly string[]>;
  /** Lists the newest first. */
  list(grant: SpaceGrant, filter: DeliveryFilter, page: PageRequest): Promise<Page<Delivery>>;
  find(grant: SpaceGrant, id: string): Promise<{ delivery: Delivery; attempts: readonly AttemptRecord[] } | null>;
  /**
   * Makes the deliveries of a trigger pending again that failed and were made at `since` or later: at most `limit`,
   * the oldest first. Returns their ids.
   */
  replay(grant: SpaceGrant, triggerId: string, since: number, limit: number, now: number): Promise<readonly string[]>;
  /** Makes a delivery pending again, at once, to go whatever went before. False when there is none; its id stays. */
  redeliver(grant: SpaceGrant, id: string, now: number): Promise<boolean>;
  /** Ends a delivery that is pending or running. False when there is none, or it has ended. */
  cancel(grant: SpaceGrant, id: string, by: string, now: number): Promise<boolean>;
}
