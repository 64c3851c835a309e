import type { IncomingMessage } from "node:http";
import { parseChunkRange } from "../../oci/range.ts";
import { chunkLimits, fittingChunk } from "../client/chunk-size.ts";
import { LOOK } from "../client/connection.ts";
import { finishSession } from "../client/finish-session.ts";
import { RefusedError } from "../client/problem.ts";
import { type Answer, drain, type HeaderFields } from "../client/transport.ts";
import {
  askPosition,
  askSession,
  locationOf,
  type SessionOptions,
  type SessionRequest,
  type UploadPosition,
} from "../client/upload-session.ts";
import { ChunkSender } from "./chunk-sender.ts";
import { answerWith, bodyLength, type Exchange } from "./exchange.ts";
import { requestHeaders } from "./headers.ts";
import { cutIntoChunks } from "./held-chunk.ts";

/** A request whose body is a blob or a part of one, and the digest in its address if it ends the upload. */
export interface UploadRequest {
  readonly method: "PATCH" | "PUT" | "POST";
  readonly address: URL;
  readonly digest: string | null;
}

const POST_PATH = /\/blobs\/uploads\/?$/;

/**
 * Parses a request that uploads; null: it is another one. A session's address may be anywhere below /v2/, as the
 * registry likes.
 */
export function uploadRequest({ method, url = "/" }: IncomingMessage, origin: string): UploadRequest | null {
  if (!url.startsWith("/v2/") || url.includes("/manifests/")) return null;
  const address = new URL(origin + url);
  const digest = address.searchParams.get("digest");
  if (method === "PATCH") return { method, address, digest: null };
  if (method === "PUT" && digest !== null) return { method, address, digest };
  if (method === "POST" && digest !== null && POST_PATH.test(address.pathname)) return { method, address, digest };
  return null;
}

/** True if the body must be cut: it is over the limit, or its length is unknown. */
export function needsCutting({ state, request }: Exchange): boolean {
  const length = bodyLength(request);
  return length === null || length > fittingChunk(state.chunkSize, state.limits);
}

/** The headers of the registry's last answer, which tell the client more than the proxy knows. */
interface LastAnswer {
  headers: HeaderFields;
}

/** True if the request only ends an upload: the registry may need longer for that than a connection lasts. */
export function onlyEnds({ request }: Exchange, { method, digest }: UploadRequest): boolean {
  return method === "PUT" && digest !== null && bodyLength(request) === 0;
}

/**
 * Uploads a body, perhaps an empty one, in chunks, and answers the client as the registry would have answered the
 * whole.
 */
export async function cutUpload(exchange: Exchange, upload: UploadRequest): Promise<void> {
  const last: LastAnswer = { headers: {} };
  const session: SessionOptions = {
    patience: exchange.state.patience.upload,
    signal: exchange.signal,
    answerWithin: exchange.state.answerWithin,
    send: (request) => sendToSession(exchange, request, last),
  };
  try {
    const position = onlyEnds(exchange, upload)
      ? { location: withoutDigest(upload.address), offset: 0 }
      : await sendBody(exchange, session, startOf(exchange, session, upload));
    if (upload.digest === null) acknowledge(exchange, position, last);
    else await finish(exchange, session, position, upload.digest);
  } catch (failure) {
    // The headers matter above all for a challenge: the client must learn which scope its token lacks.
    if (failure instanceof RefusedError) throw new PassedOnError(failure, last.headers);
    throw failure;
  }
}

/** The registry's refusal, with the headers that it came with. */
export class PassedOnError extends Error {
  readonly refused: RefusedError;
  readonly headers: HeaderFields;

  constructor(refused: RefusedError, headers: HeaderFields) {
    super(refused.message, { cause: refused });
    this.name = "PassedOnError";
    this.refused = refused;
    this.headers = headers;
  }
}

/** The client's headers that each request of a session repeats. */
const REPEATED = new Set(["authorization", "user-agent", "cookie", "x-registry-auth"]);

async function sendToSession(
  { state, request, signal }: Exchange,
  { method, address, headers, body, answerWithin, signal: ended }: SessionRequest,
  last: LastAnswer,
): Promise<Answer> {
  const own = Object.entries(requestHeaders(request.headers)).flatMap(([name, value]): [string, string][] =>
    REPEATED.has(name) ? [[name, String(value)]] : [],
  );
  const answer = await state.transport.send({
    method,
    url: new URL(address),
    headers: { ...Object.fromEntries(own), ...headers },
    // The registry chooses the session's address, but the client's login is for the registry alone.
    secretsOf: state.registry.origin,
    ...(body && { body }),
    ...(answerWithin !== undefined && { answerWithin }),
    signal: ended === undefined ? signal : AbortSignal.any([signal, ended]),
  });
  last.headers = Object.fromEntries(answer.headers);
  return answer;
}

