import type { Grant } from "./auth/grant.ts";
import type { Call, Installation } from "./call.ts";
import { RegistryError } from "./oci/errors.ts";
import { isNamespace, requestedNamespace } from "./oci/namespace.ts";

/**
 * Answers for another registry only if the space stands for it, since `docker.io/acme/web` need not be our own
 * `acme/web`. Throws NAME_UNKNOWN.
 * @param answer called once it is known that the registry may answer.
 */
export async function withinNamespace(
  { url, registry }: Call,
  grant: Grant,
  answer: () => Promise<Response> | Response,
): Promise<Response> {
  const named = requestedNamespace(url);
  if (named === null) return answer();
  const { repositories } = registry.stores;
  const host = named.toLowerCase();
  const isKnown = isOwn(named, url, registry) || (isNamespace(host) && (await repositories.standsFor(grant, host)));
  if (!isKnown) throw notOfHere(named);
  const response = await answer();
  const headers = new Headers(response.headers);
  headers.set("OCI-Namespace", named);
  return new Response(response.body, { status: response.status, headers });
}

/**
 * Refuses requests for another registry on routes outside a space, since that registry has lists of its own. Throws
 * NAME_UNKNOWN.
 */
export function requireOwnNamespace({ url, registry }: Call): void {
  const named = requestedNamespace(url);
  if (named !== null && !isOwn(named, url, registry)) throw notOfHere(named);
}

function isOwn(named: string, url: URL, { realm }: Installation): boolean {
  return [url.host, realm.service].includes(named.toLowerCase());
}

function notOfHere(named: string): RegistryError {
  const ns = named.slice(0, 255);
  return new RegistryError("NAME_UNKNOWN", {
    message: `this is not ${ns}, and the space does not stand for it; leave out ns, or set the space's namespaces`,
    detail: { ns },
  });
}
