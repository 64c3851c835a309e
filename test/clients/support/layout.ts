import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as z from "zod";
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, manifestOf } from "../../../harness/images.ts";
import { sha256 } from "../../../harness/live/sha256.ts";

/** OCI image layouts: made from random bytes, and read back with every digest checked. */

const nameAnnotation = "org.opencontainers.image.ref.name";

const descriptor = z.looseObject({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number(),
  annotations: z.record(z.string(), z.string()).optional(),
});
type Descriptor = z.infer<typeof descriptor>;

const content = z.looseObject({
  manifests: z.array(descriptor).optional(),
  config: descriptor.optional(),
  layers: z.array(descriptor).nullish(),
});

function blobPath(layout: string, digest: string): string {
  return join(layout, "blobs", ...digest.split(":"));
}

async function store(layout: string, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  const digest = sha256(bytes);
  await writeFile(blobPath(layout, digest), bytes);
  return { mediaType, digest, size: bytes.length };
}

function storeJson(layout: string, mediaType: string, value: unknown): Promise<Descriptor> {
  return store(layout, mediaType, Buffer.from(JSON.stringify(value)));
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\0`;
}

/** Makes the header of a file in a tar archive, in the ustar form. */
function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(512);
  const fields = [name.padEnd(100, "\0"), octal(0o644, 8), octal(0, 8), octal(0, 8), octal(size, 12), octal(0, 12)];
  header.write(`${fields.join("")}        0`, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

function tarOfRandomBytes(name: string, size: number): Buffer {
  const padding = Buffer.alloc((512 - (size % 512)) % 512);
  return Buffer.concat([tarHeader(name, size), randomBytes(size), padding, Buffer.alloc(1024)]);
}

async function storeImage(layout: string, layerSizes: readonly number[], architecture: string): Promise<Descriptor> {
  const archives = layerSizes.map((size, index) => tarOfRandomBytes(`file-${index}`, size));
  const layers: Descriptor[] = [];
  for (const archive of archives) layers.push(await store(layout, OCI_LAYER, gzipSync(archive)));
  const rootfs = { type: "layers", diff_ids: archives.map(sha256) };
  const config = await storeJson(layout, OCI_CONFIG, { architecture, os: "linux", config: {}, rootfs });
  return storeJson(layout, OCI_MANIFEST, manifestOf(config, layers));
}

async function begin(layout: string): Promise<void> {
  await mkdir(join(layout, "blobs", "sha256"), { recursive: true });
  await writeFile(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
}

async function finish(layout: string, root: Descriptor): Promise<string> {
  const named = { ...root, annotations: { [nameAnnotation]: "latest" } };
  await writeFile(
    join(layout, "index.json"),
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [named] }),
  );
  return root.digest;
}

/** Makes a layout with one image, tagged `latest`, and returns the digest of its manifest. */
export async function makeImageLayout(layout: string, layerSizes: readonly number[]): Promise<string> {
  await begin(layout);
  return finish(layout, await storeImage(layout, layerSizes, "amd64"));
}

/** Makes a layout with an image without layers, as Go writes one: with null for each list and value that is empty. */
export async function makeLayoutWithNulls(layout: string): Promise<string> {
  await begin(layout);
  const rootfs = { type: "layers", diff_ids: [] };
  const config = await storeJson(layout, OCI_CONFIG, { architecture: "amd64", os: "linux", config: {}, rootfs });
  const image = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: null, annotations: { a: null } };
  return finish(layout, await storeJson(layout, OCI_MANIFEST, image));
}

/** Makes a layout with an index of two images, tagged `latest`, and returns the digest of the index. */
export async function makeIndexLayout(layout: string, layerSizes: readonly number[]): Promise<string> {
  await begin(layout);
  const manifests: Descriptor[] = [];
  for (const architecture of ["amd64", "arm64"]) {
    const image = await storeImage(layout, layerSizes, architecture);
    manifests.push({ ...image, platform: { os: "linux", architecture } });
  }
  return finish(layout, await storeJson(layout, OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
}

async function readBlob(layout: string, { digest, size }: Descriptor): Promise<Buffer> {
  const bytes = await readFile(blobPath(layout, digest));
  if (sha256(bytes) !== digest || bytes.length !== size)
    throw new Error(`${digest} came back as ${sha256(bytes)}, ${bytes.length} bytes`);
  return bytes;
}

function isManifest({ mediaType }: Descriptor): boolean {
  return mediaType.includes("manifest") || mediaType.includes("index");
}

async function check(layout: string, part: Descriptor): Promise<void> {
  const bytes = await readBlob(layout, part);
  if (!isManifest(part)) return;
  const { manifests = [], config, layers } = content.parse(JSON.parse(bytes.toString()));
  for (const child of [...manifests, ...(config === undefined ? [] : [config]), ...(layers ?? [])])
    await check(layout, child);
}

/** Checks that everything below the entry of a layout is there, bit for bit. Returns the entry's digest. */
export async function readLayout(layout: string): Promise<string> {
  const { manifests = [] } = content.parse(JSON.parse(await readFile(join(layout, "index.json"), "utf8")));
  // Some clients list the children of an index too, without a name.
  const named = manifests.filter(({ annotations }) => annotations?.[nameAnnotation] !== undefined);
  const [root, ...others] = named.length > 0 ? named : manifests;
  if (root === undefined || others.length > 0)
    throw new Error(`${layout} has ${manifests.length} entries, ${named.length} named`);
  await check(layout, root);
  return root.digest;
}
