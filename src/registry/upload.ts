import type { Grant } from "../auth/grant.ts";
import { grantWithin, newSessionId, newSessionTerms, type SessionTerms } from "../auth/session-token.ts";
import type { Digest, DigestAlgorithm } from "../oci/digest.ts";
import { type ErrorKind, RegistryError } from "../oci/errors.ts";
import type { ChunkRange } from "../oci/range.ts";
import { discardIfRefused, freshKey } from "./fresh-key.ts";
import type { StoredBlob, Stores, UploadFailure } from "./stores.ts";
import { requireFit, requireRoom, roomIn, uploadsFull, type Usage } from "./usage.ts";

/** R2 takes no more in a single put: 4.995 GiB. What is longer goes through a session, in parts. */
const MAX_SINGLE_PUT = Math.floor(4.995 * 1024 ** 3);

/** What clients are asked to send at least: a part of R2's. Smaller chunks work, but each is kept in pieces until a part is full. */
export const MIN_CHUNK_BYTES = 5 * 1024 * 1024;

/**
 * Milliseconds after which it is asked again if a session may go on: a client's token, which is verified without a look at the
 * database, may be of a credential that has been revoked. The answer's address says when that was.
 */
const CONFIRM_EVERY = 30_000;

/** The body of a request that brings bytes. */
export interface Chunk {
  /** Null when the request has none. */
  readonly body: ReadableStream | null;
  /** Bytes, as Content-Length says; null for chunked transfer. */
  readonly length: number | null;
  /** Where the bytes belong, as Content-Range says. */
  readonly range: ChunkRange | null;
}

interface StartedUpload {
  readonly terms: SessionTerms;
  /** What the space has; the upload counts when it is finished. */
  readonly usage: Usage;
}

/** An upload that goes on. */
interface UploadState {
  /** Bytes that the session holds. */
  readonly offset: number;
  /** As its address is to say from now on. */
  readonly terms: SessionTerms;
}

/**
 * The terms of a new session. It has no object until its first byte comes: its address is all there is to it, and a row that counts it.
 * `length` is that of the whole blob, in bytes; null while it is not known: then there must be room for one. Where something is
 * damaged, it may be that which comes again and needs no room: the end of the upload decides. Throws SPACE_FULL,
 * REPOSITORIES_FULL, UPLOADS_FULL.
 */
export function startUpload(stores: Stores, grant: Grant, algorithm: DigestAlgorithm): Promise<StartedUpload> {
  return start(stores, grant, algorithm, { length: null, opens: true });
}

async function start(
  stores: Stores,
  grant: Grant,
  algorithm: DigestAlgorithm,
  { length, opens }: { readonly length: number | null; readonly opens: boolean },
): Promise<StartedUpload> {
  const id = newSessionId();
  const { usage, hasDamage, opened, spaceId, repositoryId } = await stores.blobs.confirm(grant, opens ? id : null);
  requireRoom(usage, { bytes: hasDamage ? 0 : (length ?? 1), repositories: repositoryId === null ? 1 : 0 });
  if (opens && !opened && !hasDamage) throw uploadsFull();
  const room = hasDamage ? null : roomIn(usage);
  return { terms: newSessionTerms({ id, spaceId, repositoryId, algorithm, room }, new Date()), usage };
}

/**
 * Adds a chunk. Throws CHUNK_OUT_OF_ORDER, BLOB_UPLOAD_UNKNOWN, SIZE_INVALID; TOKEN_INVALID once the credential is revoked; and SPACE_FULL
 * for more than there was room for when the session began, or is left by other uploads, which ends it.
 */
export async function receiveChunk(
  stores: Stores,
  grant: Grant,
  terms: SessionTerms,
  chunk: Chunk,
): Promise<UploadState> {
  requireFit(chunk.length ?? 0, terms.room);
  try {
    return await append(stores, grant, terms, chunk);
  } catch (error) {
    if (error instanceof RegistryError && error.kind === "SPACE_FULL") await endUpload(stores, grant, terms);
    throw error;
  }
}

async function append(stores: Stores, grant: Grant, terms: SessionTerms, chunk: Chunk): Promise<UploadState> {
  const { room } = terms;
  const end = chunk.range === null ? null : chunk.range.end + 1;
  const announced = end !== null && end <= (room ?? Number.POSITIVE_INFINITY) ? end : null;
  const confirmed = await confirmUpload(stores, grant, terms, announced);
  const outcome = await stores.uploads.append(terms, chunk.body, chunk.range);
  const { offset } = outcome;
  if (outcome.ok) requireFit(offset, room);
  const isKnown = outcome.ok || outcome.reason !== "unknown";
  // What was noted ahead did not come, or nothing was.
  if (room !== null && offset !== announced && isKnown)
    await stores.openUploads.confirm(grantWithin(grant, terms), terms.id, offset);
  if (!outcome.ok) throw uploadError(outcome.reason, offset);
  return { offset, terms: confirmed };
}

/** Asks the database if the session may go on, unless it was asked just before and there is nothing to tell it. */
async function confirmUpload(
  { openUploads }: Stores,
  grant: Grant,
  terms: SessionTerms,
  bytes: number | null,
): Promise<SessionTerms> {
  const now = Date.now();
  const isRecent = now - terms.confirmedAt < CONFIRM_EVERY;
  if (isRecent && (terms.room === null || bytes === null)) return terms;
  await openUploads.confirm(grantWithin(grant, terms), terms.id, bytes);
  return { ...terms, confirmedAt: now };
}

