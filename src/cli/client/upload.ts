import { Readable } from "node:stream";
import type { Digest } from "../../oci/digest.ts";
import { CliError } from "../exit.ts";
import { makeBackoff } from "./backoff.ts";
import { headBlob } from "./blobs.ts";
import { type ChunkLimits, chunkLimits, fittingChunk } from "./chunk-size.ts";
import type { Connection } from "./connection.ts";
import { RefusedError } from "./problem.ts";
import { pushScope, repositoryPath } from "./repository.ts";
import { type Body, drain } from "./transport.ts";
import {
  askPosition,
  finishSession,
  locationOf,
  sendInChunks,
  type SessionOptions,
  tryFinish,
  type UploadPosition,
} from "./upload-session.ts";

/** A blob that can be read from anywhere, as often as need be. */
export interface BlobSource {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Exactly these bytes of it. */
  readonly open: (offset: number, length: number) => Readable;
}

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
  const upload: Upload = { connection, name, source, options, session: { ...connection.backoff, send } };
  for (let restarts = 0; ; restarts++) {
    try {
      return await attempt(upload, restarts === 0);
    } catch (failure) {
      const isLost = failure instanceof RefusedError && failure.code === "BLOB_UPLOAD_UNKNOWN";
      if (!isLost || restarts === MAX_RESTARTS) throw failure;
      await memoryOf(upload).remember(null);
      // A finish whose answer was lost looks the same as a session that was: the blob tells.
      if ((await headBlob(connection, name, source.digest)) === source.size) return options.onProgress?.(source.size);
    }
  }
}

function memoryOf({ options }: Upload): UploadMemory {
  return options.memory ?? NO_MEMORY;
}

async function attempt(upload: Upload, isFirst: boolean): Promise<void> {
  const { source, options } = upload;
  const known = isFirst ? await takenUp(upload) : null;
  const begun = known ?? (await begin(upload, isFirst ? (options.location ?? null) : null));
  if (begun.position.offset === 0 && source.size <= fittingChunk(options.chunkSize, begun.limits)) {
    await putWhole(upload, begun.position);
  } else {
    const { location } = await sendChunks(upload, begun);
    await drain(await finishSession(upload.session, location, source.digest));
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
async function begin({ connection, name }: Upload, location: string | null): Promise<Begun> {
  if (location !== null) return { position: { location, offset: 0 }, limits: chunkLimits(null) };
  const answer = await connection.ask({
    method: "POST",
    address: repositoryPath({ name }, "blobs/uploads/"),
    scopes: [pushScope({ name })],
    headers: { "content-length": "0" },
    expect: [202],
  });
  await drain(answer);
  if (!answer.headers.has("location")) throw new CliError("failure", `${connection.registry.host} begins no upload`);
  return { position: { location: locationOf(answer), offset: 0 }, limits: chunkLimits(answer.headers) };
}

function sendChunks(upload: Upload, { position, limits }: Begun): Promise<UploadPosition> {
  const { source, options, session } = upload;
  const bytes = { end: source.size, body: (from: number, to: number) => bodyOf(upload, from, to) };
  const size = { current: fittingChunk(options.chunkSize, limits), limits };
  return sendInChunks(session, position, bytes, size, (reached) => memoryOf(upload).remember(reached));
}

/** end-6, with the whole blob. What fails is begun anew: there is no more to lose than one chunk. */
async function putWhole(upload: Upload, start: UploadPosition): Promise<void> {
  const { connection, name, source, session } = upload;
  const backoff = makeBackoff(connection.backoff);
  let { location } = start;
  for (;;) {
    const tried = await tryFinish(
      session,
      location,
      source.digest,
      source.size === 0 ? null : bodyOf(upload, 0, source.size),
    );
    if (tried.answer !== null) return drain(tried.answer);
    await backoff.pause(tried.failure, tried.asked);
    if ((await headBlob(connection, name, source.digest)) === source.size) return;
    location = (await begin(upload, null)).position.location;
  }
}

function bodyOf({ source, options }: Upload, from: number, to: number): Body {
  return {
    length: to - from,
    open: () => {
      const stream = source.open(from, to - from);
      // It may fail before it is read, and is heard of when it is.
      stream.on("error", () => undefined);
      return Readable.from(counted(stream, from, options.onProgress), { objectMode: false });
    },
  };
}

async function* counted(
  bytes: Readable,
  from: number,
  onProgress: UploadOptions["onProgress"],
): AsyncGenerator<Uint8Array> {
  let at = from;
  try {
    for await (const piece of bytes) {
      const given: Uint8Array = Buffer.from(piece);
      at += given.length;
      yield given;
      onProgress?.(at);
    }
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError("failure", `cannot read what is to be pushed: ${reason}`, { cause });
  }
}
