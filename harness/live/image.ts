import * as z from "zod";
import { manifestOf, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from "../images.ts";
import { type Access, ask, finishAddress, locationOf } from "./ask.ts";
import { sha256 } from "./sha256.ts";

const ACCEPTED = [
  OCI_MANIFEST,
  OCI_INDEX,
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
].join(", ");

const descriptor = z.looseObject({ digest: z.string(), size: z.number() });

const manifestContent = z.looseObject({
  manifests: z.array(descriptor).default([]),
  config: descriptor.optional(),
  layers: z.array(descriptor).default([]),
});

export interface Blob {
  readonly digest: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An image in memory. */
export interface Image {
  readonly manifest: Blob;
  /** The config, then the layers. */
  readonly blobs: readonly [Blob, ...Blob[]];
}

export function blobOf(bytes: Uint8Array<ArrayBuffer>): Blob {
  return { digest: sha256(bytes), bytes };
}

/** Makes an image of these layers. Images of different names differ. */
export function makeImage(name: string, layers: readonly Blob[]): Image {
  const config = blobOf(json({ architecture: "amd64", os: "linux", config: { Labels: { name } } }));
  const describe = (mediaType: string, { digest, bytes }: Blob): object => ({ mediaType, digest, size: bytes.length });
  const manifest = manifestOf(
    describe(OCI_CONFIG, config),
    layers.map((layer) => describe("application/vnd.oci.image.layer.v1.tar", layer)),
  );
  return { manifest: blobOf(json(manifest)), blobs: [config, ...layers] };
}

function json(value: object): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(JSON.stringify(value)));
}

/** Pushes a blob as most clients do: with a POST that begins, and a PUT with the whole blob. */
export async function pushBlob(access: Access, repository: string, { digest, bytes }: Blob): Promise<void> {
  const started = await ask(access, "POST", `/v2/${repository}/blobs/uploads/`, { expect: [202] });
  await ask(access, "PUT", finishAddress(locationOf(started), digest), { expect: [201], body: bytes });
}

/** Puts the manifest of an image whose blobs have been pushed. */
export async function putManifest(access: Access, repository: string, tag: string, { manifest }: Image): Promise<void> {
  await ask(access, "PUT", `/v2/${repository}/manifests/${tag}`, {
    expect: [201],
    body: manifest.bytes,
    headers: { "Content-Type": OCI_MANIFEST },
  });
}

/** Pulls an image and checks every byte. Returns its number of blobs; throws if anything is wrong. */
export async function pullImage(
  access: Access,
  repository: string,
  reference: string,
  digest: string,
): Promise<number> {
  const { bytes } = await ask(access, "GET", `/v2/${repository}/manifests/${reference}`, {
    expect: [200],
    headers: { Accept: ACCEPTED },
  });
  requireDigest(`${repository}:${reference}`, bytes, digest);
  const { manifests, config, layers } = manifestContent.parse(JSON.parse(Buffer.from(bytes).toString()));
  let blobs = 0;
  for (const child of manifests) blobs += await pullImage(access, repository, child.digest, child.digest);
  for (const blob of [...(config === undefined ? [] : [config]), ...layers]) {
    await pullBlob(access, repository, blob.digest);
    blobs += 1;
  }
  return blobs;
}

async function pullBlob(access: Access, repository: string, digest: string): Promise<void> {
  const { bytes } = await ask(access, "GET", `/v2/${repository}/blobs/${digest}`, { expect: [200] });
  requireDigest(`${repository}@${digest}`, bytes, digest);
}

function requireDigest(what: string, bytes: Uint8Array, digest: string): void {
  const actual = sha256(bytes);
  if (actual !== digest) throw new Error(`${what} came as ${actual}, ${bytes.length} bytes, and not as ${digest}`);
}
