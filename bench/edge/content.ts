import { randomBytes, randomUUID } from "node:crypto";
import { type Blob, blobOf, type Image, makeImage } from "../../harness/live/image.ts";

/** Bytes with their digest. */
export interface Pushed extends Image {
  readonly tag: string;
}

/** @param sizes of its layers, in bytes. */
export function makePushed(sizes: readonly number[]): Pushed {
  const tag = randomUUID();
  return { tag, ...makeImage(tag, sizes.map(randomBlob)) };
}

export function randomBlob(size: number): Blob {
  return blobOf(new Uint8Array(randomBytes(size)));
}
