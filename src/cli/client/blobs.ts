import { Readable } from "node:stream";
import type { Digest } from "../../oci/digest.ts";
import { CliError } from "../exit.ts";
import { makeBackoff } from "./backoff.ts";
import { type ChunkLimits, chunkLimits } from "./chunk-size.ts";
import { type Connection, NO_HEAD } from "./connection.ts";
import { verified } from "./digests.ts";
import { locationIn } from "./location.ts";
import { pullScope, pushScope, repositoryPath } from "./repository.ts";
import { type Answer, drain, mayPass, unreachable } from "./transport.ts";
import { plural } from "../output/words.ts";

/**
 * Returns a blob's size in bytes (end-2): 0 if the registry does not say, null if it lacks the blob. Asks for the first
 * byte instead if the registry, or a proxy before it, refuses HEAD.
 */
export async function headBlob(connection: Connection, name: string, digest: Digest): Promise<number | null> {
  const question = { address: repositoryPath({ name }, `blobs/${digest}`), scopes: [pullScope({ name })] };
  const answer = await connection.ask({ ...question, method: "HEAD", expect: [200, 404, ...NO_HEAD] });
  await drain(answer);
  if (answer.status === 404) return null;
  if (answer.status === 200) return Number(answer.headers.get("content-length") ?? 0);
  const read = await connection.ask({
    ...question,
    method: "GET",
    headers: { range: "bytes=0-0" },
    expect: [200, 206, 404, 416],
  });
  read.body.on("error", () => undefined).destroy();
  return sizeTold(read);
}

/**
 * Reads a blob's size from the answer to a range request (RFC 9110, 14.4); 0 if it does not say. Null if there is no
 * blob, or if its answer is encoded.
 */
function sizeTold({ status, headers }: Answer): number | null {
  if (status === 404 || headers.has("content-encoding")) return null;
  const [, whole] = /^bytes\s.*\/(\d+)$/.exec(headers.get("content-range") ?? "") ?? [];
  return Number(whole ?? (status === 200 ? headers.get("content-length") : undefined) ?? 0);
}

/**
 * The outcome of a mount: the blob is there, or an upload was begun instead, at this address and with these limits of
 * chunks.
 */
export type MountOutcome =
  | { readonly mounted: true }
  | { readonly mounted: false; readonly location: string | null; readonly limits: ChunkLimits };

/** Mounts a blob from another repository of the same registry (end-11), if the credential may read that one. */
export async function mountBlob(
  connection: Connection,
  name: string,
  digest: Digest,
  from: string,
): Promise<MountOutcome> {
  const query = new URLSearchParams({ mount: digest, from });
  const answer = await connection.ask({
    method: "POST",
    address: repositoryPath({ name }, `blobs/uploads/?${query.toString()}`),
    scopes: [pushScope({ name }), pullScope({ name: from })],
    headers: { "content-length": "0" },
    expect: [201, 202],
  });
  await drain(answer);
  if (answer.status === 201) return { mounted: true };
  return {
    mounted: false,
    location: locationIn(answer)?.href ?? null,
    limits: chunkLimits(answer.headers),
  };
}

interface ReadOptions {
  /** The first byte to read; default 0. */
  readonly offset?: number;
  /** The number of bytes to read; default: up to the end. */
  readonly length?: number;
}

/**
 * Reads a blob's bytes (end-2). Resumes where a connection broke. If the whole blob is read, its digest is checked, and
 * the stream fails if it differs. The stream fails with a `not-found` CliError if there is no blob.
 */
export function readBlob(
  connection: Connection,
  name: string,
  { digest, size }: { readonly digest: Digest; readonly size: number },
  { offset = 0, length = size - offset }: ReadOptions = {},
): Readable {
  const bytes = pieces(connection, name, digest, { from: offset, to: offset + length, size });
  return Readable.from(offset === 0 && length === size ? verified(bytes, digest) : bytes, { objectMode: false });
}

/** The blob's size differs from its descriptor's. */
export class WrongSizeError extends CliError {
  /** Bytes. */
  readonly actual: number;

  constructor(digest: Digest, size: number, actual: number) {
    super("invalid", `the content of ${digest} has ${plural(actual, "byte")}, but its descriptor says ${size}`);
    this.name = "WrongSizeError";
    this.actual = actual;
  }
}

interface Span {
  /** The first byte; `to` is the one after the last. */
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

async function* pieces(
  connection: Connection,
  name: string,
  digest: Digest,
  { from, to, size }: Span,
): AsyncGenerator<Uint8Array> {
  const backoff = makeBackoff(connection.backoff);
  let at = from;
  while (at < to) {
    try {
      const answer = await askBytes(connection, name, digest, { from: at, to, size });
      const told = sizeTold(answer);
      if (told !== null && told > 0 && told !== size) throw new WrongSizeError(digest, size, told);
      // A registry without support for ranges sends everything.
      let surplus = answer.status === 200 ? at : 0;
      for await (const piece of answer.body) {
        const bytes = Buffer.from(piece)
          .subarray(surplus)
          .subarray(0, to - at);
        surplus = Math.max(0, surplus - Buffer.byteLength(piece));
        at += bytes.length;
        backoff.reset();
        if (bytes.length > 0) yield bytes;
        if (at === to) return;
      }
      throw new CliError("invalid", `the content of ${digest} ends after ${plural(at, "byte")}`);
    } catch (cause) {
      const failure = cause instanceof CliError ? cause : unreachable(new URL(connection.registry.origin), cause);
      if (!mayPass(failure)) throw failure;
      await backoff.pause(failure, null);
    }
  }
}

function askBytes(connection: Connection, name: string, digest: Digest, { from, to, size }: Span): Promise<Answer> {
  const isWhole = from === 0 && to === size;
  return connection.ask({
    method: "GET",
    address: repositoryPath({ name }, `blobs/${digest}`),
    scopes: [pullScope({ name })],
    headers: isWhole ? {} : { range: `bytes=${from}-${to - 1}` },
    expect: isWhole ? [200] : [200, 206],
  });
}
