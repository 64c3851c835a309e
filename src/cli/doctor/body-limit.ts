import { setTimeout as sleep } from "node:timers/promises";
import { Readable } from "node:stream";
import { chunkLimits, DEFAULT_CHUNK } from "../client/chunk-size.ts";
import type { Connection } from "../client/connection.ts";
import { locationIn } from "../client/location.ts";
import { RefusedError } from "../client/problem.ts";
import { pushScope, repositoryPath } from "../client/repository.ts";
import { drain } from "../client/transport.ts";
import { CliError } from "../exit.ts";

/** What was found out of how large a request's body may be. Bytes. */
export interface BodyLimit {
  /** The largest that was let pass. */
  readonly passes: number;
  /** The smallest that was refused; null: none was. */
  readonly refused: number | null;
  /** The registry's own word (OCI-Chunk-Max-Length); null: none. */
  readonly advertised: number | null;
}

/** First the chunk that all of Cloudflare's plans let pass; then past their limits, which are 100, 200 and 500 MB. */
const SIZES = [DEFAULT_CHUNK, 110_000_000, 220_000_000, 550_000_000, 1_000_000_000];

/** How closely the limit is looked for, once one is found: as a share of it. */
const PRECISION = 0.05;

/** Milliseconds that a refusal may take: what has to say something of the headers says it at once. */
const REFUSED_WITHIN = 1500;

/** The part of a body that is really sent. */
const SENT = 16 * 1024;

/** That no refusal came: the body is broken off with it, so that no more than a little is ever sent. */
class NoRefusal extends CliError {
  constructor() {
    super("failure", "no answer yet");
  }
}

/**
 * Finds how large a body may be: a throw-away upload for each size, whose length is announced and whose body is held
 * back. What limits bodies refuses the announcement; what does not waits for the rest, which never comes.
 */
export async function probeBodyLimit(connection: Connection, name: string): Promise<BodyLimit> {
  let passes = 0;
  let refused: number | null = null;
  let advertised: number | null = null;
  for (let size: number | null = SIZES[0] ?? null; size !== null; size = nextSize(passes, refused)) {
    const probe = await probeSize(connection, name, size);
    advertised = probe.advertised;
    if (probe.passed) passes = size;
    else refused = size;
  }
  return { passes, refused, advertised };
}

/** The next larger, until one is refused; then between the two. */
function nextSize(passes: number, refused: number | null): number | null {
  if (refused === null) return SIZES.find((size) => size > passes) ?? null;
  return refused - passes <= refused * PRECISION || refused < SENT * 2 ? null : Math.floor((passes + refused) / 2);
}

interface Probe {
  readonly passed: boolean;
  readonly advertised: number | null;
}

async function probeSize(connection: Connection, name: string, size: number): Promise<Probe> {
  const scopes = [pushScope({ name })];
  const begun = await connection.ask({
    method: "POST",
    address: repositoryPath({ name }, "blobs/uploads/"),
    scopes,
    headers: { "content-length": "0" },
    expect: [202],
  });
  await drain(begun);
  const address = locationIn(begun)?.href;
  if (address === undefined) throw new CliError("failure", `${connection.registry.host} did not start the upload`);
  const { max } = chunkLimits(begun.headers);
  try {
    return { passed: await announce(connection, address, scopes, size), advertised: Number.isFinite(max) ? max : null };
  } finally {
    await cancel(connection, address, scopes);
  }
}

/** Checks if a body of this size is let in, as far as its announcement goes. */
async function announce(
  connection: Connection,
  address: string,
  scopes: readonly string[],
  size: number,
): Promise<boolean> {
  try {
    await drain(
      await connection.ask({
        method: "PATCH",
        address,
        scopes,
        headers: { "content-type": "application/octet-stream", "content-range": `0-${size - 1}` },
        body: { length: size, open: () => Readable.from(heldBack(), { objectMode: false }) },
        retry: false,
        expect: [200, 201, 202, 204],
      }),
    );
    return true;
  } catch (failure) {
    if (failure instanceof NoRefusal) return true;
    if (failure instanceof RefusedError && failure.status === 413) return false;
    throw failure;
  }
}

async function* heldBack(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(SENT);
  await sleep(REFUSED_WITHIN);
  throw new NoRefusal();
}

/** What cannot be cancelled expires by itself. */
async function cancel(connection: Connection, address: string, scopes: readonly string[]): Promise<void> {
  try {
    await drain(await connection.ask({ method: "DELETE", address, scopes, expect: [202, 204, 404, 405] }));
  } catch (failure) {
    if (!(failure instanceof CliError) || failure.kind === "interrupted") throw failure;
  }
}
