/** The undo of changes to tags, manifests and repositories, from their history and the trash. */
import type { Grant } from "../auth/grant.ts";
import type { SpaceGrant } from "../auth/space-grant.ts";
import { RegistryError } from "../oci/errors.ts";
import type { Digest } from "../oci/digest.ts";
import type { Page, PageRequest } from "../oci/page.ts";
import type { Tag } from "../oci/reference.ts";

/** The state of a digest's content: `present`, `deleted` (it is still in the trash) or `gone`. */
type Whereabouts = "present" | "deleted" | "gone";

/** One change of a tag. Times here are milliseconds since the epoch. */
export interface TagChange {
  /** The event's id. */
  readonly id: string;
  readonly type: "tag.created" | "tag.updated" | "tag.deleted";
  readonly tag: string;
  readonly digest: string;
  readonly previousDigest: string | null;
  readonly actor: { readonly id: string; readonly name: string };
  readonly at: number;
  /** The state of the content of `digest`. */
  readonly content: Whereabouts;
}

interface DeletedRepository {
  readonly path: string;
  readonly deletedAt: number;
}

export interface DeletedManifest {
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes of the manifest. */
  readonly size: number;
  readonly artifactType: string | null;
  /** The first 500 of the tags that were deleted with it. */
  readonly tags: readonly string[];
  readonly actor: { readonly id: string; readonly name: string };
  readonly deletedAt: number;
}

interface TagState {
  /** The digest that the tag points to; null: there is no such tag. */
  readonly current: Digest | null;
  /** The last other digest that it pointed to. */
  readonly previous: Digest | null;
}

/** A tag to set, if it still points to `was`. */
interface TagMove {
  readonly tag: string;
  readonly was: Digest | null;
}

interface Restoration {
  /** Digests that are needed and gone. If there are any, nothing was changed. */
  readonly missing: readonly string[];
  /** Tags that point to the digest now. */
  readonly tags: readonly string[];
}

export interface UndoStore {
  /** Lists the changes of a tag, newest first. Null: there is no such repository. */
  history(grant: Grant, tag: Tag, page: PageRequest): Promise<Page<TagChange> | null>;
  /** Lists the repositories deleted since a time, by path. */
  deletedRepositories(grant: SpaceGrant, since: number, page: PageRequest): Promise<Page<DeletedRepository>>;
  /** Lists the manifests in the trash, by digest. Null: there is no such repository. */
  deletedManifests(grant: Grant, page: PageRequest): Promise<Page<DeletedManifest> | null>;
  /** Lists deletions since a time of tags that do not exist now, newest first. Null: there is no such repository. */
  deletedTags(grant: Grant, since: number, page: PageRequest): Promise<Page<TagChange> | null>;
  /** Returns the tag's present and previous digest. Throws NAME_UNKNOWN if there is no such repository. */
  tagState(grant: Grant, tag: Tag): Promise<TagState>;
  /**
   * Returns the tags that were deleted with a manifest in the trash, and their present digests; null: the manifest is
   * not in the trash.
   */
  tagsInTrash(grant: Grant, digest: Digest): Promise<readonly TagMove[] | null>;
  /**
   * Takes a manifest out of the trash, if it is there, with everything in the trash that it needs; then points tags to
   * it. All or nothing.
   */
  restore(grant: Grant, digest: Digest, moves: readonly TagMove[]): Promise<Restoration>;
  /** Restores the repository of this path that was deleted last, if that was after `since`. */
  restoreRepository(grant: SpaceGrant, path: string, since: number): Promise<"restored" | "unknown" | "taken">;
}

export interface TagUndone {
  readonly digest: Digest;
  readonly previousDigest: Digest | null;
}

/**
 * Moves a tag back to its previous digest, or to a given one. It counts as a push, so it can deploy. A repetition to
 * the same digest changes nothing. Throws NAME_UNKNOWN, NOTHING_TO_REVERT, CONTENT_GONE, TAG_MOVED, TAG_IMMUTABLE.
 */
export async function revertTag(undo: UndoStore, grant: Grant, tag: Tag, to: Digest | null): Promise<TagUndone> {
  const { current, previous } = await undo.tagState(grant, tag);
  const digest = to ?? previous;
  if (digest === null) throw new RegistryError("NOTHING_TO_REVERT");
  if (digest !== current) await moveTag(undo, grant, digest, { tag, was: current });
  return { digest, previousDigest: current };
}

/**
 * Points a deleted tag to its last digest again. Throws the errors of {@link revertTag}; DELETION_UNKNOWN, TAG_EXISTS.
 */
export async function undeleteTag(undo: UndoStore, grant: Grant, tag: Tag): Promise<TagUndone> {
  const { current, previous } = await undo.tagState(grant, tag);
  if (current !== null) throw new RegistryError("TAG_EXISTS", { detail: { digest: current } });
  if (previous === null) throw new RegistryError("DELETION_UNKNOWN");
  await moveTag(undo, grant, previous, { tag, was: null });
  return { digest: previous, previousDigest: null };
}

/**
 * Takes a manifest out of the trash, with those of its tags whose names are still free. Returns these tags. Throws
 * NAME_UNKNOWN, DELETION_UNKNOWN, CONTENT_GONE.
 */
export async function undeleteManifest(undo: UndoStore, grant: Grant, digest: Digest): Promise<readonly string[]> {
  const moves = await undo.tagsInTrash(grant, digest);
  if (moves === null) throw new RegistryError("DELETION_UNKNOWN");
  const free = moves.filter(({ was }) => was === null);
  const { missing, tags } = await undo.restore(grant, digest, free);
  requireNothing(missing);
  return tags;
}

/** Restores a deleted repository. Throws DELETION_UNKNOWN; REPOSITORY_EXISTS if the name is taken again. */
export async function undeleteRepository(
  undo: UndoStore,
  grant: SpaceGrant,
  path: string,
  since: number,
): Promise<void> {
  const outcome = await undo.restoreRepository(grant, path, since);
  if (outcome === "unknown") throw new RegistryError("DELETION_UNKNOWN");
  if (outcome === "taken") throw new RegistryError("REPOSITORY_EXISTS");
}

async function moveTag(undo: UndoStore, grant: Grant, digest: Digest, move: TagMove): Promise<void> {
  const { missing, tags } = await undo.restore(grant, digest, [move]);
  requireNothing(missing);
  if (!tags.includes(move.tag)) throw new RegistryError("TAG_MOVED");
}

function requireNothing(missing: readonly string[]): void {
  if (missing.length > 0) throw new RegistryError("CONTENT_GONE", { detail: { missing } });
}
