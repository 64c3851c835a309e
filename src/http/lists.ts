import type { CatalogCall, RepositoryCall } from "../call.ts";
import { requireDigest } from "../oci/digest.ts";
import { OCI_INDEX } from "../oci/media-types.ts";
import { requestedNamespace } from "../oci/namespace.ts";
import { nextLink, type Page, type PageRequest, parsePageRequest } from "../oci/page.ts";
import { listReferrers, listTags } from "../registry/pull.ts";
import type { Referrer } from "../registry/stores.ts";
import { decodeParam } from "./params.ts";

/** end-8 */
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

/** Distribution's catalog: the repositories that the credential covers. Among many others, a page may be short and the list go on. */
export async function getCatalog(call: CatalogCall): Promise<Response> {
  const page = parsePageRequest(call.url.searchParams);
  const names = await call.registry.stores.repositories.catalog(call.grant, page);
  const headers = linkHeaders("/v2/_catalog", page, names.next);
  return Response.json({ repositories: names.entries }, { headers });
}

/** end-12: an index of what refers to the digest, pushed or not. */
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

/** The next page is asked for as the same registry's. */
function namespaceOf(url: URL): Readonly<Record<string, string>> {
  const ns = requestedNamespace(url);
  return ns === null ? {} : { ns };
}

function referrerDescriptor({ mediaType, digest, size, artifactType, annotations }: Referrer): object {
  return { mediaType, digest, size, ...(artifactType && { artifactType }), ...(annotations && { annotations }) };
}

/** After what the list goes on; null: it does not. */
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
