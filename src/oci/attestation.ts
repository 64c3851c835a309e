/** What builders attach in an image's own index (buildx, "Attestation storage"): a manifest whose layers are in-toto statements. */
import type { Annotations } from "./annotations.ts";

/** Annotations of such a manifest's descriptor. */
export const REFERENCE_TYPE = "vnd.docker.reference.type";
export const REFERENCE_DIGEST = "vnd.docker.reference.digest";
export const ATTESTATION = "attestation-manifest";

/** Annotation of a layer: what its statement is about, as `https://spdx.dev/Document`. */
export const PREDICATE_TYPE = "in-toto.io/predicate-type";

/** The types of statements in the layers of a manifest, each once. */
export function predicateTypesOf(
  layers: readonly { readonly annotations?: Annotations | null | undefined }[],
): readonly string[] {
  const types = layers.map(({ annotations }) => annotations?.[PREDICATE_TYPE]);
  return [...new Set(types.filter((type) => type !== undefined))];
}
