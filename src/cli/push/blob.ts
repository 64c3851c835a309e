import type { Digest } from "../../oci/digest.ts";
import { headBlob, mountBlob } from "../client/blobs.ts";
import type { Connection } from "../client/connection.ts";
import { RefusedError } from "../client/problem.ts";
import type { RemoteRepository } from "../client/reference.ts";
import type { BlobSource } from "../client/blob-source.ts";
import { pushBlob, type UploadOptions } from "../client/upload.ts";
import { CliError } from "../exit.ts";
import type { Source } from "../sources/source.ts";
import type { PushMemory } from "./memory.ts";
import type { PlannedBlob } from "./plan.ts";
import { verifiedBlob } from "./verified-blob.ts";

/**
 * The outcome for a blob: it was sent, was already in the repository, or was mounted from another repository of the
 * registry.
 */
export type Outcome = "pushed" | "exists" | "mounted";

/** The destination of blobs, and the options for sending them. */
export interface BlobTarget {
  readonly connection: Connection;
  readonly repository: RemoteRepository;
  readonly memory: PushMemory;
  /** Repositories of the registry to mount from, as the user named them. */
  readonly mountFrom: readonly string[];
  /** Bytes. */
  readonly chunkSize: number;
}

/** Brings a blob into the repository in the cheapest way. */
export async function bringBlob(
  target: BlobTarget,
  source: Source,
  blob: PlannedBlob,
  onProgress: (bytes: number) => void,
): Promise<Outcome> {
  const { repository, memory } = target;
  const outcome = await bring(target, source, blob, onProgress);
  await memory.noteHome(repository, blob.digest);
  return outcome;
}

async function bring(
  target: BlobTarget,
  source: Source,
  blob: PlannedBlob,
  onProgress: (bytes: number) => void,
): Promise<Outcome> {
  if (await isThere(target, blob)) return "exists";
  const mount = await tryMounts(target, blob.digest);
  if (mount === "mounted") return "mounted";
  const content = await source.blob(blob);
  if (content === null) {
    throw new CliError(
      "invalid",
      `${source.name} lacks the content of ${blob.digest}, and the registry does not have it either`,
    );
  }
  await upload(target, verifiedBlob(content, source.name), { ...mount, onProgress });
  return "pushed";
}

/** True if the repository has the blob. A credential that may push but not read cannot know. */
async function isThere({ connection, repository }: BlobTarget, { digest, size }: PlannedBlob): Promise<boolean> {
  try {
    return (await headBlob(connection, repository.name, digest)) === size;
  } catch (failure) {
    if (failure instanceof RefusedError && failure.kind === "denied") return false;
    throw failure;
  }
}

type BegunUpload = Pick<UploadOptions, "location" | "limits">;

/** Tries to mount the blob. If no mount succeeds, returns the upload that the last one began instead, if any. */
async function tryMounts(target: BlobTarget, digest: Digest): Promise<"mounted" | BegunUpload> {
  const { connection, repository, memory, mountFrom } = target;
  const known = await memory.home(repository, digest);
  let begun: BegunUpload = {};
  for (const from of new Set([...mountFrom, ...(known === null ? [] : [known])])) {
    try {
      const tried = await mountBlob(connection, repository.name, digest, from);
      if (tried.mounted) return "mounted";
      begun = { location: tried.location, limits: tried.limits };
    } catch (failure) {
      // The repository may be gone or unreadable for us; an upload still works.
      if (!(failure instanceof RefusedError)) throw failure;
    }
  }
  return begun;
}

async function upload(
  { connection, repository, memory, chunkSize }: BlobTarget,
  content: BlobSource,
  options: BegunUpload & Pick<UploadOptions, "onProgress">,
): Promise<void> {
  const kept = memory.upload(repository, content.digest);
  try {
    await pushBlob(connection, repository.name, content, { ...options, chunkSize, memory: kept });
  } catch (failure) {
    if (isSpoiled(failure)) await kept.remember(null);
    throw failure;
  } finally {
    await kept.release();
  }
}

/** True if the bytes sent are not the blob's, so a later run must not continue the upload. */
function isSpoiled(failure: unknown): boolean {
  const isRefused = failure instanceof RefusedError && failure.code === "DIGEST_INVALID";
  return isRefused || (failure instanceof CliError && failure.kind === "invalid");
}
