/** An address in the cache of the data centre. No client can ask for one: no zone has this host. */
export function cacheAddress(kind: "objects" | "readers" | "blobs" | "manifests", name: string): string {
  return `https://cache.spacedock.invalid/${kind}/${name}`;
}
