import { createHash } from "node:crypto";
import { createWriteStream, renameSync } from "node:fs";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { asBytes } from "../../src/cli/bytes.ts";
import { type Digest, digestAlgorithm, makeDigest } from "../../src/oci/digest.ts";
import type { Outcome } from "./each-object.ts";
import { isKept, objectFile, type StoredObject } from "./files.ts";
import { makePrivate, makePrivateDirectory, PRIVATE_FILE } from "./private.ts";

/** Copies an object from the bucket. It gets its name once it is whole and verified. */
export async function copyObject(bucket: R2Bucket, directory: string, object: StoredObject): Promise<Outcome> {
  // The object under a key never changes.
  const file = objectFile(directory, object);
  if (isKept(directory, object)) {
    makePrivateDirectory(dirname(file));
    makePrivate(file);
    return "there";
  }
  const found = await bucket.get(object.key);
  if (found === null) return { problem: "it is missing in R2" };
  const part = `${file}.part`;
  makePrivateDirectory(dirname(file));
  const digest = await writeHashed(found.body, part, object.digest);
  if (digest !== object.digest) return { problem: `in R2 it has the digest ${digest}` };
  renameSync(part, file);
  return "copied";
}

async function writeHashed(bytes: AsyncIterable<unknown>, file: string, like: Digest): Promise<Digest> {
  const algorithm = digestAlgorithm(like);
  const hash = createHash(algorithm);
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const piece of bytes) {
      const buffer = asBytes(piece);
      hash.update(buffer);
      yield buffer;
    }
  }
  await pipeline(Readable.from(hashed()), createWriteStream(file, { flush: true, mode: PRIVATE_FILE }));
  return makeDigest(algorithm, hash.digest("hex"));
}
