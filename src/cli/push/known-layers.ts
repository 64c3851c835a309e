import { text } from "node:stream/consumers";
import * as z from "zod";
import type { Descriptor } from "../../oci/descriptor.ts";
import { type Digest, parseDigest } from "../../oci/digest.ts";
import { headBlob, readBlob } from "../client/blobs.ts";
import type { Connection } from "../client/connection.ts";
import { getContent } from "../client/content.ts";
import { parseRemoteReference, type RemoteReference } from "../client/reference.ts";
import { CliError } from "../exit.ts";
import type { KnownImage, KnownLayers } from "../sources/compress.ts";
import { openMemory } from "./memory.ts";
import type { Environment } from "../context.ts";

/** Limits a configuration, since its JSON is read whole. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/** The digests of the uncompressed layers in a configuration. */
const configSchema = z.looseObject({ rootfs: z.looseObject({ diff_ids: z.array(z.string()) }) });

interface Found {
  readonly images: ReadonlyMap<Digest, KnownImage>;
  readonly layers: ReadonlyMap<Digest, Descriptor>;
}

interface KnownOptions {
  readonly env: Environment;
  /** The names by which the engine knows the image in registries, as `host/name@sha256:…`. */
  readonly repoDigests: readonly string[];
}

/**
 * Finds compressed layers of an image that the destination already has. It looks at the manifests under the tag to be
 * set and under the digests that docker keeps of its own pushes, and at layers that this machine compressed before.
 */
export function knownLayers(
  connection: Connection,
  destination: RemoteReference,
  { env, repoDigests }: KnownOptions,
): KnownLayers {
  let looking: Promise<Found> | null = null;
  const found = (): Promise<Found> => (looking ??= findLayers(connection, destination, repoDigests));
  const isThere = async ({ digest, size }: Pick<Descriptor, "digest" | "size">): Promise<boolean> =>
    (await quietly(() => headBlob(connection, destination.name, digest))) === size;
  return {
    image: async (config) => (await found()).images.get(config) ?? null,
    layer: async (uncompressed) => {
      const told = (await found()).layers.get(uncompressed);
      if (told !== undefined && (await isThere(told))) return told;
      const kept = await (await openMemory(env)).compressed(uncompressed);
      return kept !== null && (await isThere(kept)) ? kept : null;
    },
    noteLayer: async (uncompressed, compressed) => (await openMemory(env)).noteCompressed(uncompressed, compressed),
  };
}

async function findLayers(
  connection: Connection,
  destination: RemoteReference,
  repoDigests: readonly string[],
): Promise<Found> {
  const images = new Map<Digest, KnownImage>();
  const layers = new Map<Digest, Descriptor>();
  for (const reference of [...pushedBefore(destination, repoDigests), destination.tag ?? "latest"]) {
    const image = await quietly(() => readImage(connection, destination.name, reference));
    if (image === null) continue;
    if (!images.has(image.config)) images.set(image.config, image.known);
    for (const [uncompressed, compressed] of image.layers) layers.set(uncompressed, compressed);
  }
  return { images, layers };
}

/** Returns the digests by which docker knows the image in the destination's repository. */
function pushedBefore({ registry, name }: RemoteReference, repoDigests: readonly string[]): readonly Digest[] {
  return repoDigests.flatMap((one) => {
    try {
      const known = parseRemoteReference(one);
      return known.registry.host === registry.host && known.name === name && known.digest !== null
        ? [known.digest]
        : [];
    } catch {
      // Engines know images by names that no registry takes.
      return [];
    }
  });
}

interface ReadImage {
  readonly config: Digest;
  readonly known: KnownImage;
  /** The compressed layers, each with its uncompressed digest. */
  readonly layers: readonly (readonly [Digest, Descriptor])[];
}

/** Reads an image whose layers are all compressed; null for anything else. */
async function readImage(connection: Connection, name: string, reference: string): Promise<ReadImage | null> {
  const read = await getContent(connection, name, reference);
  const { config, layers } = read?.content ?? {};
  if (!read || !config || !layers || config.size > MAX_CONFIG_BYTES) return null;
  const parsed = configSchema.safeParse(JSON.parse(await text(readBlob(connection, name, config))));
  const uncompressed = parsed.data?.rootfs.diff_ids.map(parseDigest) ?? [];
  if (uncompressed.length !== layers.length || !layers.every(({ mediaType }) => mediaType.endsWith("gzip")))
    return null;
  const { bytes, digest, mediaType } = read.manifest;
  return {
    config: config.digest,
    known: { descriptor: { mediaType, digest, size: bytes.length }, manifest: bytes },
    layers: layers.flatMap((layer, index) => {
      const before = uncompressed[index] ?? null;
      return before === null ? [] : [[before, layer] as const];
    }),
  };
}

/** Asks, and treats a refusal to read as "nothing is known". */
async function quietly<T>(ask: () => Promise<T | null>): Promise<T | null> {
  try {
    return await ask();
  } catch (failure) {
    if (failure instanceof SyntaxError) return null;
    if (failure instanceof CliError && failure.kind !== "interrupted") return null;
    throw failure;
  }
}
