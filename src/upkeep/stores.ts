/** What upkeep needs of storage. Times are milliseconds since the epoch. Every method is one round trip or two, and bounded. */

/** Rows looked at, or taken, in one step. */
export interface Bounds {
  readonly now: number;
  /** What was marked, touched or deleted after this is left alone. */
  readonly cutoff: number;
  readonly limit: number;
}

export interface CollectionStore {
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
  /** Keys whose bytes are to be deleted. */
  condemned(limit: number): Promise<readonly string[]>;
  noteDeleted(keys: readonly string[], now: number): Promise<void>;
  /** Forgets keys whose bytes were deleted before. */
  forget(before: number, limit: number): Promise<void>;
  /** Where a walk over something that is not in this database has come to; null: to its beginning. */
  position(walk: string): Promise<string | null>;
  setPosition(walk: string, position: string | null): Promise<void>;
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
