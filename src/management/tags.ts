/** A repository's tags as its managers see them, and the deletion of several at once. */
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
  /** The platforms of an index. Those of a single image are known only to its config. */
  readonly platforms: readonly string[];
  /** Bytes of the manifest itself. */
  readonly size: number;
  /** Bytes of the manifest and of all that it needs. Content that several platforms share counts for each. */
  readonly contentSize: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The day of the last pull by the tag or of its manifest, the later one; null: not pulled since both were made. */
  readonly pulledAt: number | null;
  /** The actor that set it last; null: not known. */
  readonly pushedBy: { readonly id: string; readonly name: string } | null;
  /** Targets to which the manifest was delivered, under this tag or another, latest first. */
  readonly deployed: readonly DeployedAt[];
  /** True if there is a signature. Nobody has verified it. */
  readonly signed: boolean;
  /** True if no route moves or deletes it. */
  readonly immutable: boolean;
}

interface DeployedAt {
  /** The target's id. */
  readonly target: string;
  readonly name: string;
  readonly at: number;
  /** True if the target was given nothing else of the repository since. */
  readonly current: boolean;
  /** True if the target was followed to its end, so that it runs the content. The other targets were only notified. */
  readonly followed: boolean;
}

export interface TagDirectory {
  /** Lists the tags, ordered by name. The cursor is a name. Null: there is no such repository. */
  byName(grant: Grant, page: PageRequest): Promise<Page<TaggedManifest> | null>;
  /**
   * Lists the tags, the last one set first. The cursor is a tag's place, see {@link placeOf}. Null: there is no such
   * repository.
   */
  newestFirst(grant: Grant, page: PageRequest): Promise<Page<TaggedManifest> | null>;
}

/** Returns a tag's place in the list of the newest. */
export function placeOf({ updatedAt, name }: TaggedManifest): string {
  return `${updatedAt}:${name}`;
}

/** A tag that is to be deleted. */
export interface GoingTag {
  readonly name: string;
  readonly digest: string;
  readonly immutable: boolean;
}

/** A manifest that is deleted with its tags. */
export interface GoingManifest {
  readonly id: number;
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes of the manifest. */
  readonly size: number;
}

interface Going {
  /** The tags that exist. The immutable ones among them stay. */
  readonly tags: readonly GoingTag[];
  /**
   * Manifests that would have no tag and that no remaining content needs, with the content that only they need and
   * their referrers.
   */
  readonly manifests: readonly GoingManifest[];
}

export interface TagDeletionStore {
  /** Finds the content that a deletion of these tags would take. Throws NAME_UNKNOWN. */
  look(grant: Grant, tags: readonly Tag[]): Promise<Going>;
  /**
   * Deletes the tags and, unless `keepManifests`, moves the manifests to the trash: all or nothing. A manifest that is
   * tagged or needed by then stays. Throws NAME_UNKNOWN.
   */
  delete(grant: Grant, tags: readonly Tag[], keepManifests: boolean): Promise<Going>;
}

export interface TagDeletion extends Going {
  /** Bytes that come back once the deletion can no longer be undone, since no other content needs them. */
  readonly bytes: number;
}

interface DeletionStores {
  readonly deletions: TagDeletionStore;
  readonly retention: Pick<RetentionStore, "bytesOfBlobs">;
  readonly memory: ReadMemory;
}

/** Terms of a deletion of tags. */
export interface DeletionTerms {
  /** True: the manifests stay, without tags. */
  readonly keepManifests: boolean;
  /** True: nothing is deleted. */
  readonly dryRun: boolean;
}

/** The number of manifests that one request can afford to forget here. The memory of the others expires. */
const FORGOTTEN = 20;

/** Deletes tags and the content that only they held, or returns what a deletion would take. Throws NAME_UNKNOWN. */
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
