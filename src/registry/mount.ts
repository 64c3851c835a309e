import { authorizeSource } from "../auth/authorize.ts";
import { permits } from "../auth/credential.ts";
import type { Grant } from "../auth/grant.ts";
import type { Principal } from "../auth/principal.ts";
import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";
import type { RepositoryName } from "../oci/name.ts";
import type { Stores } from "./stores.ts";

/** Number of repositories to look at when the client names none. One is usually enough. */
const MAX_HOLDERS = 100;

/**
 * Lets a repository read a blob of another one (distribution spec, "Mounting a blob from another repository"). Returns
 * false if no repository that this principal may read has it; the client then uploads the blob, and learns nothing
 * else. Throws SCOPE_INSUFFICIENT if a token for both repositories could help.
 */
export async function mountBlob(
  stores: Stores,
  principal: Principal,
  target: Grant,
  digest: Digest,
  from: RepositoryName | null,
): Promise<boolean> {
  if (from === null) {
    const source = await findSource(stores, target, digest);
    return source !== null && stores.blobs.linkFrom(target, source, digest);
  }
  const source = readableSource(principal, from);
  if (source === null || !(await stores.blobs.canMount(target, source, digest))) return false;
  return stores.blobs.linkFrom(target, from, digest);
}

function readableSource(principal: Principal, from: RepositoryName): Grant | null {
  const source = authorizeSource(principal, from);
  if (source === "never") return null;
  if (source !== "ask") return source;
  throw new RegistryError("SCOPE_INSUFFICIENT", { message: "mounting needs a token that may pull from the source" });
}

/**
 * Finds a repository that the credential permits to read. The token does not decide, since it may name the target
 * alone.
 */
async function findSource(stores: Stores, target: Grant, digest: Digest): Promise<RepositoryName | null> {
  const { names, rights } = await stores.blobs.holders(target, digest, MAX_HOLDERS);
  return names.find((name) => rights !== null && permits(rights, "pull", name)) ?? null;
}
