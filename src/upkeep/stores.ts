/** What upkeep needs of storage. Times are milliseconds since the epoch. Every method is one round trip or two, and bounded. */

import type {
  CoverableRepository,
  Coverage,
  CoveringRule,
  Look,
  RetentionStore,
  SeenManifest,
} from "../management/retention.ts";

/** Rows looked at, or taken, in one step. */
export interface Bounds {
  readonly now: number;
  /** What was marked, touched, deleted or condemned after this is left alone. */
  readonly cutoff: number;
  readonly limit: number;
}

/** Where walks have come to that go on from run to run. */
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
  /** Of these keys, condemns those that no row points to. */
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
  /** The session's. */
  readonly id: string;
  /** As last noted. */
  readonly bytes: number;
  /** Its credential, space or repository is gone. */
  readonly isDead: boolean;
}

/** One that goes on, or that could not be asked. */
export interface HeldUpload extends OpenUpload {
  /** When; in the future, it is left alone until then. */
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

/** What retention takes. A tag or manifest is judged again in the transaction that takes it. */
export interface RetentionRunStore extends Pick<RetentionStore, "tags"> {
  /** The next repositories, ordered by id, from this one on. */
  ruledFrom(repositoryId: number, limit: number): Promise<Ruled>;
  ruledAmong(repositoryIds: readonly number[]): Promise<Ruled>;
  /** Deletes those of the tags that go, with the events. */
  removeTags(coverage: Coverage, tags: readonly (readonly [number, string])[], now: number): Promise<void>;
  /** The next manifests, ordered by digest; those go that nothing needs, and that are not marked yet. */
  unneeded(look: Look, limit: number): Promise<readonly SeenManifest[]>;
  mark(manifestIds: readonly number[], now: number): Promise<void>;
  /** Those that were marked a grace ago, the first marked first. */
  marked(now: number, limit: number): Promise<readonly MarkedManifest[]>;
  /**
   * Moves those of the manifests to the trash that nothing needs still, with the events, and what needs them with them:
   * all of that was marked a grace ago. Unmarks the others.
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

/** What was told, and to whom. Each looks at the next `limit` records that were made before the cutoff, and returns where to go on; null: at the beginning. */
export interface ForgettingStore {
  /** Takes what targets were given longer ago than rules count. Looks at the next `limit` rows, whenever they were made. */
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
  /** Notes what each space has, as of this day (as in `2026-11-28`); nothing where that was done. One query. */
  note(day: string): Promise<void>;
}

export interface RetainingStores {
  readonly walks: WalkStore;
  readonly retention: RetentionRunStore;
}
