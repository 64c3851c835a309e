import { setTimeout as sleep } from "node:timers/promises";
import { Readable } from "node:stream";
import { chunkLimits, DEFAULT_CHUNK } from "../client/chunk-size.ts";
import type { Connection } from "../client/connection.ts";
import { locationIn } from "../client/location.ts";
import { RefusedError } from "../client/problem.ts";
import { pushScope, repositoryPath } from "../client/repository.ts";
import { drain } from "../client/transport.ts";
import { CliError } from "../exit.ts";

/** The measured limit on a request's body. Bytes. */
export interface BodyLimit {
  /** The largest size that passed. */
  readonly passes: number;
  /** The smallest size that was refused; null: none was. */
  readonly refused: number | null;
  /** The registry's own limit (OCI-Chunk-Max-Length); null: none. */
  readonly advertised: number | null;
}

/**
 * The sizes to try: first a chunk that all Cloudflare plans let pass, then sizes above their limits of 100, 200 and 500
 * MB.
 */
const SIZES = [DEFAULT_CHUNK, 110_000_000, 220_000_000, 550_000_000, 1_000_000_000];

/** The precision of the limit, as a share of it. */
const PRECISION = 0.05;

/** Milliseconds within which a refusal comes: a proxy that refuses a request by its headers does so at once. */
const REFUSED_WITHIN = 1500;

/** Bytes of a body that are really sent. */
const SENT = 16 * 1024;

/** Breaks off a body after no refusal came, so that only a little of it is ever sent. */
class NoRefusal extends CliError {
  constructor() {
    super("failure", "no answer yet");
  }
}

/**
 * Finds the largest body that passes. For each size it begins an upload to throw away, announces the length and holds
 * the body back: a proxy with a limit refuses the announcement; without a limit, the other side waits for the rest,
 * which never comes.
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

/** Returns the next larger size until one is refused; after that, a size between the two bounds. */
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

/** Checks if a body of this size is let in, judged by its announcement. */
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

/** Cancels the upload. One that cannot be cancelled expires by itself. */
async function cancel(connection: Connection, address: string, scopes: readonly string[]): Promise<void> {
  try {
    await drain(await connection.ask({ method: "DELETE", address, scopes, expect: [202, 204, 404, 405] }));
  } catch (failure) {
    if (!(failure instanceof CliError) || failure.kind === "interrupted") throw failure;
  }
}