async function endUpload(stores: Stores, grant: Grant, terms: SessionTerms): Promise<boolean> {
  const ended = await stores.uploads.cancel(terms);
  await stores.openUploads.close(grant, terms.id);
  return ended;
}

/**
 * Ends a session with the digest of its content, and perhaps the last of it (distribution spec, "Pushing a blob
 * monolithically" and "in chunks"). Returns what the space has now; null where an earlier request finished the upload.
 * Throws DIGEST_MISMATCH, REPOSITORIES_FULL, and what {@link receiveChunk} throws.
 */
export async function finishUpload(
  stores: Stores,
  grant: Grant,
  terms: SessionTerms,
  chunk: Chunk,
  digest: Digest,
): Promise<Usage | null> {
  requireFit(chunk.length ?? 0, terms.room);
  const startsAtZero = chunk.range === null || chunk.range.start === 0;
  if (chunk.body !== null && canPutWhole(chunk) && startsAtZero && (await claimWhole(stores, terms))) {
    try {
      return await putWhole(stores, grantWithin(grant, terms), chunk, digest, terms.id);
    } catch (error) {
      await stores.uploads.release(terms);
      throw error;
    }
  }
  return finishSession(stores, grantWithin(grant, terms), terms, chunk, digest);
}

/**
 * Takes a whole blob in the request that would start its upload: POST with `?digest=`. Returns what the space has now.
 * Throws as {@link startUpload} and {@link finishUpload} do.
 */
export async function uploadWhole(
  stores: Stores,
  grant: Grant,
  chunk: Chunk,
  digest: Digest,
  algorithm: DigestAlgorithm,
): Promise<Usage | null> {
  const opens = !canPutWhole(chunk);
  const { terms } = await start(stores, grant, algorithm, { length: chunk.length, opens });
  return opens ? finishSession(stores, grant, terms, chunk, digest) : putWhole(stores, grant, chunk, digest, null);
}

/** How far the session is. Throws BLOB_UPLOAD_UNKNOWN; TOKEN_INVALID once the credential is revoked. */
export async function uploadStatus(stores: Stores, grant: Grant, terms: SessionTerms): Promise<UploadState> {
  const confirmed = await confirmUpload(stores, grant, terms, null);
  const offset = await stores.uploads.status(terms);
  if (offset === null) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
  return { offset, terms: confirmed };
}

/** Throws BLOB_UPLOAD_UNKNOWN. */
export async function cancelUpload(stores: Stores, grant: Grant, terms: SessionTerms): Promise<void> {
  if (!(await endUpload(stores, grant, terms))) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
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
async function putWhole(
  stores: Stores,
  grant: Grant,
  { body, length }: Chunk,
  digest: Digest,
  session: string | null,
): Promise<Usage> {
  const blob: StoredBlob = { digest, key: freshKey("blobs"), size: length ?? 0 };
  const put = await stores.bytes.put(blob.key, body ?? new Uint8Array(0), digest);
  if (put === "mismatch") throw new RegistryError("DIGEST_MISMATCH", { detail: { digest } });
  return discardIfRefused(stores.bytes, blob.key, linkOrDrop(stores, grant, blob, session));
}

async function finishSession(
  stores: Stores,
  grant: Grant,
  terms: SessionTerms,
  chunk: Chunk,
  digest: Digest,
): Promise<Usage | null> {
  const outcome = await stores.uploads.finish(terms, chunk.body, chunk.range, digest);
  if (!outcome.ok) throw uploadError(outcome.reason, outcome.offset);
  const { key, size, replayed } = outcome;
  // A repeated finish: the first may have dropped its bytes in favour of others, which must then be linked here already.
  if (replayed && !(await stores.bytes.exists(key))) {
    const found = await stores.blobs.find(grant, digest);
    if (found === null || "damage" in found) throw lostUpload();
    if (found.key !== key) return null;
    stores.damage.suspect(found);
    throw lostUpload();
  }
  // A row may have pointed to bytes that come again, and the database may be restored to when it did: collection has them.
  // Likewise where that is refused: an earlier request of the same session may have linked them.
  try {
    return await linkOrDrop(stores, grant, { digest, key, size }, terms.id, replayed ? "keep" : "drop");
  } catch (error) {
    // The session has ended, and its bytes are collection's.
    if (error instanceof RegistryError) await stores.openUploads.close(grant, terms.id);
    throw error;
  }
}

/** Where the same content was there before, that stays, and these bytes go: possession has been proved. */
async function linkOrDrop(
  stores: Stores,
  grant: Grant,
  blob: StoredBlob,
  session: string | null,
  loser: "keep" | "drop" = "drop",
): Promise<Usage> {
  const { key: winner, usage } = await stores.blobs.link(grant, blob, session);
  // Bytes that may not be pointed to are condemned, or a row's own: collection and scrub see to them.
  if (winner === null) throw lostUpload();
  if (winner !== blob.key && loser === "drop") stores.bytes.discard(blob.key);
  return usage;
}

function lostUpload(): RegistryError {
  return new RegistryError("BLOB_UPLOAD_UNKNOWN", {
    message: "the uploaded bytes are no longer stored: upload the blob again",
  });
}

const UPLOAD_ERRORS: Record<UploadFailure, { kind: ErrorKind; message?: string }> = {
  unknown: { kind: "BLOB_UPLOAD_UNKNOWN" },
  order: { kind: "CHUNK_OUT_OF_ORDER" },
  size: {
    kind: "SIZE_INVALID",
    message: "the chunk's length does not match its Content-Range: send the whole chunk again",
  },
  broken: { kind: "BLOB_UPLOAD_INVALID", message: "the body ended early; continue from the offset that GET reports" },
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
