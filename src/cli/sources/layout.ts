import { createHash } from "node:crypto";
import * as z from "zod";
import { annotationsSchema } from "../../oci/annotations.ts";
import { type Descriptor, descriptorSchema } from "../../oci/descriptor.ts";
import { type Digest, digestAlgorithm, digestHex, makeDigest } from "../../oci/digest.ts";
import { MAX_MANIFEST_BYTES } from "../../oci/manifest.ts";
import { isManifestType } from "../../oci/media-types.ts";
import { wrongDescriptor } from "../client/wrong-descriptor.ts";
import { CliError } from "../exit.ts";
import { asBytes } from "../bytes.ts";
import { choose } from "./choose.ts";
import { type Files, readJson, readWhole, requireDigestOf, type Source } from "./source.ts";
import { plural } from "../output/words.ts";

/** The file that lists a layout's content (image spec, "Image Layout"). */
export const LAYOUT_INDEX = "index.json";

/** A layout may hold many images, so its index may be larger than a manifest. */
const MAX_INDEX_BYTES = 16 * 1024 * 1024;

/**
 * The annotations with an image's name: the first is the specification's; containerd, and so docker, writes the full
 * name into the second.
 */
const NAME_ANNOTATIONS = ["org.opencontainers.image.ref.name", "io.containerd.image.name"];

const layoutIndex = z.looseObject({
  manifests: z.array(descriptorSchema.extend({ annotations: annotationsSchema.nullish() })).nullish(),
});

/**
 * Opens an OCI image layout.
 * @param wanted the name of one image of several; null: the only one
 */
export async function openLayout(files: Files, wanted: string | null): Promise<Source> {
  const entries = await readEntries(files);
  const { descriptor: root } = choose(entries, wanted, files.name);
  if (!isManifestType(root.mediaType)) {
    throw new CliError("failure", `${files.name}: cannot push ${root.mediaType}: it is not a manifest`);
  }
  const others = entries.map(({ descriptor }) => descriptor).filter(({ digest }) => digest !== root.digest);
  return {
    name: files.name,
    root,
    others: others.filter(({ mediaType }) => isManifestType(mediaType)),
    manifest: ({ digest }) => readManifest(files, digest),
    blob: ({ digest, size }) => openBlob(files, digest, size, blobPath(digest)),
    close: files.close,
  };
}

interface Entry {
  readonly digest: Digest;
  readonly names: readonly string[];
  readonly descriptor: Descriptor;
}

async function readEntries(files: Files): Promise<readonly Entry[]> {
  const parsed = layoutIndex.safeParse(await readJson(files, LAYOUT_INDEX, MAX_INDEX_BYTES));
  if (!parsed.success) {
    throw new CliError("invalid", `${files.name}: ${LAYOUT_INDEX} is not the index of an OCI image layout`, {
      cause: parsed.error,
    });
  }
  return (parsed.data.manifests ?? []).map(({ annotations, ...descriptor }) => ({
    digest: descriptor.digest,
    names: NAME_ANNOTATIONS.flatMap((key) => annotations?.[key] ?? []),
    descriptor,
  }));
}

async function readManifest(files: Files, digest: Digest): Promise<Buffer | null> {
  const bytes = await readWhole(files, blobPath(digest), MAX_MANIFEST_BYTES);
  if (bytes !== null) requireDigestOf(bytes, digest, files.name);
  return bytes;
}

/** Opens a blob at some path; null if there is none. Throws an `invalid` CliError if its size is wrong. */
export async function openBlob(files: Files, digest: Digest, size: number, path: string): ReturnType<Source["blob"]> {
  const actual = await files.size(path);
  if (actual === null) return null;
  if (actual !== size) throw await wrongSize(files, path, { digest, size, actual });
  return { digest, size, open: (offset, length) => files.open(path, offset, length) };
}

/** Reads the content to find out if it or its descriptor is wrong, and returns the failure. */
async function wrongSize(
  files: Files,
  path: string,
  { digest, size, actual }: { readonly digest: Digest; readonly size: number; readonly actual: number },
): Promise<CliError> {
  const algorithm = digestAlgorithm(digest);
  const hash = createHash(algorithm);
  for await (const piece of files.open(path, 0, actual)) hash.update(asBytes(piece));
  if (makeDigest(algorithm, hash.digest("hex")) === digest)
    return wrongDescriptor(files.name, { digest, size, actual });
  return new CliError("invalid", `${files.name}: the content of ${digest} has ${plural(actual, "byte")}, not ${size}`, {
    hint: "It is truncated or was changed: make or copy it again.",
  });
}

function blobPath(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}
