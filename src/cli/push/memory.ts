import { join } from "node:path";
import * as z from "zod";
import { descriptorSchema } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import type { RemoteRepository } from "../client/reference.ts";
import type { UploadMemory } from "../client/upload.ts";
import type { Environment } from "../context.ts";
import { cacheDirectory } from "../settings.ts";
import { openShelf, type Shelf } from "./shelf.ts";

const HOUR = 3_600_000;

const keptPosition = z.object({
  location: z.url(),
  offset: z.int().nonnegative(),
  /** The id of the process that is uploading; null: none any more. */
  owner: z.int().nullable(),
});

type KeptPosition = z.infer<typeof keptPosition>;

/** The state that earlier pushes from this machine left. */
export interface PushMemory {
  /** Returns the memory of a blob's upload. */
  readonly upload: (repository: RemoteRepository, digest: Digest) => BlobMemory;
  /** Finds another repository of the registry that once had the blob. */
  readonly home: (repository: RemoteRepository, digest: Digest) => Promise<string | null>;
  /** Finds the layer that this machine compressed before. */
  readonly compressed: (uncompressed: Digest) => Promise<CompressedLayer | null>;
  readonly noteCompressed: (uncompressed: Digest, layer: CompressedLayer) => Promise<void>;
  /** Notes that the repository has the blob. */
  readonly noteHome: (repository: RemoteRepository, digest: Digest) => Promise<void>;
}

const compressedLayer = descriptorSchema.pick({ mediaType: true, digest: true, size: true });

type CompressedLayer = z.infer<typeof compressedLayer>;

interface BlobMemory extends UploadMemory {
  /** Lets another process continue the upload, since this one is done with it for now. */
  readonly release: () => Promise<void>;
}

/** Opens the memory in the cache directory and drops old entries: uploads after a day, as registries do. */
export async function openMemory(env: Environment): Promise<PushMemory> {
  const directory = cacheDirectory(env);
  const uploads = await openShelf(join(directory, "uploads"), { schema: keptPosition, keptFor: 24 * HOUR });
  const homes = await openShelf(join(directory, "blobs"), {
    schema: z.object({ name: z.string() }),
    keptFor: 720 * HOUR,
  });
  const layers = await openShelf(join(directory, "layers"), { schema: compressedLayer, keptFor: 720 * HOUR });
  return {
    compressed: (uncompressed) => layers.read(uncompressed),
    noteCompressed: (uncompressed, { mediaType, digest, size }) =>
      layers.write(uncompressed, { mediaType, digest, size }),
    upload: (repository, digest) => uploadMemory(uploads, keyOf(repository, digest, repository.name)),
    home: async (repository, digest) => {
      const home = await homes.read(keyOf(repository, digest));
      return home === null || home.name === repository.name ? null : home.name;
    },
    noteHome: (repository, digest) => homes.write(keyOf(repository, digest), { name: repository.name }),
  };
}

function keyOf({ registry }: RemoteRepository, digest: Digest, ...more: readonly string[]): string {
  return [registry.origin, digest, ...more].join(" ");
}

/**
 * Remembers a blob's upload. If another process is already uploading the same blob, this one begins its own upload and
 * remembers nothing.
 */
function uploadMemory(shelf: Shelf<KeptPosition>, key: string): BlobMemory {
  let isElsewhere = false;
  return {
    recall: async () => {
      const kept = await shelf.read(key);
      isElsewhere = kept !== null && kept.owner !== null && kept.owner !== process.pid && isRunning(kept.owner);
      return isElsewhere ? null : kept;
    },
    remember: async (position) => {
      if (isElsewhere) return;
      if (position === null) await shelf.remove(key);
      else await shelf.write(key, { ...position, owner: process.pid });
    },
    release: async () => {
      const kept = isElsewhere ? null : await shelf.read(key);
      if (kept !== null) await shelf.write(key, { ...kept, owner: null });
    },
  };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM means that the process exists and belongs to another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
