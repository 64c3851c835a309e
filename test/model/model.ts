/** The state that a registry should have after a sequence of steps, in a few maps and without storage. */
import type { Digest } from "../../src/oci/digest.ts";
import type { Quota } from "../../src/registry/usage.ts";
import type { RuleModel } from "./retention.ts";
import { isManifest, MANIFESTS, type ModelBlob, type ModelManifest } from "./content.ts";

interface TrashModel {
  /** The tags that went with the manifest. */
  readonly tags: readonly string[];
  readonly at: number;
  /** The actor of the deletion. Referrers that retention took come back with their subject. */
  readonly by: "client" | "retention";
  readonly damaged: boolean;
}

export interface RepositoryModel {
  readonly manifests: Set<Digest>;
  /** The time until which a tag held each manifest, or a client asked for it. */
  readonly heldAt: Map<Digest, number>;
  readonly tags: Map<string, Digest>;
  /** The digests that each tag was set to, in order, with the times. */
  readonly history: Map<string, readonly { readonly digest: Digest; readonly at: number }[]>;
  /** The linked blobs, with the time since which nothing has needed them or asked for them. */
  readonly links: Map<Digest, number>;
  /** Deleted manifests that can be brought back. */
  readonly trash: Map<Digest, TrashModel>;
  /** Manifests whose bytes were found missing or wrong. */
  readonly damaged: Set<Digest>;
  /** True if its tags neither move nor go: see {@link isImmutable}. */
  immutable: boolean;
}

/** A repository that can be brought back, for a while. */
export interface DeletedRepository {
  readonly name: string;
  readonly at: number;
  readonly repository: RepositoryModel;
}

/** An upload session that was started and neither finished nor cancelled. */
export interface SessionModel {
  readonly repository: string;
  readonly blob: ModelBlob;
  readonly address: string;
  readonly startedAt: number;
  /** The room in bytes when the session began. */
  readonly room: number;
  /** Bytes that were acknowledged. */
  offset: number;
  /** Acknowledged bytes that count against the room of others. */
  noted: number;
  /** The repository, if it existed when the upload began; a repository that was made again does not count. */
  readonly within: RepositoryModel | null;
  /** Null before the first chunk. */
  touchedAt: number | null;
  /** True if it was given up, because it lay idle or there was no room for it. */
  ended: boolean;
}

/** True if its repository is gone, or has been replaced by another of the same name. */
export function isElsewhere({ within, repository }: SessionModel, { repositories }: Model): boolean {
  return within !== null && repositories.get(repository) !== within;
}

export interface Model {
  /** Repositories by full name: a push has made them, and nobody has deleted them since. */
  readonly repositories: Map<string, RepositoryModel>;
  /** Deleted repositories in the order of deletion, as long as anything of them may be left. */
  readonly deleted: DeletedRepository[];
  readonly sessions: SessionModel[];
  /** Blobs whose bytes were found missing or wrong. They are the same in all repositories. */
  readonly damaged: Set<Digest>;
  /** The rules of the spaces that have one. */
  readonly rules: Map<string, RuleModel>;
  /** The quotas of the spaces that ever had one. */
  readonly quotas: Map<string, Quota>;
  /** The number of steps taken. */
  steps: number;
}

export function emptyModel(): Model {
  return {
    repositories: new Map(),
    deleted: [],
    sessions: [],
    damaged: new Set(),
    rules: new Map(),
    quotas: new Map(),
    steps: 0,
  };
}

/** Returns the space's name in a repository's. */
export function spaceOf(name: string): string {
  return name.slice(0, name.indexOf("/"));
}

/** Returns the repository, as a push makes it. */
export function pushedRepository(model: Model, name: string): RepositoryModel {
  const known = model.repositories.get(name);
  if (known !== undefined) return known;
  const made: RepositoryModel = {
    manifests: new Set(),
    heldAt: new Map(),
    tags: new Map(),
    history: new Map(),
    links: new Map(),
    trash: new Map(),
    damaged: new Set(),
    immutable: false,
  };
  model.repositories.set(name, made);
  return made;
}

export function setTag({ tags, history }: RepositoryModel, tag: string, digest: Digest, at: number): void {
  tags.set(tag, digest);
  history.set(tag, [...(history.get(tag) ?? []), { digest, at }]);
}

/** Returns the time when the tag was set last. */
export function setAt({ history }: RepositoryModel, tag: string): number {
  return history.get(tag)?.at(-1)?.at ?? 0;
}

/** Returns the last other manifest that the tag was on; for a tag that is gone, the last one. */
export function previousOf({ tags, history }: RepositoryModel, tag: string): Digest | undefined {
  return history.get(tag)?.findLast(({ digest }) => digest !== tags.get(tag))?.digest;
}

export function manifestOf(digest: Digest): ModelManifest {
  const found = MANIFESTS.find((manifest) => manifest.digest === digest);
  if (found === undefined) throw new Error(`no sequence pushes ${digest}`);
  return found;
}

/** True if a manifest of the repository needs the blob or manifest. */
export function isNeeded({ manifests }: RepositoryModel, digest: Digest): boolean {
  return [...manifests].some((one) => manifestOf(one).needs.some((need) => need.digest === digest));
}

/** True if the tag is immutable. In sequences, immutable tags are all except `latest`. */
export function isImmutable({ immutable }: RepositoryModel, tag: string): boolean {
  return immutable && tag !== "latest";
}

/** True if the tag must stay on its manifest. */
export function isFixed(
  repository: RepositoryModel | undefined,
  tag: string | null,
  on: Digest | null = null,
): boolean {
  if (repository === undefined || tag === null) return false;
  const target = repository.tags.get(tag);
  return target !== undefined && target !== on && isImmutable(repository, tag);
}

/** True if one of the manifest's tags must stay; without a manifest, one of all tags. */
export function hasFixedTags(repository: RepositoryModel | undefined, digest: Digest | null = null): boolean {
  return [...(repository?.tags ?? [])].some(
    ([tag, target]) => (digest === null || target === digest) && isFixed(repository, tag),
  );
}

/** True if the repository has it, damaged or not. */
export function has(repository: RepositoryModel, content: ModelBlob | ModelManifest): boolean {
  return isManifest(content) ? repository.manifests.has(content.digest) : repository.links.has(content.digest);
}

/** Begins the grace anew, as a push, a mount or a look does. */
export function touch(repository: RepositoryModel, digest: Digest, now: number): void {
  repository.links.set(digest, now);
}

/** True if it must be kept, since its deletion from the trash could be undone. */
export function isKept(repository: RepositoryModel, digest: Digest): boolean {
  const trash = [...repository.trash.keys()];
  return (
    isNeeded(repository, digest) || trash.some((one) => manifestOf(one).needs.some((need) => need.digest === digest))
  );
}

/** Moves a manifest to the trash, with its tags. */
export function dropManifest(
  { manifests, tags, trash, damaged }: RepositoryModel,
  digest: Digest,
  at: number,
  by: TrashModel["by"] = "client",
): void {
  const own = [...tags].filter(([, target]) => target === digest).map(([tag]) => tag);
  manifests.delete(digest);
  for (const tag of own) tags.delete(tag);
  trash.set(digest, { tags: own, at, by, damaged: damaged.delete(digest) });
}

/** Removes a manifest from the trash. Content that only it needed is free from now on. */
export function emptyTrash(repository: RepositoryModel, digest: Digest, now: number): void {
  repository.trash.delete(digest);
  for (const need of manifestOf(digest).needs) {
    if (repository.links.has(need.digest)) touch(repository, need.digest, now);
  }
}
