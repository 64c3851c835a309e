/** The undo of what happened to tags, manifests and repositories: from their history and the trash. */
import type { Grant } from "../auth/grant.ts";
import type { SpaceGrant } from "../auth/space-grant.ts";
import { RegistryError } from "../oci/errors.ts";
import type { Digest } from "../oci/digest.ts";
import type { Page, PageRequest } from "../oci/page.ts";
import type { Tag } from "../oci/reference.ts";

/** True if what a digest names can be had: `deleted` is what still lies in the trash. */
type Whereabouts = "present" | "deleted" | "gone";

/** One change of a tag. Times here are milliseconds since the epoch. */
export interface TagChange {
  /** The event's. */
  readonly id: string;
  readonly type: "tag.created" | "tag.updated" | "tag.deleted";
  readonly tag: string;
  readonly digest: string;
  readonly previousDigest: string | null;
  readonly actor: { readonly id: string; readonly name: string };
  readonly at: number;
  /** Of `digest`. */
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
  /** The first 500 of those that went with it. */
  readonly tags: readonly string[];
  readonly actor: { readonly id: string; readonly name: string };
  readonly deletedAt: number;
}

interface TagState {
  /** What the tag points to; null when there is no such tag. */
  readonly current: Digest | null;
  /** The last other digest that it pointed to. */
  readonly previous: Digest | null;
}

/** A tag to be set, if it still points where it did. */
interface TagMove {
  readonly tag: string;
  readonly was: Digest | null;
}

interface Restoration {
  /** Needed and gone: then nothing was changed. */
  readonly missing: readonly string[];
  /** Tags that point to the digest now. */
  readonly tags: readonly string[];
}

export interface UndoStore {
  /** Newest first. Null when there is no such repository. */
  history(grant: Grant, tag: Tag, page: PageRequest): Promise<Page<TagChange> | null>;
  /** Those deleted since a time, by path. Null when there is no such space. */
  deletedRepositories(grant: SpaceGrant, since: number, page: PageRequest): Promise<Page<DeletedRepository>>;
  /** By digest. Null when there is no such repository. */
  deletedManifests(grant: Grant, page: PageRequest): Promise<Page<DeletedManifest> | null>;
  /** The deletions of tags since a time that there are none of now, newest first. Null when there is no such repository. */
  deletedTags(grant: Grant, since: number, page: PageRequest): Promise<Page<TagChange> | null>;
  /** Throws NAME_UNKNOWN when there is no such repository. */
  tagState(grant: Grant, tag: Tag): Promise<TagState>;
  /** The tags that went with a manifest in the trash, and where they point now; null when it isn't there. */
  tagsInTrash(grant: Grant, digest: Digest): Promise<readonly TagMove[] | null>;
  /** Takes a manifest out of the trash, if it is there, with all of the trash that it needs; then sets tags to it. All or nothing. */
  restore(grant: Grant, digest: Digest, moves: readonly TagMove[]): Promise<Restoration>;
  /** Brings back the repository of that path that was deleted last, since a time. */
  restoreRepository(grant: SpaceGrant, path: string, since: number): Promise<"restored" | "unknown" | "taken">;
}

export interface TagUndone {
  readonly digest: Digest;
  readonly previousDigest: Digest | null;
}

/**
 * Moves a tag back to what it pointed to before, or to a digest: a push like any other, so that it can deploy. Repeated, it
 * changes nothing. Throws NAME_UNKNOWN, NOTHING_TO_REVERT, CONTENT_GONE, TAG_MOVED, TAG_IMMUTABLE.
 */
export async function revertTag(undo: UndoStore, grant: Grant, tag: Tag, to: Digest | null): Promise<TagUndone> {
  const { current, previous } = await undo.tagState(grant, tag);
  const digest = to ?? previous;
  if (digest === null) throw new RegistryError("NOTHING_TO_REVERT");
  if (digest !== current) await moveTag(undo, grant, digest, { tag, was: current });
  return { digest, previousDigest: current };
}

/** Sets a tag that was deleted to what it pointed to. Throws likewise; DELETION_UNKNOWN, TAG_EXISTS. */
export async function undeleteTag(undo: UndoStore, grant: Grant, tag: Tag): Promise<TagUndone> {
  const { current, previous } = await undo.tagState(grant, tag);
  if (current !== null) throw new RegistryError("TAG_EXISTS", { detail: { digest: current } });
  if (previous === null) throw new RegistryError("DELETION_UNKNOWN");
  await moveTag(undo, grant, previous, { tag, was: null });
  return { digest: previous, previousDigest: null };
}

/**
 * Takes a manifest out of the trash, with those tags that have not been given anew. Returns these.
 * Throws NAME_UNKNOWN, DELETION_UNKNOWN, CONTENT_GONE.
 */
export async function undeleteManifest(undo: UndoStore, grant: Grant, digest: Digest): Promise<readonly string[]> {
  const moves = await undo.tagsInTrash(grant, digest);
  if (moves === null) throw new RegistryError("DELETION_UNKNOWN");
  const free = moves.filter(({ was }) => was === null);
  const { missing, tags } = await undo.restore(grant, digest, free);
  requireNothing(missing);
  return tags;
}

/** Throws DELETION_UNKNOWN; REPOSITORY_EXISTS when the name was given anew. */
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
