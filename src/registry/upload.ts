import type { Grant } from "../auth/grant.ts";
import { newSessionTerms, type SessionTerms } from "../auth/session-token.ts";
import type { Digest, DigestAlgorithm } from "../oci/digest.ts";
import { type ErrorKind, RegistryError } from "../oci/errors.ts";
import type { ChunkRange } from "../oci/range.ts";
import { freshKey } from "./fresh-key.ts";
import type { StoredBlob, Stores, UploadFailure } from "./stores.ts";

/** R2 takes no more in a single put: 4.995 GiB. What is longer goes through a session, in parts. */
const MAX_SINGLE_PUT = Math.floor(4.995 * 1024 ** 3);

/** What clients are asked to send at least: a part of R2's. Smaller chunks work, but each is kept in pieces until a part is full. */
export const MIN_CHUNK_BYTES = 5 * 1024 * 1024;

/** The body of a request that brings bytes. */
export interface Chunk {
  /** Null when the request has none. */
  readonly body: ReadableStream | null;
  /** Bytes, as Content-Length says; null for chunked transfer. */
  readonly length: number | null;
  /** Where the bytes belong, as Content-Range says. */
  readonly range: ChunkRange | null;
}

/** The terms of a new session. Nothing is written: the session's address is all there is to it. */
export async function startUpload(stores: Stores, grant: Grant, algorithm: DigestAlgorithm): Promise<SessionTerms> {
  return newSessionTerms(await stores.blobs.confirm(grant), algorithm, new Date());
}

/** Adds a chunk; returns the bytes that the session now holds. Throws CHUNK_OUT_OF_ORDER, BLOB_UPLOAD_UNKNOWN, SIZE_INVALID. */
export async function receiveChunk(stores: Stores, terms: SessionTerms, chunk: Chunk): Promise<number> {
  const outcome = await stores.uploads.append(terms, chunk.body, chunk.range);
  if (!outcome.ok) throw uploadError(outcome.reason, outcome.offset);
  return outcome.offset;
}

/**
 * Ends a session with the digest of its content, and perhaps the last of it (distribution spec, "Pushing a blob
 * monolithically" and "in chunks"). Throws DIGEST_MISMATCH, and what {@link receiveChunk} throws.
 */
export async function finishUpload(
  stores: Stores,
  grant: Grant,
  terms: SessionTerms,
  chunk: Chunk,
  digest: Digest,
): Promise<void> {
  const startsAtZero = chunk.range === null || chunk.range.start === 0;
  if (chunk.body !== null && canPutWhole(chunk) && startsAtZero && (await claimWhole(stores, terms))) {
    try {
      await putWhole(stores, grant, chunk, digest);
    } catch (error) {
      await stores.uploads.release(terms);
      throw error;
    }
    return;
  }
  await finishSession(stores, grant, terms, chunk, digest);
}

/** Takes a whole blob in the request that would start its upload: POST with `?digest=`. Throws DIGEST_MISMATCH. */
export async function uploadWhole(
  stores: Stores,
  grant: Grant,
  chunk: Chunk,
  digest: Digest,
  algorithm: DigestAlgorithm,
): Promise<void> {
  const terms = await startUpload(stores, grant, algorithm);
  if (canPutWhole(chunk)) await putWhole(stores, grant, chunk, digest);
  else await finishSession(stores, grant, terms, chunk, digest);
}

/** The bytes that the session holds. Throws BLOB_UPLOAD_UNKNOWN. */
export async function uploadStatus(stores: Stores, terms: SessionTerms): Promise<number> {
  const offset = await stores.uploads.status(terms);
  if (offset === null) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
  return offset;
}

/** Throws BLOB_UPLOAD_UNKNOWN. */
export async function cancelUpload(stores: Stores, terms: SessionTerms): Promise<void> {
  if (!(await stores.uploads.cancel(terms))) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
}

function canPutWhole({ length }: Chunk): boolean {
  return length !== null && length <= MAX_SINGLE_PUT;
}

async function claimWhole(stores: Stores, terms: SessionTerms): Promise<boolean> {
  const claim = await stores.uploads.claim(terms);
  if (claim === "unknown") throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
  return claim === "empty";
}

/** Straight into R2, which checks the digest: no byte passes through JavaScript. */
async function putWhole(stores: Stores, grant: Grant, { body, length }: Chunk, digest: Digest): Promise<void> {
  const blob: StoredBlob = { digest, key: freshKey("blobs"), size: length ?? 0 };
  const put = await stores.bytes.put(blob.key, body ?? new Uint8Array(0), digest);
  if (put === "mismatch") throw new RegistryError("DIGEST_MISMATCH", { detail: { digest } });
  await linkOrDrop(stores, grant, blob);
}

async function finishSession(
  stores: Stores,
  grant: Grant,
  terms: SessionTerms,
  chunk: Chunk,
  digest: Digest,
): Promise<void> {
  const outcome = await stores.uploads.finish(terms, chunk.body, chunk.range, digest);
  if (!outcome.ok) throw uploadError(outcome.reason, outcome.offset);
  const { key, size, replayed } = outcome;
  // A repeated finish: the first may have dropped its bytes in favour of others, which must then be linked here already.
  if (replayed && !(await stores.bytes.exists(key))) {
    if ((await stores.blobs.find(grant, digest)) === null) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
    return;
  }
  // A row may have pointed to bytes that come again, and the database may be restored to when it did: collection has them.
  await linkOrDrop(stores, grant, { digest, key, size }, replayed ? "keep" : "drop");
}

/** Where the same content was there before, that stays, and these bytes go: possession has been proved. */
async function linkOrDrop(
  stores: Stores,
  grant: Grant,
  blob: StoredBlob,
  loser: "keep" | "drop" = "drop",
): Promise<void> {
  const winner = await stores.blobs.link(grant, blob);
  if (winner !== blob.key && loser === "drop") stores.bytes.discard(blob.key);
  if (winner === null) {
    throw new RegistryError("BLOB_UPLOAD_UNKNOWN", { message: "the upload lay idle too long: upload the blob again" });
  }
}

const UPLOAD_ERRORS: Record<UploadFailure, { kind: ErrorKind; message?: string }> = {
  unknown: { kind: "BLOB_UPLOAD_UNKNOWN" },
  order: { kind: "CHUNK_OUT_OF_ORDER" },
  size: { kind: "SIZE_INVALID", message: "the chunk's length is not the one that Content-Range gives" },
  broken: { kind: "BLOB_UPLOAD_INVALID", message: "the body ended early; go on from the offset that GET reports" },
  "too-large": { kind: "BLOB_TOO_LARGE" },
  digest: { kind: "DIGEST_MISMATCH" },
};

function uploadError(reason: UploadFailure, offset: number): RegistryError {
  const { kind, ...options } = UPLOAD_ERRORS[reason];
  return new RegistryError(kind, { ...options, headers: { Range: uploadRange(offset) }, detail: { offset } });
}

/** The Range header of a session: the last byte is included, so an empty session cannot be told from one byte. */
export function uploadRange(offset: number): string {
  return `0-${Math.max(offset - 1, 0)}`;
}
