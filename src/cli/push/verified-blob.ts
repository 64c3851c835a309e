import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { digestAlgorithm, makeDigest } from "../../oci/digest.ts";
import type { BlobSource } from "../client/blob-source.ts";
import { CliError } from "../exit.ts";
import { asBytes } from "../bytes.ts";

/**
 * Wraps a blob so that its digest is checked as its bytes pass. Some bytes may pass again after a connection broke; if
 * only the rest is sent, the bytes before it are read just for the digest. If the digest is wrong, the last piece is
 * held back, so that nobody can take the blob for whole; the failure names `name` as the culprit.
 */
export function verifiedBlob(source: BlobSource, name: string): BlobSource {
  const algorithm = digestAlgorithm(source.digest);
  const hash = createHash(algorithm);
  let hashed = 0;
  let actual: string | null = null;

  /** Hashes the part of a piece that has not been hashed yet. Pieces come without gaps, but some come twice. */
  const absorb = (piece: Buffer, at: number): void => {
    const fresh = piece.subarray(Math.min(hashed - at, piece.length));
    if (fresh.length > 0) {
      hash.update(fresh);
      hashed += fresh.length;
      if (hashed === source.size) actual = makeDigest(algorithm, hash.digest("hex"));
    }
    if (actual !== null && actual !== source.digest) {
      throw new CliError("invalid", `${name}: the content of ${source.digest} has the digest ${actual}`);
    }
  };

  async function* pieces(offset: number, length: number): AsyncGenerator<Buffer> {
    let at = Math.min(hashed, offset);
    for await (const given of source.open(at, offset + length - at)) {
      const piece = asBytes(given);
      absorb(piece, at);
      const wanted = piece.subarray(Math.max(0, offset - at));
      at += piece.length;
      if (wanted.length > 0) yield wanted;
    }
  }

  return { ...source, open: (offset, length) => Readable.from(pieces(offset, length), { objectMode: false }) };
}
