/** The content that sequences push: few blobs, and manifests made of them, so that repositories and spaces come to share them. */
import type { Digest } from "../../src/oci/digest.ts";
import { bytesOf, descriptorOf, digestOf, indexText, OCI_INDEX, OCI_MANIFEST, padded } from "../support/content.ts";

export interface ModelBlob {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly digest: Digest;
}

export interface ModelManifest {
  readonly name: string;
  readonly mediaType: string;
  readonly text: string;
  /** Bytes. */
  readonly size: number;
  readonly digest: Digest;
  /** Blobs or manifests that must be there before it can be pushed. */
  readonly needs: readonly (ModelBlob | ModelManifest)[];
  readonly subject: Digest | null;
}

export const BLOBS: readonly ModelBlob[] = await Promise.all(
  ["a", "b", "c", "d"].map(async (name, place) => {
    const bytes = bytesOf(40 + place, 7000 + place);
    return { name: `blob ${name}`, bytes, size: bytes.length, digest: await digestOf(bytes) };
  }),
);

function blob(place: number): ModelBlob {
  const found = BLOBS[place];
  if (found === undefined) throw new Error(`there is no blob ${place}`);
  return found;
}

interface ImageWish {
  readonly subject?: ModelManifest;
  /** Bytes; a long manifest is kept in R2. */
  readonly length?: number;
}

async function image(
  name: string,
  [config, ...layers]: readonly number[],
  wish: ImageWish = {},
): Promise<ModelManifest> {
  const needs = [config ?? 0, ...layers].map(blob);
  const [first, ...rest] = needs.map(({ digest, size }) => ({ mediaType: "application/x", digest, size }));
  const subject = wish.subject && { subject: await descriptorOf(wish.subject.text, wish.subject.mediaType) };
  const short = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: first, layers: rest, ...subject });
  const text = wish.length === undefined ? short : padded(short, wish.length);
  return manifest(name, OCI_MANIFEST, text, needs, wish.subject?.digest);
}

async function manifest(
  name: string,
  mediaType: string,
  text: string,
  needs: ModelManifest["needs"],
  subject: Digest | null = null,
): Promise<ModelManifest> {
  return { name, text, ...(await descriptorOf(text, mediaType)), needs, subject };
}

async function index(name: string, needs: readonly ModelManifest[]): Promise<ModelManifest> {
  const text = indexText(await Promise.all(needs.map((child) => descriptorOf(child.text, child.mediaType))));
  return manifest(name, OCI_INDEX, text, needs);
}

const first = await image("image", [0, 1]);
const second = await image("other image", [0, 2, 3]);
const long = await image("long image", [1, 3], { length: 901_000 });
const both = await index("index", [first, second]);
const signature = await image("signature", [0, 3], { subject: both });
/** Has a referrer to a part of it: as near to a cycle as digests allow. */
const signed = await index("signed index", [both, signature]);
const seal = await image("signature of the signed index", [2], { subject: signed });

export const MANIFESTS: readonly ModelManifest[] = [first, second, long, both, signature, signed, seal];

/** The tag that cosign gives to the image's signature. */
export const SIGNATURE_TAG = `${first.digest.replace(":", "-")}.sig`;

/** Manifests that are kept in R2. */
export const LONG_MANIFESTS: readonly ModelManifest[] = [long];

/** Plain images that share a blob. */
export const IMAGES: readonly ModelManifest[] = [first, second];

export function isManifest(content: ModelBlob | ModelManifest): content is ModelManifest {
  return "text" in content;
}
