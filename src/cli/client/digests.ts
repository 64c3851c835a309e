import { createHash } from "node:crypto";
import { type Digest, digestAlgorithm, type DigestAlgorithm, makeDigest } from "../../oci/digest.ts";
import { CliError } from "../exit.ts";

/** Computes the digest of bytes in memory: of manifests, never of layers. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = "sha256"): Digest {
  return makeDigest(algorithm, createHash(algorithm).update(bytes).digest("hex"));
}

/** Passes bytes on and fails at their end if their digest is wrong, so that nobody can take them for good. */
export async function* verified(bytes: AsyncIterable<Uint8Array>, digest: Digest): AsyncGenerator<Uint8Array> {
  const algorithm = digestAlgorithm(digest);
  const hash = createHash(algorithm);
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
  const actual = makeDigest(algorithm, hash.digest("hex"));
  if (actual !== digest) throw new CliError("invalid", `the content of ${digest} has the digest ${actual}`);
}
