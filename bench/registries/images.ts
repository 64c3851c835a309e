import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { manifestOf, OCI_CONFIG, OCI_MANIFEST } from "../../harness/images.ts";
import { headBlob } from "../../src/cli/client/blobs.ts";
import { digestOf } from "../../src/cli/client/digests.ts";
import { getManifest, putManifest } from "../../src/cli/client/manifests.ts";
import { pullScope, repositoryPath } from "../../src/cli/client/repository.ts";
import { asBytes } from "../../src/cli/bytes.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { RandomBody } from "../random-body.ts";
import { noteBlob, noteManifest, type Peer } from "./peer.ts";
import { type Content, uploadBlob, type Way } from "./uploads.ts";

/** An image that no registry has yet. Its layers are made as they are sent. */
export interface Image {
  /** Its layers, then its config. */
  readonly blobs: readonly Content[];
  readonly manifest: Buffer;
  readonly tag: string;
}

/** Makes an image. @param sizes the sizes of the layers, in bytes */
export function makeImage(sizes: readonly number[]): Image {
  const layers = sizes.map(randomContent);
  const config = bytesContent(Buffer.from(JSON.stringify(configOf(layers))));
  const manifest = manifestOf(
    describe(OCI_CONFIG, config),
    layers.map((layer) => describe("application/vnd.oci.image.layer.v1.tar", layer)),
  );
  return { blobs: [...layers, config], manifest: Buffer.from(JSON.stringify(manifest)), tag: randomUUID() };
}

/** Returns an image of the same blobs with another manifest, under another tag. */
export function variant({ blobs, manifest }: Image, tag: string): Image {
  const text = manifest.toString().replace(/}$/, endOf(tag));
  return { blobs, manifest: Buffer.from(text), tag };
}

/** Returns the image that a manifest is a variant of, to make more variants. Its blobs are unknown. */
export function originalOf(manifest: Buffer, tag: string): Image {
  return { blobs: [], manifest: Buffer.from(manifest.toString().replace(endOf(tag), "}")), tag };
}

function endOf(tag: string): string {
  return `,"annotations":{"org.opencontainers.image.version":"${tag}"}}`;
}

function configOf(layers: readonly Content[]): object {
  return {
    architecture: "amd64",
    os: "linux",
    config: { Labels: { id: randomUUID() } },
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
  };
}

function describe(mediaType: string, { digest, size }: Content): object {
  return { mediaType, digest, size };
}

function randomContent(size: number): Content {
  const body = new RandomBody(size);
  const open = (from: number, to: number): Readable => Readable.from(body.chunks(from, to), { objectMode: false });
  return { digest: body.digest(), size, open };
}

function bytesContent(bytes: Buffer): Content {
  return { digest: digestOf(bytes), size: bytes.length, open: (from, to) => Readable.from([bytes.subarray(from, to)]) };
}

/** Pushes an image as clients do: all layers at once, each only if a HEAD does not find it, and the manifest last. */
export async function pushImage(peer: Peer, name: string, image: Image, way: Way): Promise<void> {
  const pushed = await Promise.allSettled(image.blobs.map((content) => pushBlob(peer, name, content, way)));
  for (const one of pushed) if (one.status === "rejected") throw one.reason;
  await pushManifest(peer, name, image);
}

async function pushBlob(peer: Peer, name: string, content: Content, way: Way): Promise<void> {
  if ((await headBlob(peer.connection, name, content.digest)) !== null) return;
  await uploadBlob(peer.connection, name, content, way);
  noteBlob(peer, name, content.digest);
}

/** Pushes the manifest of an image whose blobs are there already. */
export async function pushManifest(peer: Peer, name: string, { manifest, tag }: Image): Promise<void> {
  const { digest } = await putManifest(peer.connection, name, tag, { bytes: manifest, mediaType: OCI_MANIFEST });
  noteManifest(peer, name, digest);
}

/**
 * Pulls an image as clients do: the manifest by its tag, then all blobs at once. Throws if anything is missing or
 * short.
 */
export async function pullImage({ connection }: Peer, name: string, { tag, blobs }: Image): Promise<void> {
  if ((await getManifest(connection, name, tag)) === null) throw new Error(`there is no manifest ${name}:${tag}`);
  const pulled = await Promise.allSettled(blobs.map(({ digest, size }) => pullBlob(connection, name, digest, size)));
  for (const one of pulled) if (one.status === "rejected") throw one.reason;
}

/** Counts the bytes and drops them. Hashing them would measure this machine. */
async function pullBlob(connection: Peer["connection"], name: string, digest: Digest, size: number): Promise<void> {
  const answer = await connection.ask({
    method: "GET",
    address: repositoryPath({ name }, `blobs/${digest}`),
    scopes: [pullScope({ name })],
    expect: [200],
  });
  let got = 0;
  for await (const piece of answer.body) got += asBytes(piece).length;
  if (got !== size) throw new Error(`${name}@${digest} has ${got} bytes instead of ${size}`);
}

const WARM_UP_BYTES = 1_000_000;

/**
 * Pushes and pulls once, so that loading and compiling at first use do not count. A failure is ignored here, since it
 * will occur again.
 */
export async function warmUp(peer: Peer): Promise<void> {
  const name = `${peer.root}/first`;
  for (const way of ["put", "patch"] as const) {
    const image = makeImage([WARM_UP_BYTES]);
    await pushImage(peer, name, image, way)
      .then(() => pullImage(peer, name, image))
      .catch(() => undefined);
  }
}
