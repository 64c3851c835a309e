import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { digestAlgorithm, makeDigest } from "../../oci/digest.ts";
import type { BlobSource } from "../client/blob-source.ts";
import { CliError } from "../exit.ts";
import { asBytes } from "../bytes.ts";

/**
 * A blob whose digest is checked as its bytes pass, however they pass: some again after a connection broke, or only
 * the rest of it, where the bytes before are read for their digest alone. Where it is wrong the last piece is held
 * back, so that nobody can take the blob for whole; `name` is what is at fault.
 */
export function verifiedBlob(source: BlobSource, name: string): BlobSource {
  const algorithm = digestAlgorithm(source.digest);
  const hash = createHash(algorithm);
  let hashed = 0;
  let actual: string | null = null;

  /** Takes in what it has not seen of a piece. Pieces come without gaps, but some come twice. */
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
