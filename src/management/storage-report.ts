import type { SpaceGrant } from "../auth/space-grant.ts";
import type { Page, PageRequest, Part } from "../oci/page.ts";

/** Bytes as linked: a blob counts in each repository that links it, and each manifest in its own. */
export interface Stored {
  readonly bytes: number;
  /**
   * The part that another repository of the space links too. Content of other spaces is not considered, since it must
   * stay private.
   */
  readonly sharedBytes: number;
  /** The part that no manifest outside the trash needs. Collection takes it in time. */
  readonly reclaimableBytes: number;
}

export interface StoredInRepository extends Stored {
  /** The path within the space. */
  readonly path: string;
}

/** Content that collection will take out of a space. */
export interface Collectable {
  readonly path: string;
  /** A blob that no manifest of the repository needs, outside the trash; null: the whole repository was deleted. */
  readonly digest: string | null;
  readonly bytes: number;
  /** Milliseconds since the epoch; it stays until then at least. Null: collection has not noticed it yet. */
  readonly keptUntil: number | null;
  /** The position after which a list goes on. */
  readonly position: string;
}

/** A space's storage on one day. */
export interface StorageDay {
  /** The day in UTC, like `2026-11-28`. */
  readonly day: string;
  /** Bytes as linked. */
  readonly bytes: number;
  readonly repositories: number;
}

export interface StorageHistory {
  /**
   * Lists the days, the last one first. 400 days are kept. Throws SPACE_UNKNOWN or TOKEN_INVALID if the grant no longer
   * holds.
   */
  days(grant: SpaceGrant, page: PageRequest): Promise<Page<StorageDay>>;
}

/** Reports on storage. Each method throws SPACE_UNKNOWN or TOKEN_INVALID if the grant no longer holds. */
export interface StorageReports {
  /** Sums the whole space. It reads all links of the space. */
  total(grant: SpaceGrant): Promise<Stored>;
  /** Lists the repositories, ordered by path. It reads all links of the page's repositories. */
  byRepository(grant: SpaceGrant, page: PageRequest): Promise<Page<StoredInRepository>>;
  /**
   * Lists the content that collection will take unless something comes to need it. It reads a bounded number of links.
   */
  collectable(grant: SpaceGrant, page: PageRequest): Promise<Part<Collectable>>;
}
