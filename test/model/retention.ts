/** States again, as docs/retention.md does, which content a space's rule lets go. */
import { type Digest, requireDigest } from "../../src/oci/digest.ts";
import { manifestOf, isImmutable, type Model, type RepositoryModel, setAt, spaceOf } from "./model.ts";
import { GRACE } from "./upkeep-times.ts";

export interface RuleModel {
  readonly id: string;
  readonly repositories: readonly string[];
  readonly keep: { readonly newest?: number; readonly tags?: readonly string[] };
}

export function ruleOf({ rules }: Model, name: string): RuleModel | undefined {
  const rule = rules.get(spaceOf(name));
  return rule?.repositories.some((pattern) => pattern === "**" || name.endsWith(`/${pattern}`)) ? rule : undefined;
}

/** Returns the tags that may go now; none if no rule covers the repository. */
export function tagsToGo(model: Model, name: string, now: number): ReadonlySet<string> {
  const repository = model.repositories.get(name);
  const rule = ruleOf(model, name);
  if (repository === undefined || rule === undefined) return new Set();
  const newest = newestOf(repository, rule.keep.newest ?? 0);
  const going = [...repository.tags.keys()].filter((tag) => {
    const isOld = setAt(repository, tag) <= now - GRACE;
    const isNamed = rule.keep.tags !== undefined && tag.startsWith("1.");
    const subject = subjectOf(tag);
    const isKept = subject === null ? newest.includes(tag) : repository.manifests.has(subject);
    return isOld && !isNamed && !isKept && !isImmutable(repository, tag);
  });
  return new Set(going);
}

/** Returns the manifests that may go now: neither they nor anything that needs them was held for a grace. */
export function manifestsToGo(model: Model, name: string, now: number): ReadonlySet<Digest> {
  const repository = model.repositories.get(name);
  if (repository === undefined || ruleOf(model, name) === undefined) return new Set();
  const isFree = (digest: Digest): boolean => (repository.heldAt.get(digest) ?? now) <= now - GRACE;
  return new Set([...repository.manifests].filter((digest) => above(repository, digest).every(isFree)));
}

/** True if a manifest is held: by its own tags, or by those of manifests that need it. */
export function isHeld(repository: RepositoryModel, digest: Digest): boolean {
  const tagged = new Set(repository.tags.values());
  return above(repository, digest).some((one) => tagged.has(one));
}

/** Notes that everything that is held now was held until now. */
export function renewHeld({ repositories }: Model, now: number): void {
  for (const repository of repositories.values()) {
    for (const digest of repository.manifests) if (isHeld(repository, digest)) repository.heldAt.set(digest, now);
  }
}

/** Returns the manifest, the indexes that name it, its subject, and everything that needs those. */
function above({ manifests }: RepositoryModel, digest: Digest): readonly Digest[] {
  const found = new Set([digest]);
  for (const one of found) {
    const { subject } = manifestOf(one);
    if (subject !== null && manifests.has(subject)) found.add(subject);
    for (const other of manifests) if (manifestOf(other).needs.some((need) => need.digest === one)) found.add(other);
  }
  return [...found];
}

/** Returns the tags that were set last, except those of signatures. */
function newestOf(repository: RepositoryModel, count: number): readonly string[] {
  return [...repository.tags.keys()]
    .filter((tag) => subjectOf(tag) === null)
    .toSorted((left, right) => setAt(repository, right) - setAt(repository, left) || (left < right ? 1 : -1))
    .slice(0, count);
}

/** Returns the digest in a tag of cosign's; null for any other tag. */
function subjectOf(tag: string): Digest | null {
  const hex = /^sha256-([0-9a-f]{64})\.sig$/.exec(tag)?.[1];
  return hex === undefined ? null : requireDigest(`sha256:${hex}`);
}
