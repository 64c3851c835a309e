import { RegistryError } from "../oci/errors.ts";
import type { ByteStore } from "./stores.ts";

/** Makes a fresh key. Its first characters are random, so that keys spread over the bucket. */
export function freshKey(kind: "blobs" | "manifests"): string {
  return `${kind}/${crypto.getRandomValues(new Uint8Array(16)).toHex()}`;
}

/**
 * Awaits the work that points a row to a fresh key. If the work is refused, no row points there, and the bytes are
 * dropped at once.
 */
export async function discardIfRefused<T>(bytes: ByteStore, key: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    // After a fault it is unknown if the row was written; collection finds out.
    if (error instanceof RegistryError) bytes.discard(key);
    throw error;
  }
}
