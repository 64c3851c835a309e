import { Readable } from "node:stream";
import { parseChunkRange } from "../../oci/range.ts";
import { asBytes } from "../bytes.ts";
import { CliError } from "../exit.ts";
import { type BackoffOptions, makeBackoff, mayChange } from "./backoff.ts";
import { type ChunkLimits, smallerChunk } from "./chunk-size.ts";
import { locationIn } from "./location.ts";
import { refusedAnswer, RefusedError } from "./problem.ts";
import { type Answer, type Body, drain, type Headers, mayPass } from "./transport.ts";
import { plural } from "../output/words.ts";

/** An upload session's address and progress: all that is needed to continue it, even in another process. */
export interface UploadPosition {
  /** The session's full address; the registry may change it with each answer. */
  readonly location: string;
  /** Bytes that the registry has acknowledged. */
  readonly offset: number;
}

/**
 * Bytes from the session's position to `end`. Until they are acknowledged, they can be read again from any offset in
 * between.
 */
interface Chunk {
  readonly end: number;
  /**
   * The furthest position that the session may have reached if the chunk after this one is also on its way; default
   * `end`.
   */
  readonly furthest?: number;
  readonly body: (offset: number) => Body;
}

export interface SessionRequest {
  readonly method: "POST" | "PATCH" | "GET" | "HEAD" | "PUT";
  readonly address: string;
  readonly headers?: Headers;
  readonly body?: Body;
  /** Milliseconds of silence after which the connection counts as dead. */
  readonly answerWithin?: number;
  /** Ends this request alone. */
  readonly signal?: AbortSignal;
}

/** Sends a session's requests, with the authorization they need. Throws a CliError if no answer came. */
type SendToSession = (request: SessionRequest) => Promise<Answer>;

export interface SessionOptions extends BackoffOptions {
  readonly send: SendToSession;
  /** Milliseconds that a first try may be without an answer. */
  readonly answerWithin: number;
}

const ACCEPTED = new Set([201, 202, 204]);

/**
 * Bytes. A registry that refuses a chunk at the right offset is still waiting for an earlier chunk, and has not noticed
 * that its connection is dead. Until it gives up, tries are limited to this many bytes.
 */
const PROBE = 64 * 1024;

/**
 * Sends a chunk (end-5) through failures: after each, asks the registry for its position and sends the rest from there.
 * Throws the registry's answer if it cannot go on.
 */
async function sendChunk(session: SessionOptions, start: UploadPosition, chunk: Chunk): Promise<UploadPosition> {
  const backoff = makeBackoff(session);
  let position = start;
  let isHeld = false;
  while (position.offset < chunk.end) {
    const end = isHeld ? Math.min(chunk.end, position.offset + PROBE) : chunk.end;
    const answerWithin = backoff.answerWithin(session.answerWithin);
    const tried = await tryChunk({ ...session, answerWithin }, position, { ...chunk, end });
    if (tried.failure !== null) await backoff.pause(tried.failure, tried.retryAfter);
    const next = tried.position ?? (await askPosition(session, position));
    if (next.offset < start.offset || next.offset > (chunk.furthest ?? chunk.end)) throw lost(start, next);
    if (next.offset > position.offset) backoff.reset();
    isHeld = next.offset === position.offset && tried.failure instanceof RefusedError && tried.failure.status === 416;
    position = next;
  }
  return position;
}

/** The current size of chunks. It shrinks when the registry or a proxy refuses it. */
export interface ChunkSize {
  current: number;
  readonly limits: ChunkLimits;
}

/** Sends everything up to the end of `bytes`, in chunks of at most the current size. */
export async function sendInChunks(
  session: SessionOptions,
  start: UploadPosition,
  bytes: { readonly end: number; readonly furthest?: number; readonly body: (from: number, to: number) => Body },
  size: ChunkSize,
  onPosition: (position: UploadPosition) => Promise<void> | void = () => undefined,
): Promise<UploadPosition> {
  let position = start;
  while (position.offset < bytes.end) {
    const end = Math.min(position.offset + size.current, bytes.end);
    const furthest = bytes.furthest ?? end;
    try {
      position = await sendChunk(session, position, { end, furthest, body: (offset) => bytes.body(offset, end) });
      await onPosition(position);
    } catch (failure) {
      size.current = smallerChunk(failure, end - position.offset, size.limits);
    }
  }
  return position;
}

interface Tried {
  /** The session's position; null: it has to be asked for. */
  readonly position: UploadPosition | null;
  /** The failure; null: all went well. */
  readonly failure: unknown;
  /** Milliseconds that the registry asked to wait; null if it did not. */
  readonly retryAfter: number | null;
}

