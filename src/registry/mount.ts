import { authorizeSource } from "../auth/authorize.ts";
import type { Grant } from "../auth/grant.ts";
import type { Principal } from "../auth/principal.ts";
import { repositoryScope } from "../auth/scope.ts";
import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";
import type { RepositoryName } from "../oci/name.ts";
import type { Stores } from "./stores.ts";

/** Repositories looked at where the client names none: one is mostly enough. */
const MAX_HOLDERS = 100;

/**
 * Lets a repository read a blob that another has (distribution spec, "Mounting a blob from another repository").
 * False when there is none that this principal may read: the client then uploads it, and learns nothing else.
 * Throws SCOPE_INSUFFICIENT where a token for both repositories could help.
 */
export async function mountBlob(
  stores: Stores,
  principal: Principal,
  target: Grant,
  digest: Digest,
  from: RepositoryName | null,
): Promise<boolean> {
  const source =
    from === null ? await findSource(stores, principal, target, digest) : readableSource(principal, target, from);
  if (source === null) return false;
  const has = from === null || (await stores.blobs.canMount(target, source, digest));
  return has && stores.blobs.linkFrom(target, source, digest);
}

function readableSource(principal: Principal, target: Grant, from: RepositoryName): Grant | null {
  const source = authorizeSource(principal, from);
  if (source === "never") return null;
  if (source !== "ask") return source;
  throw new RegistryError("SCOPE_INSUFFICIENT", {
    message: "mounting needs a token that may pull from the source",
    scopes: [repositoryScope(target.name, ["pull", "push"]), repositoryScope(from, ["pull"])],
  });
}

async function findSource(stores: Stores, principal: Principal, target: Grant, digest: Digest): Promise<Grant | null> {
  const holders = await stores.blobs.holders(target, digest, MAX_HOLDERS);
  for (const name of holders) {
    const source = authorizeSource(principal, name);
    if (typeof source === "object" && !source.publicOnly) return source;
  }
  return null;
}
