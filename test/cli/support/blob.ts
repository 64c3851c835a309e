import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type { BlobSource } from "../../../src/cli/client/blob-source.ts";
import { makeDigest } from "../../../src/oci/digest.ts";

interface Blob extends BlobSource {
  readonly bytes: Buffer;
}

/** Makes random bytes that can be pushed. */
export function randomBlob(size: number): Blob {
  const bytes = randomBytes(size);
  return {
    bytes,
    size,
    digest: makeDigest("sha256", createHash("sha256").update(bytes).digest("hex")),
    // In pieces, as from a file.
    open: (offset, length) => Readable.from(piecesOf(bytes.subarray(offset, offset + length)), { objectMode: false }),
  };
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}
