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

/** Keeps an upload's position where a later process finds it. */
export interface UploadMemory {
  readonly recall: () => Promise<UploadPosition | null>;
  /** Null: it is done, or good for nothing any more. */
  readonly remember: (position: UploadPosition | null) => Promise<void>;
}

export interface UploadOptions {
  /** The most bytes that one request may carry; the registry's own word counts where it asks for less. */
  readonly chunkSize: number;
  /** A session that a failed mount has begun. */
  readonly location?: string | null;
  /** What the registry said of chunks as that session was begun. */
  readonly limits?: ChunkLimits;
  readonly memory?: UploadMemory;
  /** How many bytes are on their way or arrived; may go back, after a connection broke. */
  readonly onProgress?: (bytes: number) => void;
}

interface Upload {
  readonly connection: Connection;
  readonly name: string;
  readonly source: BlobSource;
  readonly options: UploadOptions;
  readonly session: SessionOptions;
}

/** Sessions begun anew, after one was lost, before it is given up. */
const MAX_RESTARTS = 3;

const NO_MEMORY: UploadMemory = { recall: () => Promise.resolve(null), remember: () => Promise.resolve() };

/**
 * Pushes a blob of known size: in one PUT where it fits, else in chunks, going on from where the registry stands after
 * any failure. Whether the registry has it already is the caller's to ask. No chunk is ever held in memory.
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
      // Not every registry gives the code; that of a space or repository that is not there is another.
      const isLost = failure instanceof RefusedError && failure.status === 404 && failure.code !== "NAME_UNKNOWN";
      if (!isLost || restarts === MAX_RESTARTS) throw failure;
      await memoryOf(upload).remember(null);
      // A finish whose answer was lost looks the same as a session that was: the blob tells.
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
  const known = isFirst ? await takenUp(upload) : null;
  const begun = known ?? (await begin(upload, isFirst ? (options.location ?? null) : null));
  const chunkSize = fittingChunk(options.chunkSize, begun.limits);
  const isWhole = begun.position.offset === 0 && source.size <= chunkSize;
  const left = isWhole ? await putWhole(upload, begun) : { ...begun, chunkSize };
  if (left !== null) {
    // Kept before the first chunk, so that not even what came of that one is lost.
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

/** The position that an earlier process left, as the registry sees it now; null where there is none to go on from. */
async function takenUp(upload: Upload): Promise<Begun | null> {
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

/** end-4a */
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
 * end-6, with the whole blob. What fails is begun anew: there is no more to lose than one chunk. Null: it is done; else
 * the blob is more than a request may carry, and has to go in these chunks.
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
