import type { RepositoryCall } from "../call.ts";
import { parseDigest, requireDigest } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";
import { type ByteRange, parseRange } from "../oci/range.ts";
import { deleteBlob } from "../registry/delete.ts";
import { findBlob, findBlobToRead, lookAtBlob, readBlob } from "../registry/pull.ts";
import type { StoredBlob } from "../registry/stores.ts";
import { contentRange, multipartByteranges } from "./byteranges.ts";
import { applicableRange, entityTag, IMMUTABLE, isUnmodified, writeCondition } from "./conditions.ts";
import { decodeParam, isLook } from "./params.ts";
import { planSpans } from "./spans.ts";

const OCTET_STREAM = "application/octet-stream";

/** Answers end-2: with the whole blob, parts of it, only its size, or an address to read it from. */
export async function getBlob(call: RepositoryCall): Promise<Response> {
  const { stores } = call.registry;
  const isRead = call.request.method !== "HEAD";
  // A client that asks if a blob is there may be about to push a manifest that needs it, so the database answers.
  const find = isLook(call.request) ? lookAtBlob : isRead ? findBlobToRead : findBlob;
  const text = decodeParam(call, "digest");
  const digest = parseDigest(text);
  // No blob can be there: see requireRepositoryName.
  if (digest === null) throw new RegistryError("BLOB_UNKNOWN", { detail: { digest: text.slice(0, 256) } });
  const blob = await find(stores, call.grant, digest);
  const headers = blobHeaders(blob);
  if (isUnmodified(call.request, blob.digest)) {
    headers.delete("Content-Length");
    return new Response(null, { status: 304, headers });
  }
  if (!isRead) return new Response(null, { headers });
  const elsewhere = await stores.bytes.addressOf(blob);
  if (elsewhere !== null) return redirect(elsewhere);
  const ranges = parseRange(applicableRange(call.request, blob.digest), blob.size);
  const partial = ranges && (await getRanges(call, blob, headers, ranges));
  return partial ?? new Response(await readBlob(stores, call.grant, blob, null), { headers });
}

/**
 * Redirects to an address that contains its own authorization. Clients follow it without theirs, and no shared cache
 * may keep it.
 */
function redirect(location: string): Response {
  return new Response(null, { status: 307, headers: { Location: location, "Cache-Control": "private, no-store" } });
}

/** Answers end-10. */
export async function removeBlob(call: RepositoryCall): Promise<Response> {
  const digest = requireDigest(decodeParam(call, "digest"));
  await deleteBlob(call.registry.stores, call.grant, digest, writeCondition(call.request));
  return new Response(null, { status: 202 });
}

function blobHeaders(blob: StoredBlob): Headers {
  return new Headers({
    "Accept-Ranges": "bytes",
    "Cache-Control": IMMUTABLE,
    "Content-Length": String(blob.size),
    "Content-Type": OCTET_STREAM,
    "Docker-Content-Digest": blob.digest,
    ETag: entityTag(blob.digest),
  });
}

/** Reads the ranges; null: send the whole instead. */
async function getRanges(
  call: RepositoryCall,
  blob: StoredBlob,
  headers: Headers,
  ranges: readonly ByteRange[],
): Promise<Response | null> {
  const { stores } = call.registry;
  const [first, second] = ranges;
  if (first === undefined) {
    throw new RegistryError("RANGE_INVALID", { headers: { "Content-Range": `bytes */${blob.size}` } });
  }
  if (second === undefined) {
    headers.set("Content-Length", String(first.length));
    headers.set("Content-Range", contentRange(first, blob.size));
    return new Response(await readBlob(stores, call.grant, blob, first), { status: 206, headers });
  }
  const spans = planSpans(ranges);
  const [firstSpan] = spans ?? [];
  if (spans === null || firstSpan === undefined) return null;
  // The first bytes are read before the answer begins, so that missing bytes still become an error.
  const firstBytes = await readBlob(stores, call.grant, blob, firstSpan);
  const multipart = multipartByteranges({
    type: OCTET_STREAM,
    size: blob.size,
    spans,
    read: async (span) => (span === firstSpan ? firstBytes : readBlob(stores, call.grant, blob, span)),
  });
  call.registry.later(multipart.sent);
  headers.set("Content-Length", String(multipart.length));
  headers.set("Content-Type", multipart.contentType);
  return new Response(multipart.body, { status: 206, headers });
}
