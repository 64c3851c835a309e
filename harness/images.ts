/** Images, for tests and bench: content of any kind under its digest, and the manifests and indexes that name it. */
import { createHash, randomBytes } from "node:crypto";
import { type Digest, makeDigest } from "../src/oci/digest.ts";

export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
export const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
export const OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

interface TestDescriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly [more: string]: unknown;
}

/** Makes the document of an image's manifest. */
export function manifestOf(config: object, layers: readonly object[], more: object = {}): object {
  return { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers, ...more };
}

/** Something that a registry keeps. */
export interface Content {
  readonly descriptor: TestDescriptor;
  readonly bytes: Buffer;
}

/** A manifest with all its content. */
export interface TestImage extends Content {
  readonly parts: readonly Content[];
}

export function content(bytes: Buffer, mediaType: string): Content {
  const digest = makeDigest("sha256", createHash("sha256").update(bytes).digest("hex"));
  return { bytes, descriptor: { mediaType, digest, size: bytes.length } };
}

export function randomLayer(size: number): Content {
  return content(randomBytes(size), OCI_LAYER);
}

export function json(value: unknown, mediaType: string): Content {
  return content(Buffer.from(JSON.stringify(value)), mediaType);
}

interface ImageOptions {
  readonly layers?: readonly Content[];
  readonly architecture?: string;
  readonly subject?: TestDescriptor;
  readonly artifactType?: string;
  readonly mediaType?: string;
}

/** Makes a manifest with its config and layers. Random content makes it unlike any other. */
export function image(options: ImageOptions = {}): TestImage {
  const {
    layers = [randomLayer(1000)],
    architecture = "amd64",
    subject,
    artifactType,
    mediaType = OCI_MANIFEST,
  } = options;
  const config = json({ os: "linux", architecture, random: randomBytes(8).toString("hex") }, OCI_CONFIG);
  const document = manifestOf(
    config.descriptor,
    layers.map(({ descriptor }) => descriptor),
    { mediaType, ...(artifactType !== undefined && { artifactType }), ...(subject && { subject }) },
  );
  return { ...json(document, mediaType), parts: [config, ...layers] };
}

/** Makes an index of images, with their platforms if given. */
export function index(children: readonly (TestImage | Content)[], platforms: readonly string[] = []): TestImage {
  const manifests = children.map(({ descriptor }, at) => {
    const [os, architecture, variant] = platforms[at]?.split("/") ?? [];
    return { ...descriptor, ...(os !== undefined && { platform: { os, architecture, variant } }) };
  });
  const parts = children.flatMap((child) => ("parts" in child ? [...child.parts, child] : [child]));
  return { ...json({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX), parts };
}

/** Makes an index for linux/amd64 and linux/arm64/v8. */
export function twoPlatforms(): TestImage {
  return index([image(), image({ architecture: "arm64" })], ["linux/amd64", "linux/arm64/v8"]);
}
