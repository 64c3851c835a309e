import type { RepositoryCall } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";
import { MAX_MANIFEST_BYTES } from "../oci/manifest.ts";
import { requireReference, requireTag } from "../oci/reference.ts";
import { deleteManifest } from "../registry/delete.ts";
import { findManifest, lookAtManifest, notePull, readManifest } from "../registry/pull.ts";
import { pushManifest } from "../registry/push-manifest.ts";
import type { FoundManifest } from "../registry/stores.ts";
import { readBounded } from "../body.ts";
import { entityTag, IMMUTABLE, isUnmodified, writeCondition } from "./conditions.ts";
import { decodeParam, isLook } from "./params.ts";
import { usageWarning } from "./warning.ts";

/**
 * The most tags in one push. end-7b asks for ten at least. Each becomes a header of the answer, and common HTTP
 * libraries accept a hundred header lines.
 */
const MAX_TAG_PARAMETERS = 50;

/** Answers end-3 with the exact bytes, under the type that they were pushed with, regardless of Accept. */
export async function getManifest(call: RepositoryCall): Promise<Response> {
  const { request, grant, registry } = call;
  if (isLook(request)) {
    return manifestAnswer(call, await lookAtManifest(registry.stores, grant, decodeParam(call, "reference")));
  }
  const got = request.method === "HEAD" ? "headers" : "body";
  const manifest = await findManifest(registry.stores, grant, decodeParam(call, "reference"), got);
  // The answer is made first, since it may fail. Only an answered request is a pull; one with 304 counts too.
  const answer = await manifestAnswer(call, manifest);
  notePull(registry.stores, grant, manifest, { got, client: clientOf(request) });
  return answer;
}

async function manifestAnswer(
  { request, grant, registry }: RepositoryCall,
  manifest: FoundManifest,
): Promise<Response> {
  const headers = new Headers({
    "Content-Length": String(manifest.size),
    "Content-Type": manifest.mediaType,
    "Docker-Content-Digest": manifest.digest,
    ETag: entityTag(manifest.digest),
    ...(manifest.tag === null && { "Cache-Control": IMMUTABLE }),
  });
  if (isUnmodified(request, manifest.digest)) {
    headers.delete("Content-Length");
    return new Response(null, { status: 304, headers });
  }
  if (request.method === "HEAD") return new Response(null, { headers });
  return new Response(await readManifest(registry.stores, grant, manifest), { headers });
}

/** Returns the client's name for itself, like `containerd`: the first word, without its version. */
function clientOf({ headers }: Request): string {
  return /^[^\s/(]{1,50}/.exec(headers.get("User-Agent") ?? "")?.[0] ?? "";
}

/** Answers end-7a and 7b. */
export async function putManifest(call: RepositoryCall): Promise<Response> {
  const { request, url, grant, registry } = call;
  const reference = requireReference(decodeParam(call, "reference"));
  const tags = [...new Set(url.searchParams.getAll("tag"))].map(requireTag);
  if (tags.length > MAX_TAG_PARAMETERS) {
    const message = `a push can set at most ${MAX_TAG_PARAMETERS} tags, and this one names ${tags.length}; none was set: split them over several requests`;
    throw new RegistryError("TAG_INVALID", { message });
  }
  const bytes = await readBounded(request.body, MAX_MANIFEST_BYTES);
  if (bytes === null) throw new RegistryError("MANIFEST_TOO_LARGE");
  const contentType = request.headers.get("Content-Type");
  const pushed = await pushManifest(registry.stores, grant, {
    bytes,
    contentType,
    reference,
    tags,
    condition: writeCondition(request),
  });
  const headers = new Headers({
    Location: `/v2/${grant.name.full}/manifests/${pushed.digest}`,
    "Docker-Content-Digest": pushed.digest,
    "Content-Length": "0",
    ...usageWarning(pushed.usage),
  });
  if (pushed.subject !== null) headers.set("OCI-Subject", pushed.subject);
  for (const tag of tags) headers.append("OCI-Tag", tag);
  return new Response(null, { status: 201, headers });
}

/** Answers end-9. */
export async function removeManifest(call: RepositoryCall): Promise<Response> {
  const reference = decodeParam(call, "reference");
  await deleteManifest(call.registry.stores, call.grant, reference, writeCondition(call.request));
  return new Response(null, { status: 202 });
}
