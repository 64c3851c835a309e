/** The usage of the model's spaces and the room for more, as docs/decisions/0013-quotas.md says. */
import type { Digest } from "../../src/oci/digest.ts";
import type { Quota, Usage } from "../../src/registry/usage.ts";
import { BLOBS, MANIFESTS } from "./content.ts";
import { type Model, type RepositoryModel, spaceOf } from "./model.ts";

const SIZES = new Map([...BLOBS, ...MANIFESTS].map(({ digest, size }) => [digest, size]));

const NO_QUOTA: Quota = { bytes: null, repositories: null };

export function usageOf({ repositories, quotas, sessions }: Model, space: string): Usage {
  const own = [...repositories].filter(([name]) => spaceOf(name) === space);
  const bytes = own.reduce((sum, [, repository]) => sum + sizeOf(repository), 0);
  const openBytes = sessions
    .filter(({ repository }) => spaceOf(repository) === space)
    .reduce((sum, { noted }) => sum + noted, 0);
  return { bytes, repositories: own.length, openBytes, quota: quotas.get(space) ?? NO_QUOTA };
}

/** Returns the bytes that count. */
export function sizeOf({ manifests, links }: RepositoryModel): number {
  return sizeOfAll([...manifests, ...links.keys()]);
}

export function sizeOfAll(digests: Iterable<Digest>): number {
  return [...digests].reduce((sum, digest) => sum + (SIZES.get(digest) ?? Number.NaN), 0);
}

/** True if so many more bytes may come to the repository, which may have to be made first. */
export function hasRoom(model: Model, name: string, bytes: number): boolean {
  const { quota, ...usage } = usageOf(model, spaceOf(name));
  const isNew = !model.repositories.has(name);
  return (
    (!isNew || usage.repositories < (quota.repositories ?? Infinity)) &&
    (bytes === 0 || usage.bytes + bytes <= (quota.bytes ?? Infinity))
  );
}

/** True if an upload may begin that is known to have at least so many bytes. */
export function mayBegin(model: Model, name: string, bytes: number): boolean {
  if (mayMend(model, name)) return hasRoom(model, name, 0);
  return hasRoom(model, name, bytes) && bytes <= roomFor(model, name);
}

/** Returns the most bytes of an upload that begins now. */
export function roomFor(model: Model, name: string): number {
  return mayMend(model, name) ? Infinity : roomBeside(model, name);
}

/** Returns the bytes for which the space has room besides linked content and open uploads. */
export function roomBeside(model: Model, name: string): number {
  const { bytes, openBytes, quota } = usageOf(model, spaceOf(name));
  return quota.bytes === null ? Infinity : Math.max(quota.bytes - bytes - openBytes, 0);
}

/** True if the upload may bring a damaged blob, which adds nothing. */
function mayMend({ damaged, repositories }: Model, name: string): boolean {
  return [...(repositories.get(name)?.links.keys() ?? [])].some((digest) => damaged.has(digest));
}

/** True if the repository may link the blob; one that it links already adds nothing. */
export function mayLink(model: Model, name: string, { digest, size }: { digest: Digest; size: number }): boolean {
  return hasRoom(model, name, model.repositories.get(name)?.links.has(digest) ? 0 : size);
}
