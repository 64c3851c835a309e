import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { digestAlgorithm, digestHex, makeDigest } from "../../src/oci/digest.ts";
import type { Outcome } from "./each-object.ts";
import { isKept, objectFile, type StoredObject } from "./files.ts";

/** Bytes of one request: the path to R2 may refuse more than 100 MB, and a few requests are in memory at a time. */
const PART = 16 * 1024 * 1024;
const MOST_PARTS = 10_000;

/** Puts an object back under its key, unless it is there. An object without its digest is not put. */
export async function putObject(bucket: R2Bucket, directory: string, object: StoredObject): Promise<Outcome> {
  // A key is never used again, so an object under it is the right one.
  if ((await bucket.head(object.key))?.size === object.size) return "there";
  if (!isKept(directory, object)) return { problem: "it is neither in R2 nor whole in the backup" };
  const file = await open(objectFile(directory, object));
  try {
    return await (object.size <= PART ? putWhole(bucket, file, object) : putParts(bucket, file, object));
  } finally {
    await file.close();
  }
}

const DAMAGED: Outcome = { problem: "in the backup it has another digest" };

async function putWhole(bucket: R2Bucket, file: FileHandle, { key, digest }: StoredObject): Promise<Outcome> {
  const bytes = await file.readFile();
  const algorithm = digestAlgorithm(digest);
  if (createHash(algorithm).update(bytes).digest("hex") !== digestHex(digest)) return DAMAGED;
  await bucket.put(key, bytes, { [algorithm]: digestHex(digest) });
  return "copied";
}

async function putParts(bucket: R2Bucket, file: FileHandle, { key, digest, size }: StoredObject): Promise<Outcome> {
  const algorithm = digestAlgorithm(digest);
  const hash = createHash(algorithm);
  const upload = await bucket.createMultipartUpload(key);
  const parts: R2UploadedPart[] = [];
  try {
    for (const length = Math.max(PART, Math.ceil(size / MOST_PARTS)); parts.length * length < size;) {
      const bytes = Buffer.alloc(Math.min(length, size - parts.length * length));
      await file.read(bytes, 0, bytes.length, parts.length * length);
      hash.update(bytes);
      parts.push(await upload.uploadPart(parts.length + 1, bytes));
    }
  } catch (error) {
    await upload.abort();
    throw error;
  }
  if (makeDigest(algorithm, hash.digest("hex")) !== digest) {
    await upload.abort();
    return DAMAGED;
  }
  await upload.complete(parts);
  return "copied";
}
