/**
 * The outbox, as events need it. Times are milliseconds since the epoch; null means absence. Every method
 * with a grant throws SPACE_UNKNOWN if the space is gone, and TOKEN_INVALID if the credential was revoked.
 */
import type { SpaceGrant } from "../auth/space-grant.ts";
import type { Page, PageRequest } from "../oci/page.ts";
import type { RegistryEvent } from "./event.ts";

/** An event with the ids that rows about it need. */
export interface PlacedEvent {
  readonly event: RegistryEvent;
  readonly spaceId: number;
  readonly repositoryId: number;
}

/** The object of an image's config. */
export interface ConfigObject {
  readonly key: string;
  /** Bytes; few enough to be held in memory. */
  readonly size: number;
}

/** An event as its consumer finds it. */
export interface StoredEvent extends PlacedEvent {
  /** True if its deliveries were written. */
  readonly taken: boolean;
  /** The config that tells its image's platform; null if that is known, or cannot be known. */
  readonly config: ConfigObject | null;
}

/** A trigger's decision on an event, as it was made at the time. */
export interface TriggerVerdict {
  readonly trigger: string;
  readonly fires: boolean;
  /** The reason for not firing. */
  readonly reason: string | null;
}

/** An event as it is listed. */
export interface ListedEvent extends PlacedEvent {
  /** One verdict for each trigger that was switched on; null until a consumer has taken the event. */
  readonly verdicts: readonly TriggerVerdict[] | null;
}

interface EventFilter {
  /** True to list only events of tags that were set. */
  readonly pushesOnly: boolean;
}

export interface OutboxStore {
  find(id: string): Promise<StoredEvent | null>;
  /** Notes that a consumer took the event, so that the sweep leaves it alone. Does nothing for an unknown one. */
  markTaken(id: string, now: number): Promise<void>;
  /** Lists the ids of events older than `before` that no consumer has taken yet: at most `limit`, oldest first. */
  unsent(before: number, limit: number): Promise<readonly string[]>;
  /** Lists events, newest first. */
  list(grant: SpaceGrant, filter: EventFilter, page: PageRequest): Promise<Page<ListedEvent>>;
  listed(grant: SpaceGrant, id: string): Promise<ListedEvent | null>;
}
