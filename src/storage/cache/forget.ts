import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName } from "../../oci/name.ts";
import { cacheAddress } from "./address.ts";
import { forgetKept } from "./kept.ts";

/** Content as a repository has it. */
interface HeldContent {
  readonly name: RepositoryName;
  readonly digest: Digest;
}

/** Makes the address of the memory that a repository has a digest. */
export function contentAddress(kind: "blobs" | "manifests", { full }: RepositoryName, digest: Digest): string {
  return cacheAddress(kind, `${full}/${digest}`);
}

/** Forgets in this data centre that these repositories have these contents. */
export async function forgetContents(cache: Cache, contents: readonly HeldContent[]): Promise<void> {
  const addresses = contents.flatMap(({ name, digest }) =>
    (["blobs", "manifests"] as const).map((kind) => contentAddress(kind, name, digest)),
  );
  addresses.forEach(forgetKept);
  await deleteAll(cache, addresses);
}

/** Forgets copies of objects. A damaged object may have been copied with its damage. */
export async function forgetObjects(cache: Cache, keys: readonly string[]): Promise<void> {
  await deleteAll(
    cache,
    keys.map((key) => cacheAddress("objects", key)),
  );
}

/**
 * Deletes addresses from the cache, and ignores its faults: the database has changed already, and the cache's entries
 * expire.
 */
async function deleteAll(cache: Cache, addresses: readonly string[]): Promise<void> {
  await Promise.allSettled(addresses.map((address) => cache.delete(address)));
}
