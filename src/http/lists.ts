import type { CatalogCall, RepositoryCall } from "../call.ts";
import { requireDigest } from "../oci/digest.ts";
import { OCI_INDEX } from "../oci/media-types.ts";
import { requestedNamespace } from "../oci/namespace.ts";
import { nextLink, type Page, type PageRequest, parsePageRequest } from "../oci/page.ts";
import { listReferrers, listTags } from "../registry/pull.ts";
import type { Referrer } from "../registry/stores.ts";
import { decodeParam } from "./params.ts";

/** Answers end-8. */
export async function getTags(call: RepositoryCall): Promise<Response> {
  const { full } = call.grant.name;
  const page = parsePageRequest(call.url.searchParams);
  const tags = await listTags(call.registry.stores, call.grant, page);
  const headers = linkHeaders(
    `/v2/${full}/tags/list`,
    page,
    lastOf(tags, (tag) => tag),
    namespaceOf(call.url),
  );
  return Response.json({ name: full, tags: tags.entries }, { headers });
}

/**
 * Answers distribution's catalog with the repositories that the credential covers. If there are many others between
 * them, a page may be short although the list goes on.
 */
export async function getCatalog(call: CatalogCall): Promise<Response> {
  const page = parsePageRequest(call.url.searchParams);
  const names = await call.registry.stores.repositories.catalog(call.grant, page);
  const headers = linkHeaders("/v2/_catalog", page, names.next);
  return Response.json({ repositories: names.entries }, { headers });
}

/** Answers end-12 with an index of the referrers of a digest, which need not exist. */
export async function getReferrers(call: RepositoryCall): Promise<Response> {
  const { stores } = call.registry;
  const subject = requireDigest(decodeParam(call, "digest"));
  const artifactType = call.url.searchParams.get("artifactType") || null;
  const page = parsePageRequest(call.url.searchParams);
  const referrers = await listReferrers(stores, call.grant, subject, artifactType, page);
  const headers = linkHeaders(
    `/v2/${call.grant.name.full}/referrers/${subject}`,
    page,
    lastOf(referrers, ({ digest }) => digest),
    { ...(artifactType !== null && { artifactType }), ...namespaceOf(call.url) },
  );
  headers.set("Content-Type", OCI_INDEX);
  if (artifactType !== null) headers.set("OCI-Filters-Applied", "artifactType");
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: referrers.entries.map(referrerDescriptor) };
  return new Response(JSON.stringify(index), { headers });
}

/** Returns the parameter that keeps the next page in the same registry's namespace. */
function namespaceOf(url: URL): Readonly<Record<string, string>> {
  const ns = requestedNamespace(url);
  return ns === null ? {} : { ns };
}

function referrerDescriptor({ mediaType, digest, size, artifactType, annotations }: Referrer): object {
  return { mediaType, digest, size, ...(artifactType && { artifactType }), ...(annotations && { annotations }) };
}

/** Returns the key after which the list goes on; null: it has ended. */
function lastOf<T>({ entries, more }: Page<T>, key: (entry: T) => string): string | null {
  const last = entries.at(-1);
  return more && last !== undefined ? key(last) : null;
}

function linkHeaders(
  path: string,
  request: PageRequest,
  last: string | null,
  filter: Readonly<Record<string, string>> = {},
): Headers {
  const headers = new Headers();
  if (last !== null) headers.set("Link", nextLink(path, { ...filter, n: String(request.limit), last }));
  return headers;
}
