import { type Digest, DIGEST_ALGORITHMS, type DigestAlgorithm, makeDigest } from "./digest.ts";

/** Computes the digest of bytes in memory: a manifest's, never a layer's. */
export async function digestBytes(algorithm: DigestAlgorithm, bytes: Uint8Array): Promise<Digest> {
  const hash = await crypto.subtle.digest(DIGEST_ALGORITHMS[algorithm].webCrypto, bytes);
  return makeDigest(algorithm, new Uint8Array(hash).toHex());
}
