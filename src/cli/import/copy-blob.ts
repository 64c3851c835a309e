import { Readable } from "node:stream";
import type { Digest } from "../../oci/digest.ts";
import { headBlob, mountBlob, readBlob, WrongSizeError } from "../client/blobs.ts";
import { RefusedError } from "../client/problem.ts";
import { wrongDescriptor } from "../client/wrong-descriptor.ts";
import type { RemoteRepository } from "../client/reference.ts";
import { pushBlob, type UploadOptions } from "../client/upload.ts";
import { CliError } from "../exit.ts";
import { shortDigest } from "../../contract/format.ts";
import type { Progress } from "../output/progress.ts";
import type { Import, Side } from "./import.ts";

interface Blob {
  readonly digest: Digest;
  readonly size: number;
}

const SOURCE_DAMAGED = "The source is damaged: push the image there again, or import it from another registry.";

type Bar = ReturnType<Progress["bar"]>;

type Outcome = "already there" | "to be copied" | "mounted" | "copied";

/** Makes sure that the destination has a blob: finds it there, mounts it, or streams its bytes over. */
export async function copyBlob(run: Import, blob: Blob, progress: Progress): Promise<void> {
  const { destination, memory } = run;
  const there = await headBlob(destination.connection, destination.name, blob.digest);
  // Some registries do not tell a size. If they do and it differs, the descriptor is wrong, since a digest has only one
  // content.
  if (there !== null && there > 0 && there !== blob.size) {
    throw wrongDescriptor(run.source.name, { ...blob, actual: there });
  }
  const isThere = there !== null;
  const bar = progress.bar(shortDigest(blob.digest), blob.size);
  const outcome = isThere ? skip(run, blob) : await bring(run, blob, bar);
  if (outcome !== "to be copied") await memory.noteHome(repositoryOf(destination), blob.digest);
  bar.end(outcome);
}

function skip({ tally }: Import, { size }: Blob): Outcome {
  tally.skipped.blobs += 1;
  tally.skipped.bytes += size;
  return "already there";
}

async function bring(run: Import, blob: Blob, bar: Bar): Promise<Outcome> {
  const { options, tally } = run;
  if (options.dryRun) {
    tally.copied.blobs += 1;
    tally.copied.bytes += blob.size;
    return "to be copied";
  }
  const mount = await tryMounts(run, blob.digest);
  if (mount === "mounted") {
    tally.skipped.mounted += 1;
    return mount;
  }
  const came = await stream(run, blob, { ...mount, onProgress: (bytes) => bar.update(bytes) });
  tally.copied.blobs += 1;
  tally.copied.bytes += came;
  tally.skipped.bytes += blob.size - came;
  return "copied";
}

type BegunUpload = Pick<UploadOptions, "location" | "limits">;

/**
 * Tries to mount the blob within one registry: from the source, or from a repository where it was brought before. If no
 * mount succeeds, returns the upload that was begun instead, if any.
 */
async function tryMounts({ source, destination, memory }: Import, digest: Digest): Promise<"mounted" | BegunUpload> {
  const { connection, name } = destination;
  const isSame = source.connection.registry.origin === connection.registry.origin;
  const known = await memory.home(repositoryOf(destination), digest);
  const homes = new Set([...(isSame ? [source.name] : []), ...(known === null ? [] : [known])]);
  homes.delete(name);
  let begun: BegunUpload = {};
  for (const home of homes) {
    try {
      const tried = await mountBlob(connection, name, digest, home);
      if (tried.mounted) return "mounted";
      begun = { location: tried.location, limits: tried.limits };
    } catch (failure) {
      // The repository may be gone or unreadable for us; then the bytes are copied.
      if (!(failure instanceof RefusedError)) throw failure;
    }
  }
  return begun;
}

/**
 * Streams a blob's bytes. Returns the number that had to come: fewer than its size if an earlier run got part of the
 * way.
 */
async function stream(
  run: Import,
  blob: Blob,
  options: BegunUpload & Pick<UploadOptions, "onProgress">,
): Promise<number> {
  const { source, destination } = run;
  const memory = run.memory.upload(repositoryOf(destination), blob.digest);
  let start: number | null = null;
  const open = (offset: number, length: number): Readable => {
    start ??= offset;
    return Readable.from(read(source, blob, offset, length), { objectMode: false });
  };
  try {
    const { chunkSize } = run.options;
    await pushBlob(destination.connection, destination.name, { ...blob, open }, { ...options, chunkSize, memory });
  } catch (failure) {
    if (failure instanceof WrongSizeError) {
      await memory.remember(null);
      throw wrongDescriptor(source.name, { ...blob, actual: failure.actual });
    }
    if (!isWrongContent(failure)) throw failure;
    // The bytes sent are useless, so no later run should continue this upload.
    await memory.remember(null);
    throw otherContent(run, blob.digest, failure);
  } finally {
    await memory.release();
  }
  return blob.size - (start ?? blob.size);
}

function repositoryOf({ connection, name }: Side): RemoteRepository {
  return { registry: connection.registry, name };
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

/** True if the content does not match the digest, as found here or by the destination. */
function isWrongContent(failure: unknown): boolean {
  if (failure instanceof RefusedError) return failure.code === "DIGEST_INVALID";
  return failure instanceof CliError && failure.kind === "invalid";
}

function otherContent({ source }: Import, digest: Digest, cause: unknown): CliError {
  const { host } = source.connection.registry;
  return new CliError(
    "invalid",
    `${host} sends content for the blob ${digest} of ${source.name} that does not match the digest`,
    {
      hint: SOURCE_DAMAGED,
      cause,
    },
  );
}
