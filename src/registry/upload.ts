import type { Grant } from "../auth/grant.ts";
import { grantWithin, newSessionId, newSessionTerms, type SessionTerms } from "../auth/session-token.ts";
import type { Digest, DigestAlgorithm } from "../oci/digest.ts";
import { type ErrorKind, RegistryError } from "../oci/errors.ts";
import type { ChunkRange } from "../oci/range.ts";
import { discardIfRefused, freshKey } from "./fresh-key.ts";
import type { StoredBlob, Stores } from "./stores.ts";
import type { UploadFailure } from "./upload-store.ts";
import { requireFit, requireRoom, roomIn, uploadsFull, type Usage } from "./usage.ts";

/** The most bytes that R2 takes in a single put: 4.995 GiB. A longer body goes through a session, in parts. */
const MAX_SINGLE_PUT = Math.floor(4.995 * 1024 ** 3);

/**
 * The chunk size that clients are asked to send at least: a part of R2's. Smaller chunks work, but each is kept in
 * pieces until a part is full.
 */
export const MIN_CHUNK_BYTES = 5 * 1024 * 1024;

/**
 * Milliseconds after which the database is asked again if a session may go on. A client's token is verified without a
 * look at the database, so its credential may have been revoked. The address in the answer says when the database was
 * last asked.
 */
const CONFIRM_EVERY = 30_000;

/** The body of a request that brings bytes. */
export interface Chunk {
  /** Null: the request has none. */
  readonly body: ReadableStream | null;
  /** Bytes, as Content-Length says; null for chunked transfer. */
  readonly length: number | null;
  /** The place of the bytes, as Content-Range says. */
  readonly range: ChunkRange | null;
}

interface StartedUpload {
  readonly terms: SessionTerms;
  /** The space's usage. The upload counts once it is finished. */
  readonly usage: Usage;
}

/** The state of an upload that goes on. */
interface UploadState {
  /** Bytes that the session holds. */
  readonly offset: number;
  /** The terms that its address states from now on. */
  readonly terms: SessionTerms;
}

/**
 * Starts an upload. Until its first byte comes, a session has no object: it is its address, and a row that counts it.
 * The blob's length is not known, so there must be room for one byte. If content is damaged, the blob may be a repair,
 * which needs no room; the end of the upload decides. Throws SPACE_FULL, REPOSITORIES_FULL, UPLOADS_FULL.
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
 * Adds a chunk. Throws CHUNK_OUT_OF_ORDER, BLOB_UPLOAD_UNKNOWN, SIZE_INVALID; TOKEN_INVALID once the credential is
 * revoked. Throws SPACE_FULL, and ends the session, if the bytes exceed the room of the session's start or the room
 * that other uploads leave.
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
  // The confirmation noted the announced bytes of a session that has ended.
  if (!isKnown && confirmed !== terms) await stores.openUploads.close(grant, terms.id);
  // The announced bytes did not come, or none were announced.
  if (room !== null && offset !== announced && isKnown)
    await stores.openUploads.confirm(grantWithin(grant, terms), terms.id, offset);
  if (!outcome.ok) throw uploadError(outcome.reason, offset);
  return { offset, terms: confirmed };
}

/** Asks the database if the session may go on, unless it was asked just before and there are no bytes to note. */
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
 * Ends a session with the digest of its content, and perhaps the last chunk (distribution spec, "Pushing a blob
 * monolithically" and "in chunks"). Returns the space's usage; null if an earlier request finished the upload. Throws
 * DIGEST_MISMATCH, REPOSITORIES_FULL, and the errors of {@link receiveChunk}.
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
 * Takes a whole blob in the request that would start its upload: POST with `?digest=`. Returns the space's usage.
 * Throws the errors of {@link startUpload} and {@link finishUpload}.
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

/** Returns the progress of the session. Throws BLOB_UPLOAD_UNKNOWN; TOKEN_INVALID once the credential is revoked. */
export async function uploadStatus(stores: Stores, grant: Grant, terms: SessionTerms): Promise<UploadState> {
  const confirmed = await confirmUpload(stores, grant, terms, null);
  const offset = await stores.uploads.status(terms);
  if (offset === null) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
  return { offset, terms: confirmed };
}

/** Ends a session and drops its bytes. Throws BLOB_UPLOAD_UNKNOWN. */
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

/** Puts the blob straight into R2, which checks the digest: no byte passes through JavaScript. */
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
  // This finish is a repeat. The first one may have dropped its bytes in favour of others; those must be linked here
  // already.
  if (replayed && !(await stores.bytes.exists(key))) {
    const found = await stores.blobs.find(grant, digest);
    if (found === null || "damage" in found) throw lostUpload();
    if (found.key !== key) return null;
    stores.damage.suspect(found);
    throw lostUpload();
  }
  // The bytes of a repeated finish stay even if others win: a row may have pointed to them, and the database may be
  // restored to a time when it did. They stay after a refusal too, since an earlier request of this session may have
  // linked them. Collection takes them if no row needs them.
  try {
    return await linkOrDrop(stores, grant, { digest, key, size }, terms.id, replayed ? "keep" : "drop");
  } catch (error) {
    // The session has ended; collection takes its bytes.
    if (error instanceof RegistryError) await stores.openUploads.close(grant, terms.id);
    throw error;
  }
}

/**
 * Links the blob. If the same content was there before, it stays and the new bytes go: the client has proved that it
 * has the content.
 */
async function linkOrDrop(
  stores: Stores,
  grant: Grant,
  blob: StoredBlob,
  session: string | null,
  loser: "keep" | "drop" = "drop",
): Promise<Usage> {
  const { key: winner, usage } = await stores.blobs.link(grant, blob, session);
  // The bytes are condemned, or a row points to them: collection and scrub take care of them.
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

/**
 * Returns the Range header of a session. The range includes its last byte, so an empty session looks like one of one
 * byte.
 */
export function uploadRange(offset: number): string {
  return `0-${Math.max(offset - 1, 0)}`;
}
