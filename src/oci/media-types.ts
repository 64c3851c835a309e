/** The media types that a manifest may have, with the kind of document of each. */
export const MANIFEST_TYPES = {
  "application/vnd.oci.image.manifest.v1+json": "manifest",
  "application/vnd.oci.image.index.v1+json": "index",
  "application/vnd.docker.distribution.manifest.v2+json": "manifest",
  "application/vnd.docker.distribution.manifest.list.v2+json": "index",
} as const;

export type ManifestType = keyof typeof MANIFEST_TYPES;

export const OCI_INDEX = "application/vnd.oci.image.index.v1+json" satisfies ManifestType;

export function isManifestType(mediaType: string): mediaType is ManifestType {
  return Object.hasOwn(MANIFEST_TYPES, mediaType);
}

/** True for Docker's schema 1, signed or not, which registries no longer accept. */
export function isSchema1Type(mediaType: string): boolean {
  return mediaType.startsWith("application/vnd.docker.distribution.manifest.v1+");
}

const NONDISTRIBUTABLE = /^application\/vnd\.(?:oci\.image\.layer\.nondistributable|docker\.image\.rootfs\.foreign)\./;

/**
 * True if layers of this type are fetched from elsewhere, so that a push may omit them (image spec, "Non-Distributable
 * Layers").
 */
export function isNondistributable(mediaType: string): boolean {
  return NONDISTRIBUTABLE.test(mediaType);
}

/** Returns the type without its parameters, such as `; charset=utf-8`. */
export function essence(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}