/** Sends a chunk once. Throws a failure that will not pass. */
export async function tryChunk(
  { send, answerWithin }: SessionOptions,
  position: UploadPosition,
  { end, furthest, body }: Chunk,
): Promise<Tried> {
  const headers = {
    "content-type": "application/octet-stream",
    "content-range": `${position.offset}-${end - 1}`,
  };
  let answer: Answer;
  try {
    const sent = firstOf(body(position.offset), end - position.offset);
    answer = await send({ method: "PATCH", address: position.location, headers, body: sent, answerWithin });
  } catch (failure) {
    if (!mayPass(failure)) throw failure;
    return { position: null, failure, retryAfter: null };
  }
  if (ACCEPTED.has(answer.status)) {
    await drain(answer);
    // If the registry states too low a position, sending the same bytes again would only be refused.
    const offset = heldBytes(answer);
    const isPlausible = offset !== null && offset > position.offset && offset <= end;
    return {
      position: { location: locationOf(answer), offset: isPlausible ? offset : end },
      failure: null,
      retryAfter: null,
    };
  }
  const failure = await refusedAnswer(answer);
  if (answer.status === 416)
    return { position: refusedPosition(answer, position, furthest ?? end), failure, retryAfter: null };
  if (!mayGoOn(failure)) throw failure;
  return { position: null, failure, retryAfter: failure.asked };
}

/** Returns the first bytes of a body; all of it if it has no more. */
function firstOf(body: Body, length: number): Body {
  if (body.length !== null && body.length <= length) return body;
  const open = (): Readable | Uint8Array => {
    const whole = body.open();
    if (whole instanceof Uint8Array) return whole.subarray(0, length);
    return Readable.from(take(whole, length), { objectMode: false });
  };
  return { length, open };
}

async function* take(bytes: Readable, length: number): AsyncGenerator<Uint8Array> {
  let left = length;
  for await (const piece of bytes) {
    const taken = asBytes(piece).subarray(0, left);
    left -= taken.length;
    yield taken;
    if (left === 0) return;
  }
}

/**
 * Reads the session's position from a 416. `0-0` may mean no bytes or one byte: it means the one at which the try has
 * not just failed.
 */
function refusedPosition(answer: Answer, position: UploadPosition, furthest: number): UploadPosition | null {
  const offset = heldBytes(answer);
  if (offset === null || offset > furthest || (offset === position.offset && offset > 1)) return null;
  return { location: position.location, offset: offset === 1 && position.offset === 1 ? 0 : offset };
}

/** True if the upload can continue. Spacedock keeps the bytes of a chunk that broke off, and answers it with a 400. */
function mayGoOn({ status, code }: RefusedError): boolean {
  return mayChange(status) || (status === 400 && code === "BLOB_UPLOAD_INVALID");
}

/**
 * Asks a session for its position (end-13). `0-0` is read as no bytes; if it was one byte, the answer to the next chunk
 * says so.
 */
export async function askPosition(
  session: SessionOptions,
  { location, offset }: UploadPosition,
): Promise<UploadPosition> {
  const answer = await askSession(session, { method: "GET", address: location }, [200, 204]);
  const held = heldBytes(answer) ?? 0;
  return { location: locationOf(answer, location), offset: held === 1 && offset !== 1 ? 0 : held };
}

/** Sends a request without a body for as long as it may help. Throws an answer that will not change. */
export async function askSession(
  session: SessionOptions,
  request: Omit<SessionRequest, "body" | "answerWithin">,
  expect: readonly number[],
): Promise<Answer> {
  const backoff = makeBackoff(session);
  for (;;) {
    try {
      const answer = await session.send({ ...request, answerWithin: backoff.answerWithin(session.answerWithin) });
      if (expect.includes(answer.status)) {
        await drain(answer);
        return answer;
      }
      const refused = await refusedAnswer(answer);
      if (!mayChange(refused.status)) throw refused;
      await backoff.pause(refused, refused.asked);
    } catch (failure) {
      if (!mayPass(failure)) throw failure;
      await backoff.pause(failure, null);
    }
  }
}

/** Reads the number of bytes that the session holds from the Range header; null if it does not say. */
function heldBytes({ headers }: Answer): number | null {
  const range = parseChunkRange((headers.get("range") ?? "").replace(/^bytes=/, ""));
  return range === null ? null : range.end + 1;
}

/** Returns the session's address from an answer. */
export function locationOf(answer: Answer, otherwise: string = answer.url.href): string {
  return locationIn(answer)?.href ?? otherwise;
}

function lost(start: UploadPosition, now: UploadPosition): CliError {
  return new CliError(
    "failure",
    `the registry lost part of an upload: it held ${plural(start.offset, "byte")}, now ${now.offset}`,
  );
}
