import { type Digest, DIGEST_ALGORITHMS, type DigestAlgorithm, makeDigest } from "./digest.ts";

/** The digest of bytes that are in memory: manifests, never layers. */
export async function digestBytes(algorithm: DigestAlgorithm, bytes: Uint8Array): Promise<Digest> {
  const hash = await crypto.subtle.digest(DIGEST_ALGORITHMS[algorithm].webCrypto, bytes);
  return makeDigest(algorithm, new Uint8Array(hash).toHex());
}
