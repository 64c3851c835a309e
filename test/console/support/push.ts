import { randomBytes } from "node:crypto";
import type { Access } from "../../../harness/live/ask.ts";
import { type Blob, blobOf, makeImage, pushBlob, putManifest } from "../../../harness/live/image.ts";

/** Pushes an image of one random layer, as a client does. Returns its digest. */
export async function push(access: Access, repository: string, tag: string): Promise<string> {
  const image = makeImage(`${repository}:${tag}`, [blobOf(new Uint8Array(randomBytes(2000)))]);
  await pushBlobs(access, repository, image.blobs);
  await putManifest(access, repository, tag, image);
  return image.manifest.digest;
}

export async function pushBlobs(access: Access, repository: string, blobs: readonly Blob[]): Promise<void> {
  for (const blob of blobs) await pushBlob(access, repository, blob);
}
