/**
 * Triggers, as events need them. Times are milliseconds since the epoch; null means absence. Every method
 * with a grant throws SPACE_UNKNOWN if the space is gone, and TOKEN_INVALID if the credential was revoked.
 */
import type { SpaceGrant } from "../auth/space-grant.ts";
import type { Page, PageRequest } from "../oci/page.ts";
import type { RegistryEvent } from "./event.ts";
import type { PlacedEvent } from "./outbox-store.ts";
import type { NewerTags } from "./tag-rule.ts";
import type { TriggerRules } from "./trigger.ts";

export interface Trigger {
  readonly id: string;
  readonly name: string;
  /** Null if this version cannot read the stored rules: the trigger does not fire then. */
  readonly rules: TriggerRules | null;
  /** The ids of the targets. */
  readonly targets: readonly string[];
  readonly enabled: boolean;
  readonly createdAt: number;
}

export interface TriggerStore {
  create(grant: SpaceGrant, trigger: Trigger): Promise<void>;
  /** Replaces name, rules and targets. Returns false if there is no such trigger. */
  update(grant: SpaceGrant, trigger: Trigger): Promise<boolean>;
  find(grant: SpaceGrant, id: string): Promise<Trigger | null>;
  list(grant: SpaceGrant, page: PageRequest): Promise<Page<Trigger>>;
  /** Switches it on, or off, which cancels its pending deliveries. */
  setEnabled(grant: SpaceGrant, id: string, enabled: boolean, by: string): Promise<boolean>;
  /** Deletes it and cancels its pending deliveries. */
  delete(grant: SpaceGrant, id: string, by: string): Promise<boolean>;
  /** Lists the triggers of the space with this id that are switched on. */
  active(spaceId: number): Promise<readonly Trigger[]>;
  /** Finds tags that the event's repository had when it happened and that may be newer than its own: at most `limit` of each kind. */
  newerTags(stored: PlacedEvent, newer: NewerTags, limit: number): Promise<FoundTags>;
  /**
   * Finds the space's repositories, among those with these paths, that have the tag now, or had it before
   * the event with the id `before`.
   */
  tagIn(spaceId: number, paths: readonly string[], tag: string, before: string | null): Promise<readonly TagHolder[]>;
  /** Finds the manifest of a tag, as an event would tell of it; null if there is no such tag. */
  tagged(grant: SpaceGrant, path: string, tag: string): Promise<TaggedSubject | null>;
}

export interface FoundTags {
  readonly tags: readonly string[];
  /** Tags of the same push that it told of after the event's own. */
  readonly laterInPush: readonly string[];
  /** True if there may be more than these. */
  readonly isCut: boolean;
}

/** A repository that has the tag in question. */
export interface TagHolder {
  readonly path: string;
  readonly repositoryId: number;
  readonly digest: string;
  /** The time of its last push. */
  readonly updatedAt: number;
}

/** A manifest under a tag, with everything that triggers ask about. */
export interface TaggedSubject extends Pick<
  RegistryEvent,
  "digest" | "mediaType" | "artifactType" | "size" | "platforms"
> {
  readonly spaceId: number;
  readonly repositoryId: number;
}
