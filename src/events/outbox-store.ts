/**
 * The outbox, as events need it. Times are milliseconds since the epoch; null means absence.
 * Every method with a grant throws SPACE_UNKNOWN where the space is gone, and TOKEN_INVALID where the credential was revoked.
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
  /** Bytes; few enough to be held whole. */
  readonly size: number;
}

/** An event as its consumer finds it. */
export interface StoredEvent extends PlacedEvent {
  /** Its deliveries were written. */
  readonly taken: boolean;
  /** Says the platform of its image; null: that is known, or cannot be known. */
  readonly config: ConfigObject | null;
}

/** The decision of a trigger on an event, as it was made then. */
export interface TriggerVerdict {
  readonly trigger: string;
  readonly fires: boolean;
  /** The reason for not firing. */
  readonly reason: string | null;
}

/** An event as it is listed. */
export interface ListedEvent extends PlacedEvent {
  /** One for each trigger that was switched on; null while no consumer has taken the event. */
  readonly verdicts: readonly TriggerVerdict[] | null;
}

interface EventFilter {
  /** Leaves out all but events of tags that were set. */
  readonly pushesOnly: boolean;
}

export interface OutboxStore {
  find(id: string): Promise<StoredEvent | null>;
  /** Notes that a consumer took the event, so that the sweep leaves it alone; without effect for one that is unknown. */
  markTaken(id: string, now: number): Promise<void>;
  /** Lists the ids of events that no consumer has taken yet, and that are older than `before`: at most `limit`, oldest first. */
  unsent(before: number, limit: number): Promise<readonly string[]>;
  /** Lists the newest first. */
  list(grant: SpaceGrant, filter: EventFilter, page: PageRequest): Promise<Page<ListedEvent>>;
  listed(grant: SpaceGrant, id: string): Promise<ListedEvent | null>;
}
