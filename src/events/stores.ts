/** What the use cases of events need of storage. Times are milliseconds since the epoch; null means absence. */
import type { SpaceGrant } from "../auth/space-grant.ts";
import type { Page, PageRequest } from "../oci/page.ts";
import type { DeployedStore } from "./deployed.ts";
import type { Actor, RegistryEvent } from "./event.ts";
import type { QueueMessage } from "./messages.ts";
import type { NewerTags } from "./tag-rule.ts";
import type { Outcome, Verdict } from "./target.ts";
import type { TriggerRules } from "./trigger.ts";

/** An event with the ids that rows about it need. */
export interface PlacedEvent {
  readonly event: RegistryEvent;
  readonly spaceId: number;
  readonly repositoryId: number;
}

/** Where an image's config is. */
export interface ConfigObject {
  readonly key: string;
  /** Bytes; few enough to be held whole. */
  readonly size: number;
}

/** An event as its consumer finds it. */
export interface StoredEvent extends PlacedEvent {
  /** Its deliveries were written. */
  readonly taken: boolean;
  /** What says the platform of its image; null: that is known, or cannot be known. */
  readonly config: ConfigObject | null;
}

/** What a trigger made of an event, as it was decided then. */
interface TriggerVerdict {
  readonly trigger: string;
  readonly fires: boolean;
  /** Why not. */
  readonly reason: string | null;
}

/** An event as it is listed. */
export interface ListedEvent extends PlacedEvent {
  /** Of the triggers that were switched on; null while no consumer has taken the event. */
  readonly verdicts: readonly TriggerVerdict[] | null;
}

interface EventFilter {
  /** Only of tags that were set. */
  readonly pushesOnly: boolean;
}

export interface OutboxStore {
  find(id: string): Promise<StoredEvent | null>;
  /** Notes that a consumer took the event, so that the sweep leaves it alone; without effect for one that is unknown. */
  markTaken(id: string, now: number): Promise<void>;
  /** Events that no consumer has taken yet, and that are older than `before`: at most `limit` ids, oldest first. */
  unsent(before: number, limit: number): Promise<readonly string[]>;
  /** Newest first. Null when there is no such space. */
  list(grant: SpaceGrant, filter: EventFilter, page: PageRequest): Promise<Page<ListedEvent> | null>;
  listed(grant: SpaceGrant, id: string): Promise<ListedEvent | null>;
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
  /** As it may be shown: only scheme and host, where the whole of it is secret. */
  readonly url: string;
  readonly config: unknown;
  /** It puts in place what it is given. One that does not is only told, and keeps nothing from retention. */
  readonly deploys: boolean;
  readonly hasSecret: boolean;
  readonly enabled: boolean;
  /** Why it was switched off by itself. */
  readonly disabledReason: string | null;
  readonly failingSince: number | null;
  readonly createdAt: number;
}

/** A target with what must not be shown. */
export interface OpenTarget {
  readonly target: Target;
  /** The whole address. */
  readonly address: string;
  readonly secrets: TargetSecrets;
}

/** How a target changes; what is undefined stays. */
export interface TargetUpdate {
  readonly name: string | undefined;
  /** As it may be shown, and the whole of it. */
  readonly address: { readonly shown: string; readonly whole: string } | undefined;
  readonly config: unknown;
  readonly deploys: boolean | undefined;
  /** Null: it has none from then on. The old one counts no more, not for a day either. */
  readonly secret: string | null | undefined;
}

export interface TargetStore {
  /** Keeps an address that is not the one shown encrypted, like the secret. False when there is no such space. */
  create(grant: SpaceGrant, target: Target, address: string, secret: string | null): Promise<boolean>;
  open(grant: SpaceGrant, id: string): Promise<OpenTarget | null>;
  find(grant: SpaceGrant, id: string): Promise<Target | null>;
  list(grant: SpaceGrant, page: PageRequest): Promise<Page<Target> | null>;
  /** False when there is no such target, and when an address would change under a secret that does not: nothing changes then. */
  update(grant: SpaceGrant, id: string, update: TargetUpdate): Promise<boolean>;
  /** Switching on forgets the reason and the failures. */
  setEnabled(grant: SpaceGrant, id: string, enabled: boolean): Promise<boolean>;
  /** The old secret goes on signing until `previousUntil`. */
  rotateSecret(grant: SpaceGrant, id: string, secret: string, previousUntil: number): Promise<boolean>;
  /** Cancels what is pending for it. */
  delete(grant: SpaceGrant, id: string, by: string): Promise<boolean>;
  /** Which of the ids the space has. */
  known(grant: SpaceGrant, ids: readonly string[]): Promise<readonly string[]>;
}

