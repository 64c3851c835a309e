import type { Digest, DigestAlgorithm } from "../../src/oci/digest.ts";
import { digestBytes } from "../../src/oci/digest-bytes.ts";
import { ask } from "./registry.ts";

/** Makes bytes that look random and are the same for the same seed, whatever the length. */
export function bytesOf(length: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed * 2_654_435_761;
  for (let index = 0; index < words.length; index++) {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_519) + index;
    words[index] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

let seeds = 5000;

/** Returns a seed that no other call returns. */
export function newSeed(): number {
  seeds += 1;
  return seeds;
}

/** Makes bytes that no other call makes. */
export function newBytes(length = 1000): Uint8Array {
  return bytesOf(length, newSeed());
}

export function digestOf(bytes: Uint8Array | string, algorithm: DigestAlgorithm = "sha256"): Promise<Digest> {
  return digestBytes(algorithm, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
}

export interface TestDescriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";
const CONFIG = "application/vnd.oci.image.config.v1+json";

/** Pushes a blob in one request and returns its descriptor. */
export async function pushBlob(
  repository: string,
  as: string,
  bytes: Uint8Array,
  mediaType = LAYER,
): Promise<TestDescriptor> {
  const digest = await digestOf(bytes);
  const answer = await ask(`/v2/${repository}/blobs/uploads/?digest=${digest}`, { method: "POST", as, body: bytes });
  if (answer.status !== 201) throw new Error(`pushing a blob answered ${answer.status}: ${await answer.text()}`);
  return { mediaType, digest, size: bytes.length };
}

/** Pushes the blobs of a small image, and returns its manifest's text, which is not yet pushed. */
export async function imageText(repository: string, as: string, seed = 1, more: object = {}): Promise<string> {
  const config = await pushBlob(
    repository,
    as,
    new TextEncoder().encode(`{"architecture":"amd64","os":"linux","seed":${seed}}`),
    CONFIG,
  );
  const layer = await pushBlob(repository, as, bytesOf(100, seed));
  return JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer], ...more });
}

export function putManifest(
  repository: string,
  as: string,
  reference: string,
  text: string | Uint8Array,
  type = OCI_MANIFEST,
): Promise<Response> {
  return ask(`/v2/${repository}/manifests/${reference}`, {
    method: "PUT",
    as,
    headers: { "Content-Type": type },
    body: text,
  });
}

/** Pushes a small image under a tag; returns its manifest's digest and text. */
export async function pushImage(
  repository: string,
  as: string,
  tag: string,
  seed = 1,
  more: object = {},
): Promise<{ digest: Digest; text: string }> {
  const text = await imageText(repository, as, seed, more);
  const answer = await putManifest(repository, as, tag, text);
  if (answer.status !== 201) throw new Error(`pushing an image answered ${answer.status}: ${await answer.text()}`);
  return { digest: await digestOf(text), text };
}

/** Starts an upload session; returns its address. */
export async function startSession(repository: string, as: string, query = ""): Promise<string> {
  const answer = await ask(`/v2/${repository}/blobs/uploads/${query}`, { method: "POST", as });
  if (answer.status !== 202) throw new Error(`starting an upload answered ${answer.status}: ${await answer.text()}`);
  return answer.headers.get("Location") ?? "";
}

/** Returns the descriptor of a manifest. */
export async function descriptorOf(text: string, mediaType = OCI_MANIFEST): Promise<TestDescriptor> {
  return { mediaType, digest: await digestOf(text), size: new TextEncoder().encode(text).length };
}

export function indexText(manifests: readonly object[], more: object = {}): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests, ...more });
}

/** Fills up the document to exactly `length` bytes, in a field of its own. */
export function padded(text: string, length: number): string {
  const prefix = '{"padding":"';
  const rest = `",${text.slice(1)}`;
  return `${prefix}${"x".repeat(length - prefix.length - rest.length)}${rest}`;
}

/** Returns the header's target for clients to follow; null if there is none. */
export function nextPage(answer: Response): string | null {
  const header = answer.headers.get("Link");
  if (header === null) return null;
  const target = /^<(\/[^>]*)>; rel="next"$/.exec(header)?.[1];
  if (target === undefined) throw new Error(`not a relative link to the next page: ${header}`);
  return target;
}
