import { CliError } from "../exit.ts";
import { makeBackoff } from "./backoff.ts";
import { type BlobSource, chunkBody } from "./blob-source.ts";
import { headBlob } from "./blobs.ts";
import { type ChunkLimits, chunkLimits, fittingChunk, smallerChunk } from "./chunk-size.ts";
import type { Connection } from "./connection.ts";
import { finishSession, type TriedFinish, tryFinish } from "./finish-session.ts";
import { RefusedError } from "./problem.ts";
import { pushScope, repositoryPath } from "./repository.ts";
import { drain } from "./transport.ts";
import { askPosition, locationOf, sendInChunks, type SessionOptions, type UploadPosition } from "./upload-session.ts";

/** Keeps an upload's position so that a later process can find it. */
export interface UploadMemory {
  readonly recall: () => Promise<UploadPosition | null>;
  /** Keeps the position. Null: forget it, since the upload is done or lost. */
  readonly remember: (position: UploadPosition | null) => Promise<void>;
}

export interface UploadOptions {
  /** The most bytes that one request may carry; the registry's own limit counts if it is lower. */
  readonly chunkSize: number;
  /** A session that a failed mount has begun. */
  readonly location?: string | null;
  /** The limits on chunks from the answer that began that session. */
  readonly limits?: ChunkLimits;
  readonly memory?: UploadMemory;
  /** Called with the number of bytes sent or on their way; it may go back after a connection broke. */
  readonly onProgress?: (bytes: number) => void;
}

interface Upload {
  readonly connection: Connection;
  readonly name: string;
  readonly source: BlobSource;
  readonly options: UploadOptions;
  readonly session: SessionOptions;
}

/** The number of new sessions, after one was lost, before the upload is given up. */
const MAX_RESTARTS = 3;

const NO_MEMORY: UploadMemory = { recall: () => Promise.resolve(null), remember: () => Promise.resolve() };

/**
 * Pushes a blob of known size: in one PUT if it fits, else in chunks. After any failure it continues from the
 * registry's position. The caller asks first if the registry has the blob. No chunk is ever held in memory.
 */
export async function pushBlob(
  connection: Connection,
  name: string,
  source: BlobSource,
  options: UploadOptions,
): Promise<void> {
  const send: SessionOptions["send"] = (request) =>
    connection.ask({ ...request, scopes: [pushScope({ name })], retry: false });
  const session: SessionOptions = { ...connection.backoff, answerWithin: connection.answerWithin, send };
  const upload: Upload = { connection, name, source, options, session };
  for (let restarts = 0; ; restarts++) {
    try {
      return await attempt(upload, restarts === 0);
    } catch (failure) {
      // Not every registry sends a code; NAME_UNKNOWN means that the space or repository is missing, not the session.
      const isLost = failure instanceof RefusedError && failure.status === 404 && failure.code !== "NAME_UNKNOWN";
      if (!isLost || restarts === MAX_RESTARTS) throw failure;
      await memoryOf(upload).remember(null);
      // If the answer to the finish was lost, the session looks lost too: see if the blob is there.
      if (await isThere(upload)) return options.onProgress?.(source.size);
    }
  }
}

async function isThere({ connection, name, source }: Upload): Promise<boolean> {
  return (await headBlob(connection, name, source.digest)) === source.size;
}

function memoryOf({ options }: Upload): UploadMemory {
  return options.memory ?? NO_MEMORY;
}

async function attempt(upload: Upload, isFirst: boolean): Promise<void> {
  const { source, options } = upload;
  const known = isFirst ? await leftPosition(upload) : null;
  const begun = known ?? (await begin(upload, isFirst ? (options.location ?? null) : null));
  const chunkSize = fittingChunk(options.chunkSize, begun.limits);
  const isWhole = begun.position.offset === 0 && source.size <= chunkSize;
  const left = isWhole ? await putWhole(upload, begun) : { ...begun, chunkSize };
  if (left !== null) {
    // Kept before the first chunk, so that even a part of that one is not lost.
    await memoryOf(upload).remember(left.position);
    const { location } = await sendChunks(upload, left);
    const { digest, size } = source;
    const answer = await finishSession(upload.session, { location, digest, size, isThere: () => isThere(upload) });
    if (answer !== null) await drain(answer);
  }
  options.onProgress?.(source.size);
  await memoryOf(upload).remember(null);
}

interface Begun {
  readonly position: UploadPosition;
  readonly limits: ChunkLimits;
}

/**
 * Returns the position that an earlier process left, as the registry sees it now; null if there is none to continue
 * from.
 */
async function leftPosition(upload: Upload): Promise<Begun | null> {
  const left = await memoryOf(upload).recall();
  if (left === null) return null;
  try {
    const position = await askPosition(upload.session, left);
    return position.offset > upload.source.size ? null : { position, limits: chunkLimits(null) };
  } catch (failure) {
    if (failure instanceof RefusedError && failure.kind === "not-found") return null;
    throw failure;
  }
}

/** Begins a session (end-4a), or uses the one that a failed mount began. */
async function begin({ connection, name, options }: Upload, location: string | null): Promise<Begun> {
  if (location !== null) return { position: { location, offset: 0 }, limits: options.limits ?? chunkLimits(null) };
  const answer = await connection.ask({
    method: "POST",
    address: repositoryPath({ name }, "blobs/uploads/"),
    scopes: [pushScope({ name })],
    headers: { "content-length": "0" },
    expect: [202],
  });
  await drain(answer);
  if (!answer.headers.has("location"))
    throw new CliError("failure", `${connection.registry.host} did not start the upload`);
  return { position: { location: locationOf(answer), offset: 0 }, limits: chunkLimits(answer.headers) };
}

interface Chunked extends Begun {
  /** Bytes. */
  readonly chunkSize: number;
}

function sendChunks(upload: Upload, { position, limits, chunkSize }: Chunked): Promise<UploadPosition> {
  const { source, options, session } = upload;
  const bytes = {
    end: source.size,
    body: (from: number, to: number) => chunkBody(source, { from, to }, options.onProgress),
  };
  const size = { current: chunkSize, limits };
  return sendInChunks(session, position, bytes, size, (reached) => memoryOf(upload).remember(reached));
}

/**
 * Sends the whole blob in one request (end-6). A failure starts it anew, since no more than one chunk is lost. Null:
 * done. Otherwise the blob is more than one request may carry, and has to go in these chunks.
 */
async function putWhole(upload: Upload, start: Begun): Promise<Chunked | null> {
  const { connection, source, session, options } = upload;
  const backoff = makeBackoff(connection.backoff);
  let begun = start;
  for (;;) {
    const body = source.size === 0 ? null : chunkBody(source, { from: 0, to: source.size }, options.onProgress);
    let tried: TriedFinish;
    try {
      const answerWithin = backoff.answerWithin(session.answerWithin);
      tried = await tryFinish(
        { ...session, answerWithin },
        { location: begun.position.location, digest: source.digest, body },
      );
    } catch (failure) {
      return { ...begun, chunkSize: smallerChunk(failure, source.size, begun.limits) };
    }
    if (tried.answer !== null) {
      await drain(tried.answer);
      return null;
    }
    await backoff.pause(tried.failure, tried.asked);
    if (await isThere(upload)) return null;
    begun = await begin(upload, null);
  }
}
