import { DIGEST_ALGORITHMS, type Digest, type DigestAlgorithm, makeDigest } from "../../oci/digest.ts";

/** The digest of an object, streamed once through the runtime's own hash; no byte of it enters JavaScript. */
export async function digestObject(bucket: R2Bucket, key: string, algorithm: DigestAlgorithm): Promise<Digest | null> {
  const object = await bucket.get(key);
  if (object === null) return null;
  const stream = new crypto.DigestStream(DIGEST_ALGORITHMS[algorithm].webCrypto);
  await object.body.pipeTo(stream);
  return makeDigest(algorithm, new Uint8Array(await stream.digest).toHex());
}
