/** A repository's tags as those who manage it see them, and the deletion of several at once. */
import type { Grant } from "../auth/grant.ts";
import { requireDigest } from "../oci/digest.ts";
import type { Page, PageRequest } from "../oci/page.ts";
import type { Tag } from "../oci/reference.ts";
import type { RetentionStore } from "./retention.ts";
import type { ReadMemory } from "../registry/stores.ts";

/** A tag, and the manifest that it points to. Times here are milliseconds since the epoch. */
export interface TaggedManifest {
  readonly name: string;
  readonly digest: string;
  readonly mediaType: string;
  readonly artifactType: string | null;
  /** An index's: of a single image, only its config knows. */
  readonly platforms: readonly string[];
  /** Bytes of the manifest itself. */
  readonly size: number;
  /** Bytes of the manifest and of all that it needs; what several platforms share counts for each. */
  readonly contentSize: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** To the day, of the tag or its manifest, the later; null when neither was pulled since it was made. */
  readonly pulledAt: number | null;
  /** Who set it last; null where that is not known. */
  readonly pushedBy: { readonly id: string; readonly name: string } | null;
  /** Where the manifest was delivered, under this tag or another; the last first. */
  readonly deployed: readonly DeployedAt[];
  /** A signature is there. Nobody has verified it. */
  readonly signed: boolean;
  /** No route moves or deletes it. */
  readonly immutable: boolean;
}

interface DeployedAt {
  /** The target's id. */
  readonly target: string;
  readonly name: string;
  readonly at: number;
  /** The target was given nothing else of the repository since. */
  readonly current: boolean;
  /** The target was followed to its end: it runs what it was given. Of others we know that they were told. */
  readonly followed: boolean;
}

export interface TagDirectory {
  /** Ordered by name; the cursor is a name. Null when there is no such repository. */
  byName(grant: Grant, page: PageRequest): Promise<Page<TaggedManifest> | null>;
  /** Ordered by when they were set last; the cursor is {@link placeOf} a tag. Null likewise. */
  newestFirst(grant: Grant, page: PageRequest): Promise<Page<TaggedManifest> | null>;
}

/** A tag's place in the list of the newest. */
export function placeOf({ updatedAt, name }: TaggedManifest): string {
  return `${updatedAt}:${name}`;
}

/** A tag whose deletion is asked for. */
export interface GoingTag {
  readonly name: string;
  readonly digest: string;
  readonly immutable: boolean;
}

/** A manifest that goes with its tags. */
export interface GoingManifest {
  readonly id: number;
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes of the manifest. */
  readonly size: number;
}

interface Going {
  /** Those of the tags that are there. The immutable ones stay. */
  readonly tags: readonly GoingTag[];
  /** Left without a tag, and needed by nothing that stays; with what only they need, and what refers to them. */
  readonly manifests: readonly GoingManifest[];
}

export interface TagDeletionStore {
  /** What a deletion of these tags would take. Throws NAME_UNKNOWN. */
  look(grant: Grant, tags: readonly Tag[]): Promise<Going>;
  /**
   * Deletes them and, unless `keepManifests`, moves the manifests to the trash, all or nothing: what is tagged or needed by then stays.
   * Throws NAME_UNKNOWN.
   */
  delete(grant: Grant, tags: readonly Tag[], keepManifests: boolean): Promise<Going>;
}

export interface TagDeletion extends Going {
  /** That come back once the deletion can no longer be undone: nothing else needs them. */
  readonly bytes: number;
}

interface DeletionStores {
  readonly deletions: TagDeletionStore;
  readonly retention: Pick<RetentionStore, "bytesOfBlobs">;
  readonly memory: ReadMemory;
}

/** How a deletion of tags is meant. */
export interface DeletionTerms {
  /** Manifests stay where they are, without tags. */
  readonly keepManifests: boolean;
  /** Nothing is done. */
  readonly dryRun: boolean;
}

/** As many manifests are forgotten here at once as a request has means for; the others when their time is over. */
const FORGOTTEN = 20;

/** Deletes tags, with what only they held; or says what that would take. Throws NAME_UNKNOWN. */
export async function deleteTags(
  { deletions, retention, memory }: DeletionStores,
  grant: Grant,
  tags: readonly Tag[],
  { keepManifests, dryRun }: DeletionTerms,
): Promise<TagDeletion> {
  const seen = await deletions.look(grant, tags);
  const manifests = keepManifests ? [] : seen.manifests;
  const blobs = manifests.length === 0 ? new Map() : await retention.bytesOfBlobs(manifests.map(({ id }) => id));
  const bytes = sum([...blobs.values(), ...manifests.map(({ size }) => size)]);
  if (dryRun) return { tags: seen.tags, manifests, bytes };
  const gone = await deletions.delete(grant, tags, keepManifests);
  const digests = gone.manifests.slice(0, FORGOTTEN).map(({ digest }) => requireDigest(digest));
  await Promise.all(digests.map((digest) => memory.forget(grant.name, digest)));
  return { ...gone, bytes };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
