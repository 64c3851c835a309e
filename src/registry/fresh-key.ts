/** A fresh key. The first characters are random, so that keys spread over the bucket. */
export function freshKey(kind: "blobs" | "manifests"): string {
  return `${kind}/${crypto.getRandomValues(new Uint8Array(16)).toHex()}`;
}