export interface Trigger {
  readonly id: string;
  readonly name: string;
  /** Null when what is stored is no longer understood: then it does not fire. */
  readonly rules: TriggerRules | null;
  /** Ids. */
  readonly targets: readonly string[];
  readonly enabled: boolean;
  readonly createdAt: number;
}

export interface TriggerStore {
  create(grant: SpaceGrant, trigger: Trigger): Promise<boolean>;
  /** Name, rules and targets become those given. False when there is no such trigger. */
  update(grant: SpaceGrant, trigger: Trigger): Promise<boolean>;
  find(grant: SpaceGrant, id: string): Promise<Trigger | null>;
  list(grant: SpaceGrant, page: PageRequest): Promise<Page<Trigger> | null>;
  /** Switching off cancels what it has pending. */
  setEnabled(grant: SpaceGrant, id: string, enabled: boolean, by: string): Promise<boolean>;
  /** Cancels what it has pending. */
  delete(grant: SpaceGrant, id: string, by: string): Promise<boolean>;
  /** Those that are switched on, in the space with this id. */
  active(spaceId: number): Promise<readonly Trigger[]>;
  /** Tags that the event's repository had when it happened, and that may be newer than its own: `limit` of each kind at most. */
  newerTags(stored: PlacedEvent, newer: NewerTags, limit: number): Promise<FoundTags>;
  /** Which of the space's repositories, by their paths, have the tag; or had it before the event with the id `before`. */
  tagIn(spaceId: number, paths: readonly string[], tag: string, before: string | null): Promise<readonly TagHolder[]>;
  /** What a tag points to, as an event would tell of it; null when there is no such tag. */
  tagged(grant: SpaceGrant, path: string, tag: string): Promise<TaggedSubject | null>;
}

export interface FoundTags {
  readonly tags: readonly string[];
  /** Those of the same push that it told of after the event's own. */
  readonly laterInPush: readonly string[];
  /** There may be more than these. */
  readonly isCut: boolean;
}

/** A repository that has a certain tag. */
export interface TagHolder {
  readonly path: string;
  readonly repositoryId: number;
  readonly digest: string;
  /** When it was last pushed. */
  readonly updatedAt: number;
}

/** A manifest under a tag, with what triggers ask about. */
export interface TaggedSubject extends Pick<
  RegistryEvent,
  "digest" | "mediaType" | "artifactType" | "size" | "platforms"
> {
  readonly spaceId: number;
  readonly repositoryId: number;
}

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
  /** Why it has not arrived, or how it goes; null when there is nothing to say. */
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
  /** How long it took. */
  readonly milliseconds: number;
  /** Null where there was no answer. */
  readonly status: number | null;
  readonly outcome: Verdict;
  /** The answer's first 1,024 characters, or what went wrong. */
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
  /** With the attempt that was begun counted. */
  readonly delivery: Delivery;
  /** Attempts since it was made or last redelivered, this one included. */
  readonly tries: number;
  readonly event: RegistryEvent | null;
  readonly target: OpenTarget | null;
  /** What the attempt before left for this one. */
  readonly progress: unknown;
  /** What there is to look at before it is sent; null where it goes in any case: a person asked for it, or the target has begun. */
  readonly standing: Standing | null;
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

interface StandingMember {
  readonly path: string;
  /** Its tag is gone, or on another digest than the delivery tells of. */
  readonly isMoved: boolean;
}