/** Returns the position of the body's first byte: the client's own offset, else the session's position. */
async function startOf(exchange: Exchange, session: SessionOptions, upload: UploadRequest): Promise<UploadPosition> {
  if (upload.method === "POST") return begin(exchange, session, upload.address);
  const location = withoutDigest(upload.address);
  const range = parseChunkRange(exchange.request.headers["content-range"] ?? "");
  if (range !== null) return { location, offset: range.start };
  return askPosition(session, { location, offset: 0 });
}

/** Begins a session in place of a POST with a digest, which would take the whole body at once. */
async function begin({ state }: Exchange, session: SessionOptions, address: URL): Promise<UploadPosition> {
  const headers = { "content-length": "0" };
  const answer = await askSession(session, { method: "POST", address: withoutDigest(address), headers }, [202]);
  state.limits = chunkLimits(answer.headers);
  return { location: locationOf(answer), offset: 0 };
}

/** Removes the digest from an address. The rest of the query is the registry's own, and stays unchanged. */
function withoutDigest({ href }: URL): string {
  return href.replace(/([?&])digest=[^&]*(&|$)/, (_, before: string, after: string) => (after === "" ? "" : before));
}

/**
 * Bytes of memory that an upload reserves, and the least size of all its chunks but the last: the part size of most
 * storages.
 */
export const RESERVED = 5 * 1024 * 1024;

/** Sends the body as it comes, and finds out meanwhile where it begins. */
async function sendBody(
  exchange: Exchange,
  session: SessionOptions,
  start: Promise<UploadPosition>,
): Promise<UploadPosition> {
  const { state, body, signal } = exchange;
  start.catch(() => undefined);
  const size = { current: fittingChunk(state.chunkSize, state.limits), limits: state.limits };
  const most = Math.min(size.current, state.window);
  const bounds = { least: Math.min(Math.max(state.limits.min, RESERVED), most), most };
  const onPosition = (): void => {
    exchange.chunks += 1;
  };
  const sender = new ChunkSender({ session, start, size, ahead: state.limits.queue, onPosition });
  for await (const chunk of cutIntoChunks(counted(body, state.passed), state.pool, bounds, signal))
    await sender.send(chunk);
  const position = await sender.position;
  state.chunkSize = Math.min(state.chunkSize, size.current);
  return position;
}

function counted(body: AsyncIterator<Buffer>, passed: (bytes: number) => void): AsyncIterator<Buffer> {
  return {
    next: async () => {
      const next = await body.next();
      if (next.done !== true) passed(next.value.length);
      return next;
    },
  };
}

/** Answers the client as the registry answered the last chunk (end-5). */
function acknowledge(exchange: Exchange, { location, offset }: UploadPosition, { headers }: LastAnswer): void {
  answerWith(exchange, 202, {
    ...headers,
    location: locationForClient(exchange, location),
    range: `0-${Math.max(offset - 1, 0)}`,
    "content-length": "0",
  });
  exchange.response.end();
}

/** Returns the session's address for the client: only a path if it is on the registry's origin. */
function locationForClient({ state }: Exchange, location: string): string {
  return location.startsWith(`${state.registry.origin}/`) ? location.slice(state.registry.origin.length) : location;
}

/**
 * Bytes, more than most layers have. The proxy does not know the size of an upload that the client sent in chunks of
 * its own.
 */
const ASSUMED_SIZE = 1_000_000_000;

async function finish(
  exchange: Exchange,
  session: SessionOptions,
  { location, offset }: UploadPosition,
  digest: string,
): Promise<void> {
  const blob = blobPath(exchange.request.url ?? "", digest);
  const isThere = async (): Promise<boolean> => blob !== null && (await hasBlob(exchange, session, blob));
  const answer = await finishSession(session, { location, digest, size: offset || ASSUMED_SIZE, isThere }).catch(
    async (failure: unknown) => {
      // If the answer to the finish was lost, the session looks lost too: see if the blob is there.
      const isGone = failure instanceof RefusedError && failure.status === 404;
      if (!isGone || !(await isThere().catch(() => false))) throw failure;
      return null;
    },
  );
  if (answer !== null) await drain(answer);
  const headers = answer?.fields ?? { location: blob ?? "", "docker-content-digest": digest };
  answerWith(exchange, answer?.status ?? 201, { ...headers, "content-length": "0" });
  exchange.response.end();
}

async function hasBlob({ state }: Exchange, session: SessionOptions, path: string): Promise<boolean> {
  const request = { method: "HEAD", address: state.registry.origin + path, headers: LOOK } as const;
  return (await askSession(session, request, [200, 404])).status === 200;
}

/**
 * Returns the path of the blob that an upload at this address makes; null if the address does not tell the repository.
 */
function blobPath(address: string, digest: string): string | null {
  const [, blobs] = /^(\/v2\/[^?]+\/blobs\/)uploads\//.exec(address) ?? [];
  return blobs === undefined ? null : blobs + digest;
}
