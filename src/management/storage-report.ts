import type { SpaceGrant } from "../auth/space-grant.ts";
import type { Page, PageRequest, Part } from "../oci/page.ts";

/** Bytes as linked: a blob counts in each repository that links it, and each manifest in its own. */
export interface Stored {
  readonly bytes: number;
  /** Those of them that another repository of the space links too. Other spaces' content is nobody's business here. */
  readonly sharedBytes: number;
  /** Those of them that no manifest needs, but for those in the trash: collection takes them in time. */
  readonly reclaimableBytes: number;
}

export interface StoredInRepository extends Stored {
  /** Within the space. */
  readonly path: string;
}

/** Something that collection is to take out of a space. */
export interface Collectable {
  readonly path: string;
  /** The blob that no manifest of the repository needs, but for those in the trash; null: the repository was deleted, with all in it. */
  readonly digest: string | null;
  readonly bytes: number;
  /** Milliseconds since the epoch: it stays until then at least. Null: collection has not noticed it yet. */
  readonly keptUntil: number | null;
  /** Where a list goes on after it. */
  readonly position: string;
}

/** A space's storage on one day. */
export interface StorageDay {
  /** As in `2026-11-28`, in UTC. */
  readonly day: string;
  /** As linked. */
  readonly bytes: number;
  readonly repositories: number;
}

export interface StorageHistory {
  /** The last day first; 400 days are kept. Throws SPACE_UNKNOWN or TOKEN_INVALID where the grant no longer holds. */
  days(grant: SpaceGrant, page: PageRequest): Promise<Page<StorageDay>>;
}

/** Each method throws SPACE_UNKNOWN or TOKEN_INVALID where the grant no longer holds. */
export interface StorageReports {
  /** Reads all links of the space. */
  total(grant: SpaceGrant): Promise<Stored>;
  /** Ordered by path. Reads all links of the page's repositories. */
  byRepository(grant: SpaceGrant, page: PageRequest): Promise<Page<StoredInRepository>>;
  /** Lists what collection would take, if nothing comes to need it. Reads a bounded number of links. */
  collectable(grant: SpaceGrant, page: PageRequest): Promise<Part<Collectable>>;
}
