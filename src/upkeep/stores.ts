/** Storage, as upkeep needs it. Times are milliseconds since the epoch. Every method is bounded, and takes one round trip or two. */

import type {
  CoverableRepository,
  Coverage,
  CoveringRule,
  Look,
  RetentionStore,
  SeenManifest,
} from "../management/retention.ts";

/** Bounds on the rows that one step reads or takes. */
export interface Bounds {
  readonly now: number;
  /** Leaves alone rows that were marked, touched, deleted or condemned after this time. */
  readonly cutoff: number;
  readonly limit: number;
}

/** The positions of walks that continue from run to run. */
export interface WalkStore {
  /** Returns the position; null for the beginning. */
  position(walk: string): Promise<string | null>;
  setPosition(walk: string, position: string | null): Promise<void>;
}

export interface CollectionStore extends WalkStore {
  /**
   * Marks links that no manifest needs, among the next `limit`. The walk continues from where it ended,
   * and begins anew after the last link.
   */
  markLinks(bounds: Bounds): Promise<void>;
  /**
   * Removes links that were marked before the cutoff and that still nothing needs, and unmarks the others.
   * Returns how many it looked at.
   */
  unlink(bounds: Bounds): Promise<number>;
  /** Marks blobs that no repository links, among the next `limit`. */
  markBlobs(bounds: Bounds): Promise<void>;
  /** Condemns blobs that were marked before the cutoff and that still nothing links. Returns how many it looked at. */
  condemnBlobs(bounds: Bounds): Promise<number>;
  /** Removes manifests that came into the trash before the cutoff. Returns how many. */
  emptyTrash(bounds: Bounds): Promise<number>;
  /** Removes tags, manifests and links of a repository that was deleted before the cutoff. Returns how many rows it took. */
  purgeRepository(bounds: Bounds): Promise<number>;
  /** Condemns the keys to which no row points. */
  condemnOrphans(keys: readonly string[], now: number): Promise<void>;
  /**
   * Lists keys that were condemned before the cutoff, whose bytes are to be deleted. Leaves out every key
   * to which a row points, even after a restoration.
   */
  condemned(bounds: Bounds): Promise<readonly string[]>;
  noteDeleted(keys: readonly string[], now: number): Promise<void>;
  /** Forgets keys whose bytes were deleted before this time. */
  forget(before: number, limit: number): Promise<void>;
}

/** An open upload, as its row has it. */
export interface OpenUpload {
  readonly credentialId: string;
  /** The session's id. */
  readonly id: string;
  /** The number of bytes as last noted. */
  readonly bytes: number;
  /** True if its credential, space or repository is gone. */
  readonly isDead: boolean;
}

/** An upload that goes on, or whose session did not answer. */
export interface HeldUpload extends OpenUpload {
  /** The time of that look. If it is in the future, the upload is left alone until then. */
  readonly lookedAt: number;
}

export interface OpenUploadWalk {
  /** Lists the next uploads after this one that are dead, or that were last confirmed or looked at before the cutoff. */
  due(bounds: Bounds, after: OpenUpload | null): Promise<readonly OpenUpload[]>;
  /** Forgets uploads that have ended, and notes of others the time of the look and the bytes that they hold. */
  settle(uploads: { readonly ended: readonly OpenUpload[]; readonly held: readonly HeldUpload[] }): Promise<void>;
}

/** Repositories of spaces with rules that are switched on, and those rules. */
export interface Ruled {
  readonly repositories: readonly CoverableRepository[];
  readonly rules: readonly CoveringRule[];
}

export interface MarkedManifest {
  readonly id: number;
  readonly repositoryId: number;
  /** Bytes. */
  readonly size: number;
}

/** Retention in the database. The transaction that takes a tag or manifest judges it again. */
export interface RetentionRunStore extends Pick<RetentionStore, "tags"> {
  /** Lists the next repositories from this id on, ordered by id. */
  ruledFrom(repositoryId: number, limit: number): Promise<Ruled>;
  ruledAmong(repositoryIds: readonly number[]): Promise<Ruled>;
  /** Judges these tags again, deletes those that go, and writes the events. */
  removeTags(coverage: Coverage, tags: readonly (readonly [number, string])[], now: number): Promise<void>;
  /** Judges the next manifests, ordered by digest. Those go that nothing needs and that are not marked yet. */
  unneeded(look: Look, limit: number): Promise<readonly SeenManifest[]>;
  mark(manifestIds: readonly number[], now: number): Promise<void>;
  /** Lists manifests that were marked a grace ago, in the order of their marks. */
  marked(now: number, limit: number): Promise<readonly MarkedManifest[]>;
  /**
   * Moves to the trash those manifests that still nothing needs, together with all that depends on them,
   * which must also have been marked a grace ago; writes the events, and unmarks the others.
   */
  take(coverage: Coverage, manifestIds: readonly number[], now: number): Promise<void>;
}

interface StoredObject {
  readonly key: string;
  readonly uploadedAt: number;
}

export interface ObjectStore {
  /** Lists the next objects after a cursor, and the cursor of those that follow; null after the last. */
  list(cursor: string | null, limit: number): Promise<{ objects: readonly StoredObject[]; next: string | null }>;
  /** Deletes the objects under at most 1,000 keys, as far as they exist. */
  delete(keys: readonly string[]): Promise<void>;
}

export interface UpkeepStores {
  readonly collection: CollectionStore;
  readonly objects: ObjectStore;
}

/**
 * Rows of events, deliveries and activity, and of deleted things. Each method reads the next `limit` rows
 * that were made before the cutoff, and returns where to go on; null means the beginning.
 */
export interface ForgettingStore {
  /** Removes digests that targets were given longer ago than rules count. Reads the next `limit` rows, whatever their age. */
  forgetDeployed(from: string | null, limit: number): Promise<string | null>;
  /** Removes deliveries that ended before the cutoff, with their attempts; keeps those whose digest counts as deployed. */
  forgetDeliveries(from: string | null, bounds: Bounds): Promise<string | null>;
  /** Removes events that a consumer took and that have no delivery left; keeps those of a tag since it was set to its present digest. */
  forgetEvents(from: string | null, bounds: Bounds): Promise<string | null>;
  /** Removes the oldest acts from before the cutoff, at most `limit`. */
  forgetActivity(bounds: Bounds): Promise<void>;
  /** Removes rows of things that were deleted or ended before the cutoff, once nothing can refer to them: at most `limit` of each kind. */
  forgetTombstones(bounds: Bounds): Promise<void>;
}

export interface StorageDayStore {
  /** Notes the figures of each space on this day (as in `2026-11-28`), unless they are noted already. Takes one query. */
  note(day: string): Promise<void>;
}

export interface RetainingStores {
  readonly walks: WalkStore;
  readonly retention: RetentionRunStore;
}
