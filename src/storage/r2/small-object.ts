import type { ConfigObject } from "../../events/outbox-store.ts";

/** Reads a small object's bytes whole; null: it is absent, or its size is not the one in its row. */
export async function readSmallObject(bucket: R2Bucket, { key, size }: ConfigObject): Promise<Uint8Array | null> {
  const object = await bucket.get(key);
  if (object === null) return null;
  if (object.size === size) return object.bytes();
  await object.body.cancel();
  return null;
}
