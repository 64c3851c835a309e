import { IMAGE_CONFIG_TYPES } from "../../../oci/image-config.ts";
import { MANIFEST_TYPES, isManifestType } from "../../../oci/media-types.ts";

/** What a manifest is to those who pull it. */
export type Kind = "image" | "chart" | "artifact";

const IMAGE_CONFIGS: ReadonlySet<string | null> = new Set(IMAGE_CONFIG_TYPES);

export function kindOf({ mediaType, artifactType }: { mediaType: string; artifactType: string | null }): Kind {
  if (artifactType === "application/vnd.cncf.helm.config.v1+json") return "chart";
  const isIndex = isManifestType(mediaType) && MANIFEST_TYPES[mediaType] === "index";
  return IMAGE_CONFIGS.has(artifactType) || (isIndex && artifactType === null) ? "image" : "artifact";
}

/** Tags that clients keep beside an image for what belongs to it: cosign's, and those of the referrers tag schema. */
const ATTACHED = /^(sha256|sha512)-([0-9a-f]{64,})(?:\.\w+)?$/;

/** The digest that such a tag belongs to; null for all other tags. */
export function subjectOf(tag: string): string | null {
  const [, algorithm, hash] = ATTACHED.exec(tag) ?? [];
  return algorithm === undefined || hash === undefined ? null : `${algorithm}:${hash}`;
}
