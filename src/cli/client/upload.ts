import { Readable } from "node:stream";
import type { Digest } from "../../oci/digest.ts";
import { CliError } from "../exit.ts";
import { makeBackoff, mayChange, retryAfter } from "./backoff.ts";
import { headBlob } from "./blobs.ts";
import { type ChunkLimits, chunkLimits, fittingChunk, smallerChunk } from "./chunk-size.ts";
import type { Connection } from "./connection.ts";
import { refusedAnswer, RefusedError } from "./problem.ts";
import { pushScope, repositoryPath } from "./repository.ts";
import { type Answer, type Body, drain, mayPass } from "./transport.ts";
import {
  askPosition,
  finishAddress,
  locationOf,
  sendChunk,
  type SessionOptions,
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
  const chunkSize = fittingChunk(options.chunkSize, begun.limits);
  const isWhole = begun.position.offset === 0 && source.size <= chunkSize;
  const left = isWhole ? await putWhole(upload, begun) : { ...begun, chunkSize };
  if (left !== null) {
    // Kept before the first chunk, so that not even what came of that one is lost.
    await memoryOf(upload).remember(left.position);
    await finish(upload, await sendChunks(upload, left));
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
  if (!answer.headers.has("location")) throw new CliError("failure", `${connection.registry.host} begins no upload`);
  return { position: { location: locationOf(answer), offset: 0 }, limits: chunkLimits(answer.headers) };
}

interface Chunked extends Begun {
  /** Bytes. */
  readonly chunkSize: number;
}

async function sendChunks(upload: Upload, chunked: Chunked): Promise<UploadPosition> {
  const { source, session } = upload;
  const { limits } = chunked;
  let { position, chunkSize } = chunked;
  while (position.offset < source.size) {
    const end = Math.min(position.offset + chunkSize, source.size);
    try {
      position = await sendChunk(session, position, { end, body: (offset) => bodyOf(upload, offset, end) });
      await memoryOf(upload).remember(position);
    } catch (failure) {
      chunkSize = smallerChunk(failure, Math.min(chunkSize, source.size), limits);
    }
  }
  return position;
}

/**
 * end-6, with the whole blob. What fails is begun anew: there is no more to lose than one chunk. Null: it is done; else
 * the blob is more than a request may carry, and has to go in these chunks.
 */
async function putWhole(upload: Upload, start: Begun): Promise<Chunked | null> {
  const { connection, name, source, session } = upload;
  const backoff = makeBackoff(connection.backoff);
  let begun = start;
  for (;;) {
    const body = source.size === 0 ? {} : { body: bodyOf(upload, 0, source.size) };
    const address = finishAddress(begun.position.location, source.digest);
    let tried: FinishFailure | null;
    try {
      tried = await tryFinish(session, address, body);
    } catch (failure) {
      return { ...begun, chunkSize: smallerChunk(failure, source.size, begun.limits) };
    }
    if (tried === null) return null;
    await backoff.pause(tried.failure, tried.asked);
    if ((await headBlob(connection, name, source.digest)) === source.size) return null;
    begun = await begin(upload, null);
  }
}

/** end-6, without a body. */
async function finish({ connection, source, session }: Upload, { location }: UploadPosition): Promise<void> {
  const backoff = makeBackoff(connection.backoff);
  for (;;) {
    const tried = await tryFinish(session, finishAddress(location, source.digest), {});
    if (tried === null) return;
    await backoff.pause(tried.failure, tried.asked);
  }
}

interface FinishFailure {
  readonly failure: unknown;
  /** Milliseconds that the registry asked to be left alone for. */
  readonly asked: number | null;
}

/** Null: done. Otherwise a failure that may pass; throws any other. */
async function tryFinish(
  { send }: SessionOptions,
  address: string,
  body: { readonly body?: Body },
): Promise<FinishFailure | null> {
  const headers = { "content-type": "application/octet-stream", ...(body.body ? {} : { "content-length": "0" }) };
  let answer: Answer;
  try {
    answer = await send({ method: "PUT", address, headers, ...body });
  } catch (failure) {
    if (!mayPass(failure)) throw failure;
    return { failure, asked: null };
  }
  if (answer.status === 201 || answer.status === 204) {
    await drain(answer);
    return null;
  }
  const refused = await refusedAnswer(answer);
  if (!mayChange(answer.status)) throw refused;
  return { failure: refused, asked: retryAfter(answer.headers.get("retry-after"), new Date()) };
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
