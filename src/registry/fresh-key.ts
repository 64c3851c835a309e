import { RegistryError } from "../oci/errors.ts";
import type { ByteStore } from "./stores.ts";

/** A fresh key. The first characters are random, so that keys spread over the bucket. */
export function freshKey(kind: "blobs" | "manifests"): string {
  return `${kind}/${crypto.getRandomValues(new Uint8Array(16)).toHex()}`;
}

/** Awaits what is to have a row point to a fresh key. Where it is refused, nothing points there, and the bytes go at once. */
export async function discardIfRefused<T>(bytes: ByteStore, key: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    // After a fault nobody knows whether the row was written: collection finds out.
    if (error instanceof RegistryError) bytes.discard(key);
    throw error;
  }
}
