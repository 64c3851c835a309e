/** Storage, as upkeep needs it. Times are milliseconds since the epoch. Every method is one round trip or two, and bounded. */

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
  /** Rows that were marked, touched, deleted or condemned after this are left alone. */
  readonly cutoff: number;
  readonly limit: number;
}

/** The positions of walks that go on from run to run. */
export interface WalkStore {
  /** Null: to its beginning. */
  position(walk: string): Promise<string | null>;
  setPosition(walk: string, position: string | null): Promise<void>;
}

export interface CollectionStore extends WalkStore {
  /** Marks links that no manifest needs, among the next `limit`. The walk goes on where it ended, and begins anew after the last. */
  markLinks(bounds: Bounds): Promise<void>;
  /** Takes out links that were marked before the cutoff and that nothing needs still; unmarks those that something does. Returns how many it looked at. */
  unlink(bounds: Bounds): Promise<number>;
  /** Marks blobs that no repository links, among the next `limit`. */
  markBlobs(bounds: Bounds): Promise<void>;
  /** Condemns blobs that were marked before the cutoff and that nothing links still. Returns how many it looked at. */
  condemnBlobs(bounds: Bounds): Promise<number>;
  /** Takes manifests out of the trash that came into it before the cutoff. Returns how many. */
  emptyTrash(bounds: Bounds): Promise<number>;
  /** Takes tags, manifests and links out of a repository that was deleted before the cutoff. Returns how many rows it took. */
  purgeRepository(bounds: Bounds): Promise<number>;
  /** Condemns those of the keys that no row points to. */
  condemnOrphans(keys: readonly string[], now: number): Promise<void>;
  /** Keys that were condemned before the cutoff, whose bytes are to be deleted. None to which a row points, whatever was restored. */
  condemned(bounds: Bounds): Promise<readonly string[]>;
  noteDeleted(keys: readonly string[], now: number): Promise<void>;
  /** Forgets keys whose bytes were deleted before. */
  forget(before: number, limit: number): Promise<void>;
}

/** An upload that is open, as its row has it. */
export interface OpenUpload {
  readonly credentialId: string;
  /** The session's id. */
  readonly id: string;
  /** The number as last noted. */
  readonly bytes: number;
  /** Its credential, space or repository is gone. */
  readonly isDead: boolean;
}

/** An upload that goes on, or that could not be asked. */
export interface HeldUpload extends OpenUpload {
  /** The time of that; if it is in the future, the upload is left alone until then. */
  readonly lookedAt: number;
}

export interface OpenUploadWalk {
  /** The next after this one that are dead, or were last confirmed or looked at before the cutoff. */
  due(bounds: Bounds, after: OpenUpload | null): Promise<readonly OpenUpload[]>;
  /** Forgets those that have ended, and notes of others that they were looked at and how many bytes they hold. */
  settle(uploads: { readonly ended: readonly OpenUpload[]; readonly held: readonly HeldUpload[] }): Promise<void>;
}

/** Repositories of spaces with rules that are switched on, and these rules. */
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

/** Retention in the database. A tag or manifest is judged again in the transaction that takes it. */
export interface RetentionRunStore extends Pick<RetentionStore, "tags"> {
  /** Lists the next repositories, ordered by id, from this one on. */
  ruledFrom(repositoryId: number, limit: number): Promise<Ruled>;
  ruledAmong(repositoryIds: readonly number[]): Promise<Ruled>;
  /** Deletes the tags that go, of these, and writes the events. */
  removeTags(coverage: Coverage, tags: readonly (readonly [number, string])[], now: number): Promise<void>;
  /** Judges the next manifests, ordered by digest; those go that nothing needs, and that are not marked yet. */
  unneeded(look: Look, limit: number): Promise<readonly SeenManifest[]>;
  mark(manifestIds: readonly number[], now: number): Promise<void>;
  /** Lists manifests that were marked a grace ago, the first marked first. */
  marked(now: number, limit: number): Promise<readonly MarkedManifest[]>;
  /**
   * Moves the manifests to the trash that still nothing needs, together with all that depends on them, which was marked a grace ago, too;
   * and writes the events. Unmarks the others.
   */
  take(coverage: Coverage, manifestIds: readonly number[], now: number): Promise<void>;
}

interface StoredObject {
  readonly key: string;
  readonly uploadedAt: number;
}

export interface ObjectStore {
  /** The next objects after a cursor, and the cursor of those that follow; null after the last. */
  list(cursor: string | null, limit: number): Promise<{ objects: readonly StoredObject[]; next: string | null }>;
  /** Deletes what is there of at most 1,000 keys. */
  delete(keys: readonly string[]): Promise<void>;
}

export interface UpkeepStores {
  readonly collection: CollectionStore;
  readonly objects: ObjectStore;
}

/** Rows of events, deliveries and activity, and of what was deleted. Each method reads the next `limit` rows that were made before the cutoff, and returns where to go on; null: at the beginning. */
export interface ForgettingStore {
  /** Takes digests that targets were given longer ago than rules count. Reads the next `limit` rows, whenever they were made. */
  forgetDeployed(from: string | null, limit: number): Promise<string | null>;
  /** Takes deliveries that ended before the cutoff, with their attempts; but none whose digest counts as deployed. */
  forgetDeliveries(from: string | null, bounds: Bounds): Promise<string | null>;
  /** Takes events that were taken by a consumer and have no delivery left; but not those of a tag since it was set to what it is on. */
  forgetEvents(from: string | null, bounds: Bounds): Promise<string | null>;
  /** Takes the oldest acts from before the cutoff, at most `limit`. */
  forgetActivity(bounds: Bounds): Promise<void>;
  /** Takes rows of what was deleted or has ended before the cutoff, and that nothing can refer to any more: at most `limit` of each kind. */
  forgetTombstones(bounds: Bounds): Promise<void>;
}

export interface StorageDayStore {
  /** Notes the figures of each space on this day (as in `2026-11-28`), unless that was done. One query. */
  note(day: string): Promise<void>;
}

export interface RetainingStores {
  readonly walks: WalkStore;
  readonly retention: RetentionRunStore;
}
