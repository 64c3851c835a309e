import * as z from "zod";
import type { Descriptor } from "../../oci/descriptor.ts";
import { type Digest, makeDigest, parseDigest } from "../../oci/digest.ts";
import { createHash } from "node:crypto";
import { digestOf } from "../client/digests.ts";
import { CliError } from "../exit.ts";
import { compressionOf, MAGIC_BYTES, UNPACK_COMMANDS } from "./compression.ts";
import { choose } from "./choose.ts";
import { openBlob } from "./layout.ts";
import { type Files, parseJson, readJson, readWhole, requireDigestOf, type Source } from "./source.ts";
import { asBytes, gather } from "../bytes.ts";

/** The file in which `docker save` lists the archive's content. */
export const DOCKER_MANIFEST = "manifest.json";

const MAX_DOCKER_MANIFEST_BYTES = 16 * 1024 * 1024;
const MAX_CONFIG_BYTES = 16 * 1024 * 1024;

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";

const LAYER_TYPES = {
  none: "application/vnd.oci.image.layer.v1.tar",
  gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
} as const;

const dockerManifest = z.array(
  z.looseObject({
    Config: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Layers: z.array(z.string()),
  }),
);

/** The part of docker's configuration that has the digests of the uncompressed layers. */
const imageConfig = z.looseObject({
  rootfs: z.looseObject({ diff_ids: z.array(z.string()).nullish() }),
});

/** A blob in the archive, with its path. */
interface Part extends Descriptor {
  readonly path: string;
}

/**
 * Opens an archive in the form that docker wrote before version 25, and that others still write. It has no manifest, so
 * one is made, always the same for the same archive. Layers stay as they are.
 */
export async function openDockerArchive(files: Files, wanted: string | null): Promise<Source> {
  const entries = await readEntries(files);
  const { image } = choose(entries, wanted, files.name);
  const config = await readConfig(files, image.Config);
  const layers: Part[] = [];
  for (const [index, path] of image.Layers.entries()) {
    layers.push(await layerOf(files, path, config.layers[index] ?? null));
  }
  if (config.layers.length !== layers.length) {
    throw new CliError("invalid", `${files.name}: ${image.Config} and ${DOCKER_MANIFEST} have different layers`);
  }
  return sourceOf(files, config.part, layers);
}

function sourceOf(files: Files, config: Part, layers: readonly Part[]): Source {
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: descriptorOf(config),
      layers: layers.map(descriptorOf),
    }),
  );
  const root: Descriptor = { mediaType: MANIFEST_TYPE, digest: digestOf(bytes), size: bytes.length };
  const paths = new Map([config, ...layers].map(({ digest, path }) => [digest, path]));
  return {
    name: files.name,
    root,
    others: [],
    manifest: ({ digest }) => Promise.resolve(digest === root.digest ? bytes : null),
    blob: async ({ digest, size }) => {
      const path = paths.get(digest);
      return path === undefined ? null : openBlob(files, digest, size, path);
    },
    close: files.close,
  };
}

function descriptorOf({ mediaType, digest, size }: Part): Descriptor {
  return { mediaType, digest, size };
}

interface Entry {
  readonly digest: Digest;
  readonly names: readonly string[];
  readonly image: z.infer<typeof dockerManifest>[number];
}

async function readEntries(files: Files): Promise<readonly Entry[]> {
  const parsed = dockerManifest.safeParse(await readJson(files, DOCKER_MANIFEST, MAX_DOCKER_MANIFEST_BYTES));
  if (!parsed.success) {
    throw new CliError("invalid", `${files.name}: ${DOCKER_MANIFEST} is not valid`, { cause: parsed.error });
  }
  // Docker uses the configuration's digest as the image's id.
  return parsed.data.map((image) => ({
    digest: digestInPath(image.Config) ?? digestOf(Buffer.from(JSON.stringify(image))),
    names: image.RepoTags ?? [],
    image,
  }));
}

interface ConfigRead {
  readonly part: Part;
  /** The digests of the uncompressed layers. */
  readonly layers: readonly Digest[];
}

async function readConfig(files: Files, path: string): Promise<ConfigRead> {
  const bytes = await readWhole(files, path, MAX_CONFIG_BYTES);
  if (bytes === null) throw missing(files, path);
  const named = digestInPath(path);
  if (named !== null) requireDigestOf(bytes, named, files.name);
  const parsed = imageConfig.safeParse(parseJson(bytes, `${files.name}: ${path}`));
  const layers = parsed.data?.rootfs.diff_ids?.map(parseDigest) ?? [];
  if (!parsed.success || layers.includes(null)) {
    throw new CliError("invalid", `${files.name}: ${path} is not the configuration of an image`);
  }
  return {
    part: { mediaType: CONFIG_TYPE, digest: digestOf(bytes), size: bytes.length, path },
    layers: layers.filter((digest) => digest !== null),
  };
}

/** Reads the digest in a configuration's path: docker writes `<hex>.json`, or the path that a layout has. */
function digestInPath(path: string): Digest | null {
  const hex = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(path)?.[1];
  return hex === undefined ? null : makeDigest("sha256", hex);
}

/** Describes a layer. An uncompressed layer's digest is known; a compressed layer must be read whole. */
async function layerOf(files: Files, path: string, uncompressed: Digest | null): Promise<Part> {
  const size = await files.size(path);
  if (size === null) throw missing(files, path);
  const compression = compressionOf(await gather(files.open(path, 0, Math.min(size, MAGIC_BYTES))));
  if (compression === "xz" || compression === "bzip2") {
    throw new CliError(
      "invalid",
      `${files.name}: its layer ${path} is compressed with ${compression}, which images do not allow`,
      {
        hint: `Load it into docker and push it from there, or unpack the layer: ${UNPACK_COMMANDS[compression]}`,
      },
    );
  }
  const isKnown = compression === "none" && uncompressed !== null;
  return {
    mediaType: LAYER_TYPES[compression],
    digest: isKnown ? uncompressed : await digestOfFile(files, path, size),
    size,
    path,
  };
}

async function digestOfFile(files: Files, path: string, size: number): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const piece of files.open(path, 0, size)) hash.update(asBytes(piece));
  return makeDigest("sha256", hash.digest("hex"));
}

function missing({ name }: Files, path: string): CliError {
  return new CliError("invalid", `${name} lacks ${path}, which its ${DOCKER_MANIFEST} names`, {
    hint: "It may be truncated: make or copy the archive again.",
  });
}
