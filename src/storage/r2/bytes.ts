import { digestAlgorithm, digestHex } from "../../oci/digest.ts";
import type { ByteStore } from "../../registry/stores.ts";

/** R2 refuses a put whose checksum does not fit, and stores nothing: "…does not match… (10037)". */
const CHECKSUM_MISMATCH = /\b10037\b|BadDigest/;

/**
 * The bytes in R2, each under a key that is written once.
 * @param later runs what the answer need not wait for.
 */
export function r2Bytes(bucket: R2Bucket, later: (work: Promise<unknown>) => void): ByteStore {
  return {
    async put(key, body, digest) {
      try {
        await bucket.put(key, body, { [digestAlgorithm(digest)]: digestHex(digest) });
        return "stored";
      } catch (cause) {
        if (cause instanceof Error && CHECKSUM_MISMATCH.test(cause.message)) return "mismatch";
        throw cause;
      }
    },

    async get(key, range) {
      const object = await bucket.get(
        key,
        range === null ? {} : { range: { offset: range.offset, length: range.length } },
      );
      return object?.body ?? null;
    },

    async exists(key) {
      return (await bucket.head(key)) !== null;
    },

    discard: (key) => later(bucket.delete(key)),
  };
}
