import { IMAGE_CONFIG_TYPES } from "../../../oci/image-config.ts";
import { MANIFEST_TYPES, isManifestType } from "../../../oci/media-types.ts";

/** A manifest's kind, for a person who pulls it. */
export type Kind = "image" | "chart" | "artifact";

const IMAGE_CONFIGS: ReadonlySet<string | null> = new Set(IMAGE_CONFIG_TYPES);

export function kindOf({ mediaType, artifactType }: { mediaType: string; artifactType: string | null }): Kind {
  if (artifactType === "application/vnd.cncf.helm.config.v1+json") return "chart";
  const isIndex = isManifestType(mediaType) && MANIFEST_TYPES[mediaType] === "index";
  return IMAGE_CONFIGS.has(artifactType) || (isIndex && artifactType === null) ? "image" : "artifact";
}