/** What is so when a delivery is to be sent. */
export interface Standing {
  /** Null: it was deleted. */
  readonly trigger: Pick<Trigger, "enabled" | "rules" | "targets"> | null;
  /** What the event's tag points to; null: it is gone. */
  readonly tagDigest: string | null;
  /** The event's manifest is there. */
  readonly hasManifest: boolean;
  /** A group's repositories; empty for a delivery that is of none. */
  readonly members: readonly StandingMember[];
  /** Of events after the delivery's own, that set a tag; the newest first. */
  readonly later: PastDeliveries;
  /** What the target, if it deploys, was given last of each repository, where another trigger sent it, or this one with or without its group. */
  readonly fromAnother: readonly PastDelivery[];
}

/**
 * `later`: it is pending, but not due, or another one is being sent before it; seconds. `before`: the id of another one that
 * a replay sends first. `over`: there is nothing to do.
 */
type Claim = ClaimedDelivery | { readonly later: number } | { readonly before: string } | "over";

/** Milliseconds that an attempt keeps its delivery for, by target type; the longest counts for any other type. */
export type Leases = Readonly<Record<string, number>>;

/** How an attempt leaves its delivery. */
export interface DeliveryResult {
  readonly attempt: AttemptRecord;
  readonly status: DeliveryStatus;
  readonly reason: string | null;
  readonly progress: unknown;
  readonly health: Outcome["health"];
  /** Null when it is over. */
  readonly nextAttemptAt: number | null;
  /** Why the target shall be switched off, if it shall. */
  readonly disableTarget: string | null;
}

/** What a delivery is about, where that is more than its event's own manifest: the members of a group. */
export interface DeliverySubject {
  readonly repositoryId: number;
  readonly digest: string;
}

/** A delivery to be written. */
export interface PlannedDelivery {
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
  /** When the first attempt is due. */
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
  plan(
    stored: StoredEvent,
    planned: readonly PlannedDelivery[],
    verdicts: readonly TriggerVerdict[],
    now: number,
  ): Promise<readonly PendingDelivery[]>;
  /** Takes a delivery for an attempt, with a lease as long as its target's type needs; no other in its lane has one meanwhile. */
  claim(id: string, now: number, leases: Leases): Promise<Claim>;
  /**
   * Deliveries of the same trigger, target and scope as a claimed one that were begun, of tags that may be newer than its own, of each kind
   * `limit` at most. Where a person redelivered something before its push, only what went to the target since then.
   */
  begunAbove(id: string, newer: NewerTags, limit: number): Promise<PastDeliveries>;
  /** Ends a claimed delivery that shall not be sent. */
  supersede(id: string, reason: string, now: number): Promise<void>;
  /** Writes what came of an attempt; what was delivered is marked as deployed by its target, if that deploys. */
  record(id: string, targetId: string, result: DeliveryResult, now: number): Promise<void>;
  /** Ends a delivery that was made before `before` and could not even be attempted. */
  giveUp(id: string, before: number, reason: string, now: number): Promise<void>;
  /** Pending deliveries that should have been attempted before `before`: their message was lost. */
  overdue(before: number, limit: number): Promise<readonly string[]>;
  /** Newest first. */
  list(grant: SpaceGrant, filter: DeliveryFilter, page: PageRequest): Promise<Page<Delivery> | null>;
  find(grant: SpaceGrant, id: string): Promise<{ delivery: Delivery; attempts: readonly AttemptRecord[] } | null>;
  /**
   * Makes those deliveries of a trigger pending again that failed and were made at `since` or later: at most `limit`,
   * the oldest first. Returns their ids.
   */
  replay(grant: SpaceGrant, triggerId: string, since: number, limit: number, now: number): Promise<readonly string[]>;
  /** Makes a delivery pending again, at once, to go whatever went before. False when there is none; its id stays. */
  redeliver(grant: SpaceGrant, id: string, now: number): Promise<boolean>;
  /** Ends a delivery that is pending or running. False when there is none, or it has ended. */
  cancel(grant: SpaceGrant, id: string, by: string, now: number): Promise<boolean>;
}

export interface EventQueue {
  /** @param delay seconds before a consumer gets them. */
  send(messages: readonly QueueMessage[], delay?: number): Promise<void>;
}

export interface EventStores {
  readonly outbox: OutboxStore;
  readonly targets: TargetStore;
  readonly triggers: TriggerStore;
  readonly deliveries: DeliveryStore;
  readonly deployed: DeployedStore;
  readonly queue: EventQueue;
}
