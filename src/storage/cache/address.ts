/** Makes an address in the data centre's cache. Clients cannot ask for it, since no zone has this host. */
export function cacheAddress(kind: "objects" | "readers" | "blobs" | "manifests", name: string): string {
  return `https://cache.spacedock.invalid/${kind}/${name}`;
}
