/** What a registry should hold after a sequence of steps: a few maps, and no storage. */
import type { Digest } from "../../src/oci/digest.ts";
import type { Quota } from "../../src/registry/usage.ts";
import type { RuleModel } from "./retention.ts";
import { isManifest, MANIFESTS, type ModelBlob, type ModelManifest } from "./content.ts";

interface TrashModel {
  /** That went with the manifest. */
  readonly tags: readonly string[];
  readonly at: number;
  /** Referrers that retention took come back with their subject. */
  readonly by: "client" | "retention";
  readonly damaged: boolean;
}

export interface RepositoryModel {
  readonly manifests: Set<Digest>;
  /** Until when a tag held each of them, or somebody asked for it. */
  readonly heldAt: Map<Digest, number>;
  readonly tags: Map<string, Digest>;
  /** What each tag was set to, one after the other, and when. */
  readonly history: Map<string, readonly { readonly digest: Digest; readonly at: number }[]>;
  /** The blobs that it links, and since when nothing has needed them or asked for them. */
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
  /** Bytes that there was room for then. */
  readonly room: number;
  /** Bytes that were acknowledged. */
  offset: number;
  /** Those of them that count against the room of others. */
  noted: number;
  /** The repository, if it existed when the upload began: of one that is made again it is none. */
  readonly within: RepositoryModel | null;
  /** Null before the first chunk. */
  touchedAt: number | null;
  /** Given up, since it lay idle or there was no room for it. */
  ended: boolean;
}

/** True if its repository is gone, or another of the same name is there. */
export function isElsewhere({ within, repository }: SessionModel, { repositories }: Model): boolean {
  return within !== null && repositories.get(repository) !== within;
}

export interface Model {
  /** By full name: those that a push has made, and no one has deleted since. */
  readonly repositories: Map<string, RepositoryModel>;
  /** In the order of their deletion, as long as anything of them may be left. */
  readonly deleted: DeletedRepository[];
  readonly sessions: SessionModel[];
  /** Blobs whose bytes were found missing or wrong: these are the same in all repositories. */
  readonly damaged: Set<Digest>;
  /** By space, of those that have one. */
  readonly rules: Map<string, RuleModel>;
  /** Of the spaces that ever had one. */
  readonly quotas: Map<string, Quota>;
  /** That were taken. */
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

/** The space's name, of a repository's. */
export function spaceOf(name: string): string {
  return name.slice(0, name.indexOf("/"));
}

/** The repository; a push makes it. */
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

/** When the tag was set last. */
export function setAt({ history }: RepositoryModel, tag: string): number {
  return history.get(tag)?.at(-1)?.at ?? 0;
}

/** The last other manifest that the tag was on; for one that is gone, the last. */
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

/** Where sequences make tags immutable, it is all but `latest`. */
export function isImmutable({ immutable }: RepositoryModel, tag: string): boolean {
  return immutable && tag !== "latest";
}

/** True if the tag must stay on what it is on. */
export function isFixed(
  repository: RepositoryModel | undefined,
  tag: string | null,
  on: Digest | null = null,
): boolean {
  if (repository === undefined || tag === null) return false;
  const target = repository.tags.get(tag);
  return target !== undefined && target !== on && isImmutable(repository, tag);
}

/** The manifest's tags, or all. */
export function hasFixedTags(repository: RepositoryModel | undefined, digest: Digest | null = null): boolean {
  return [...(repository?.tags ?? [])].some(
    ([tag, target]) => (digest === null || target === digest) && isFixed(repository, tag),
  );
}

/** True if it is there, damaged or not. */
export function has(repository: RepositoryModel, content: ModelBlob | ModelManifest): boolean {
  return isManifest(content) ? repository.manifests.has(content.digest) : repository.links.has(content.digest);
}

/** Was pushed, mounted or asked for: what it had of its grace begins anew. */
export function touch(repository: RepositoryModel, digest: Digest, now: number): void {
  repository.links.set(digest, now);
}

/** True if it must be kept: its deletion from the trash could be undone. */
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

/** What only this manifest needed is free from now on. */
export function emptyTrash(repository: RepositoryModel, digest: Digest, now: number): void {
  repository.trash.delete(digest);
  for (const need of manifestOf(digest).needs) {
    if (repository.links.has(need.digest)) touch(repository, need.digest, now);
  }
}
