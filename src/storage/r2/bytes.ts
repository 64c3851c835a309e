import { digestAlgorithm, digestHex } from "../../oci/digest.ts";
import type { ByteRange } from "../../oci/range.ts";
import type { ByteStore } from "../../registry/stores.ts";
import type { Presign } from "./presign.ts";

/** Matches R2's refusal of a put whose checksum does not fit: "…does not match… (10037)". It stores nothing then. */
const CHECKSUM_MISMATCH = /\b10037\b|BadDigest/;

/** Matches R2's refusal of a range that starts after the object's end, so the object is shorter than its row says. */
const RANGE_NOT_SATISFIABLE = /\b10039\b|InvalidRange/;

/**
 * Stores bytes in R2, each object under a key that is written once.
 * @param later runs work that the answer need not wait for.
 * @param presign null: only this Worker reads the bucket.
 */
export function r2Bytes(bucket: R2Bucket, later: (work: Promise<unknown>) => void, presign: Presign | null): ByteStore {
  return {
    async put(key, body, digest) {
      try {
        await bucket.put(key, body, { [digestAlgorithm(digest)]: digestHex(digest) });
        return "stored";
      } catch (cause) {
        if (isFault(cause, CHECKSUM_MISMATCH)) return "mismatch";
        throw cause;
      }
    },

    async get({ key, size }, range) {
      const object = await getPart(bucket, key, range);
      if (object === null) return "missing";
      if (object === "shorter") return "corrupt";
      if (object.size === size) return object.body;
      await object.body.cancel();
      return "corrupt";
    },

    async exists(key) {
      return (await bucket.head(key)) !== null;
    },

    addressOf: async ({ key }) => presign && presign(key),

    /** Does nothing: R2 has one place, and the object is there already. */
    warm: () => undefined,

    discard: (key) => later(bucket.delete(key)),
  };
}

async function getPart(
  bucket: R2Bucket,
  key: string,
  range: ByteRange | null,
): Promise<R2ObjectBody | "shorter" | null> {
  if (range === null) return bucket.get(key);
  try {
    return await bucket.get(key, { range: { offset: range.offset, length: range.length } });
  } catch (cause) {
    if (isFault(cause, RANGE_NOT_SATISFIABLE)) return "shorter";
    throw cause;
  }
}

function isFault(cause: unknown, words: RegExp): boolean {
  return cause instanceof Error && words.test(cause.message);
}
