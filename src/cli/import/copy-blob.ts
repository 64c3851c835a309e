import { Readable } from "node:stream";
import type { Digest } from "../../oci/digest.ts";
import { headBlob, mountBlob, readBlob } from "../client/blobs.ts";
import { RefusedError } from "../client/problem.ts";
import { pushBlob } from "../client/upload.ts";
import { CliError } from "../exit.ts";
import type { Progress } from "../output/progress.ts";
import type { Import, Side } from "./import.ts";

interface Blob {
  readonly digest: Digest;
  readonly size: number;
}

const SOURCE_DAMAGED = "The source is damaged: push that image there again, or import from elsewhere.";

type Bar = ReturnType<Progress["bar"]>;

/** Sees to it that the destination has a blob: it is there, or is mounted, or its bytes stream over. */
export async function copyBlob(run: Import, blob: Blob, progress: Progress): Promise<void> {
  const { destination, options, tally } = run;
  const isThere = (await headBlob(destination.connection, destination.name, blob.digest)) !== null;
  const bar = progress.bar(shortDigest(blob.digest), blob.size);
  if (isThere) {
    tally.skipped.blobs += 1;
    tally.skipped.bytes += blob.size;
    return bar.end("already there");
  }
  if (options.dryRun) {
    tally.copied.blobs += 1;
    tally.copied.bytes += blob.size;
    return bar.end("to be copied");
  }
  const mount = await tryMount(run, blob.digest);
  if (mount.mounted) {
    tally.skipped.mounted += 1;
    return bar.end("mounted");
  }
  const sent = await stream(run, blob, mount.location, bar);
  tally.copied.blobs += 1;
  tally.copied.bytes += sent;
  tally.skipped.bytes += blob.size - sent;
  bar.end("copied");
}

type Mount = { readonly mounted: true } | { readonly mounted: false; readonly location: string | null };

const NO_MOUNT: Mount = { mounted: false, location: null };

/** Within one registry a blob need not move. */
async function tryMount({ source, destination }: Import, digest: Digest): Promise<Mount> {
  const isSame = source.connection.registry.origin === destination.connection.registry.origin;
  if (!isSame || source.name === destination.name) return NO_MOUNT;
  try {
    return await mountBlob(destination.connection, destination.name, digest, source.name);
  } catch (failure) {
    // Whoever may not have it mounted may still read it here and write it there.
    if (failure instanceof RefusedError && failure.kind === "denied") return NO_MOUNT;
    throw failure;
  }
}

/** Returns how many bytes had to come: fewer than there are where an earlier run got part of the way. */
async function stream(run: Import, blob: Blob, location: string | null, bar: Bar): Promise<number> {
  const { source, destination, options, uploads } = run;
  const { connection, name } = destination;
  const memory = uploads.memory(connection.registry, name, blob.digest);
  let start: number | null = null;
  const open = (offset: number, length: number): Readable => {
    start ??= offset;
    return Readable.from(read(source, blob, offset, length), { objectMode: false });
  };
  try {
    const { chunkSize } = options;
    const onProgress = (bytes: number): void => bar.update(bytes);
    await pushBlob(connection, name, { ...blob, open }, { chunkSize, location, memory, onProgress });
  } catch (failure) {
    if (!isOther(failure)) throw failure;
    // What was sent is good for nothing, and no later run should go on with it.
    await memory.remember(null);
    throw otherContent(run, blob.digest, failure);
  }
  return blob.size - (start ?? blob.size);
}

async function* read({ connection, name }: Side, blob: Blob, offset: number, length: number): AsyncGenerator<Buffer> {
  try {
    yield* readBlob(connection, name, blob, { offset, length });
  } catch (failure) {
    if (!(failure instanceof CliError) || failure.kind !== "not-found") throw failure;
    const missing = `${connection.registry.host} has no blob ${blob.digest}, which a manifest of ${name} refers to`;
    throw new CliError("not-found", missing, { hint: SOURCE_DAMAGED, cause: failure });
  }
}

/** Whether the content turned out to be another than the digest's: noticed here, or by the destination. */
function isOther(failure: unknown): boolean {
  if (failure instanceof RefusedError) return failure.code === "DIGEST_INVALID";
  return failure instanceof CliError && failure.kind === "invalid";
}

function otherContent({ source }: Import, digest: Digest, cause: unknown): CliError {
  const { host } = source.connection.registry;
  return new CliError("invalid", `${host} gives the blob ${digest} of ${source.name} other content than its digest's`, {
    hint: SOURCE_DAMAGED,
    cause,
  });
}

/** As much of a digest as a person can compare. */
function shortDigest(digest: Digest): string {
  const [algorithm = "", hex = ""] = digest.split(":");
  return `${algorithm}:${hex.slice(0, 12)}`;
}
