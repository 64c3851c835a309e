import type { Digest } from "../../src/oci/digest.ts";
import { hasWhole } from "./damaged.ts";
import { isFixed, manifestOf, type Model, type RepositoryModel, setTag } from "./model.ts";
import { hasRoom, sizeOfAll } from "./usage.ts";

/**
 * Takes the manifest out of the trash, if it is there, with everything in the trash that it needs, and
 * sets tags to it: all or nothing. Returns the status that the registry should answer with.
 */
export function restore(
  model: Model,
  name: string,
  digest: Digest,
  tags: readonly string[],
  now: number,
): 200 | 403 | 404 | 409 {
  const repository = model.repositories.get(name);
  if (repository === undefined) return 404;
  const returning = closureOf(repository, digest);
  if (!isWhole(model, repository, digest, returning)) return 409;
  if (tags.some((tag) => isFixed(repository, tag, digest))) return 403;
  if (!hasRoom(model, name, sizeOfAll(returning))) return 403;
  for (const one of returning) {
    if (repository.trash.get(one)?.damaged) repository.damaged.add(one);
    repository.trash.delete(one);
    repository.manifests.add(one);
    repository.heldAt.set(one, now);
  }
  for (const tag of tags) setTag(repository, tag, digest, now);
  return 200;
}

/**
 * Returns the part of the trash that comes back together: everything that the manifest needs, and the
 * referrers that retention took with it.
 */
function closureOf({ trash }: RepositoryModel, digest: Digest): ReadonlySet<Digest> {
  const closure = new Set(trash.has(digest) ? [digest] : []);
  for (const one of closure) {
    for (const need of manifestOf(one).needs) if (trash.has(need.digest)) closure.add(need.digest);
    for (const [other, { by }] of trash) {
      if (by === "retention" && manifestOf(other).subject === one) closure.add(other);
    }
  }
  return closure;
}

function isWhole(model: Model, repository: RepositoryModel, digest: Digest, returning: ReadonlySet<Digest>): boolean {
  const isThere = !returning.has(digest);
  if (isThere && !hasWhole(model, repository, manifestOf(digest))) return false;
  return (isThere ? [digest] : [...returning]).every((one) =>
    manifestOf(one).needs.every((need) => hasWhole(model, repository, need) || returning.has(need.digest)),
  );
}
