import { signSession, verifySession, type SessionTerms } from "../auth/session-token.ts";
import { repositoryScope } from "../auth/scope.ts";
import type { RepositoryCall } from "../call.ts";
import {
  type Digest,
  type DigestAlgorithm,
  digestAlgorithm,
  parseDigestAlgorithm,
  requireDigest,
} from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";
import { parseRepositoryName } from "../oci/name.ts";
import { type ChunkRange, parseChunkRange } from "../oci/range.ts";
import { mountBlob } from "../registry/mount.ts";
import {
  cancelUpload,
  type Chunk,
  finishUpload,
  MIN_CHUNK_BYTES,
  receiveChunk,
  startUpload,
  uploadRange,
  uploadStatus,
  uploadWhole,
} from "../registry/upload.ts";
import type { Usage } from "../registry/usage.ts";
import { contentLength } from "./params.ts";
import { usageWarning } from "./warning.ts";

/**
 * Answers end-4a, 4b, 4c and 11: starts an upload, takes a whole blob at once, or mounts a blob of another repository.
 */
export async function postUpload(call: RepositoryCall): Promise<Response> {
  const { registry, principal, grant, url } = call;
  const mount = url.searchParams.get("mount");
  if (mount !== null) {
    const digest = requireDigest(mount);
    const from = url.searchParams.get("from");
    // A malformed source cannot be mounted from: the client goes on to upload.
    const source = from ? parseRepositoryName(from) : null;
    const possible = !from || source !== null;
    if (possible && (await mountBlob(registry.stores, principal, grant, digest, source)))
      return blobCreated(call, digest);
  }
  const digestText = url.searchParams.get("digest");
  if (digestText !== null && mount === null) {
    const digest = requireDigest(digestText);
    const usage = await uploadWhole(registry.stores, grant, chunkOf(call), digest, digestAlgorithm(digest));
    return blobCreated(call, digest, usage);
  }
  const { terms, usage } = await startUpload(registry.stores, grant, requestedAlgorithm(url));
  return sessionResponse(call, terms, 202, 0, { ...chunkHints(registry.maxBody), ...usageWarning(usage) });
}

/** Answers end-5. */
export async function patchUpload(call: RepositoryCall): Promise<Response> {
  const begun = await sessionOf(call);
  const { offset, terms } = await receiveChunk(call.registry.stores, call.grant, begun, chunkOf(call));
  return sessionResponse(call, terms, 202, offset);
}

/** Answers end-6. */
export async function putUpload(call: RepositoryCall): Promise<Response> {
  const terms = await sessionOf(call);
  const digest = requireDigest(call.url.searchParams.get("digest"));
  const usage = await finishUpload(call.registry.stores, call.grant, terms, chunkOf(call), digest);
  return blobCreated(call, digest, usage);
}

/** Answers end-13. */
export async function getUpload(call: RepositoryCall): Promise<Response> {
  const { offset, terms } = await uploadStatus(call.registry.stores, call.grant, await sessionOf(call));
  return sessionResponse(call, terms, 204, offset);
}

/** Answers end-14. */
export async function deleteUpload(call: RepositoryCall): Promise<Response> {
  await cancelUpload(call.registry.stores, call.grant, await sessionOf(call));
  return new Response(null, { status: 204 });
}

/**
 * Returns the scopes that a mount needs beside the right to push. A client asks for a token once, so the challenge must
 * name both.
 */
export function mountScopes(url: URL): readonly string[] {
  const source = parseRepositoryName(url.searchParams.get("from") ?? "");
  return url.searchParams.has("mount") && source !== null ? [repositoryScope(source, ["pull"])] : [];
}

function sessionOf({ registry, grant, params }: RepositoryCall): Promise<SessionTerms> {
  return verifySession(registry.keys, grant, params["session"] ?? "", new Date());
}

async function sessionResponse(
  call: RepositoryCall,
  terms: SessionTerms,
  status: number,
  offset: number,
  hints: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const { registry, grant } = call;
  const session = await signSession(registry.keys, grant, terms);
  const headers = {
    // The address is relative to the host, so that it holds behind any proxy. Clients append the digest to it.
    Location: `/v2/${grant.name.full}/blobs/uploads/${session}`,
    "Docker-Upload-UUID": terms.id,
    Range: uploadRange(offset),
    ...(status !== 204 && { "Content-Length": "0" }),
    ...hints,
  };
  return new Response(null, { status, headers });
}

function blobCreated({ grant }: RepositoryCall, digest: Digest, usage: Usage | null = null): Response {
  const headers = {
    Location: `/v2/${grant.name.full}/blobs/${digest}`,
    "Docker-Content-Digest": digest,
    "Content-Length": "0",
    ...usageWarning(usage),
  };
  return new Response(null, { status: 201, headers });
}

function requestedAlgorithm(url: URL): DigestAlgorithm {
  const name = url.searchParams.get("digest-algorithm");
  const algorithm = name === null ? "sha256" : parseDigestAlgorithm(name);
  if (algorithm !== null) return algorithm;
  throw new RegistryError("DIGEST_INVALID", { message: "digest-algorithm must be sha256 or sha512" });
}

/**
 * Returns hints for the chunks of an upload. Chunks of at least a part of R2's cost least. The zone accepts a limited
 * number of bytes, from which a margin is taken. A client may send the next chunk before the last one is acknowledged:
 * it waits its turn.
 */
function chunkHints(maxBody: number | null): Readonly<Record<string, string>> {
  const max = maxBody === null ? Number.POSITIVE_INFINITY : Math.floor(maxBody * 0.9);
  return {
    "OCI-Chunk-Min-Length": String(Math.min(MIN_CHUNK_BYTES, max)),
    // The specification has neither of these (yet). spacedock's own clients know them.
    ...(maxBody !== null && { "OCI-Chunk-Max-Length": String(max) }),
    "Spacedock-Chunks": "queue",
  };
}

/**
 * Reads the request's body, its length and its range. The range of a body without bytes is ignored, since clients
 * repeat the last chunk's Content-Range when they close an upload. Throws SIZE_INVALID for an inconsistent chunk,
 * BODY_TOO_LARGE over the limit.
 */
function chunkOf({ request, registry }: RepositoryCall): Chunk {
  const length = request.body === null ? 0 : contentLength(request);
  if (length === 0) return { body: null, length, range: null };
  requireFitting(length, registry.maxBody);
  const range = chunkRange(request);
  if (length !== null && range !== null && length !== range.end - range.start + 1) {
    throw new RegistryError("SIZE_INVALID", { message: "Content-Range and Content-Length do not match" });
  }
  return { body: request.body, length, range };
}

/**
 * Throws BODY_TOO_LARGE with the remedy. The zone usually refuses larger bodies before us, with a page that tells
 * clients nothing.
 */
function requireFitting(length: number | null, maxBody: number | null): void {
  if (length === null || maxBody === null || length <= maxBody) return;
  const limit = `${maxBody / 1_000_000} MB`;
  throw new RegistryError("BODY_TOO_LARGE", {
    message: `a request can send at most ${limit} here; push through \`spacedock proxy\`, which sends layers in chunks`,
    detail: { limit: maxBody, length },
  });
}

function chunkRange(request: Request): ChunkRange | null {
  const header = request.headers.get("Content-Range");
  if (header === null) return null;
  const range = parseChunkRange(header);
  if (range === null) {
    throw new RegistryError("BLOB_UPLOAD_INVALID", {
      message: "a chunk's Content-Range must be <first byte>-<last byte>",
    });
  }
  return range;
}
