import { digestAlgorithm, DIGEST_ALGORITHMS, type Digest, type DigestAlgorithm, makeDigest } from "../../oci/digest.ts";
import type { Damage } from "../../registry/damage.ts";
import type { KeptObject } from "../../registry/stores.ts";

/**
 * Computes the digest of an object, streamed once through the runtime's own hash, so that no byte enters JavaScript.
 * Null: there is no object.
 */
export async function digestObject(bucket: R2Bucket, key: string, algorithm: DigestAlgorithm): Promise<Digest | null> {
  const object = await bucket.get(key);
  return object && digestBody(object.body, algorithm);
}

/** Examines an object by its digest, and returns its damage; null: it has none. Throws if the object cannot be read. */
export async function examineObject(bucket: R2Bucket, { digest, key, size }: KeptObject): Promise<Damage | null> {
  const object = await bucket.get(key);
  if (object === null) return "missing";
  const actual = await digestBody(object.body, digestAlgorithm(digest));
  return actual === digest && object.size === size ? null : "corrupt";
}

async function digestBody(body: ReadableStream, algorithm: DigestAlgorithm): Promise<Digest> {
  const stream = new crypto.DigestStream(DIGEST_ALGORITHMS[algorithm].webCrypto);
  const [hash] = await Promise.all([stream.digest, body.pipeTo(stream)]);
  return makeDigest(algorithm, new Uint8Array(hash).toHex());
}
