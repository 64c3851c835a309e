import { createHash, type Hash } from "node:crypto";
import { type Digest, type DigestAlgorithm, makeDigest } from "../../oci/digest.ts";

/**
 * A native hash that runs along as bytes pass (1 GB/s, where a hash in JavaScript makes 40 MB/s). Its state lives in
 * memory only and cannot be saved: after an eviction it is lost, and the digest is found by reading back.
 */
export class RunningHash {
  readonly algorithm: DigestAlgorithm;
  readonly #hash: Hash;

  constructor(algorithm: DigestAlgorithm) {
    this.algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** The digest of what has passed so far; more may follow. */
  digest(): Digest {
    return makeDigest(this.algorithm, this.#hash.copy().digest("hex"));
  }
}

/** The digest of bytes that are in memory. */
export function digestOf(algorithm: DigestAlgorithm, bytes: Uint8Array): Digest {
  const hash = new RunningHash(algorithm);
  hash.update(bytes);
  return hash.digest();
}
