import type { ConfigObject } from "../../events/outbox-store.ts";

/** A small object's bytes, held whole; null: it is not there, or not of the size that its row says. */
export async function readSmallObject(bucket: R2Bucket, { key, size }: ConfigObject): Promise<Uint8Array | null> {
  const object = await bucket.get(key);
  if (object === null) return null;
  if (object.size === size) return object.bytes();
  await object.body.cancel();
  return null;
}
