/**
 * Attestations that builders attach in an image's own index (buildx, "Attestation storage"): each is a manifest whose
 * layers are in-toto statements.
 */
import type { Annotations } from "./annotations.ts";

/** Annotations of an attestation's descriptor. */
export const REFERENCE_TYPE = "vnd.docker.reference.type";
export const REFERENCE_DIGEST = "vnd.docker.reference.digest";
export const ATTESTATION = "attestation-manifest";

/** Annotation of a layer with the type of its statement, like `https://spdx.dev/Document`. */
export const PREDICATE_TYPE = "in-toto.io/predicate-type";

/** Returns the types of the statements in a manifest's layers, each once. */
export function predicateTypesOf(
  layers: readonly { readonly annotations?: Annotations | null | undefined }[],
): readonly string[] {
  const types = layers.map(({ annotations }) => annotations?.[PREDICATE_TYPE]);
  return [...new Set(types.filter((type) => type !== undefined))];
}
