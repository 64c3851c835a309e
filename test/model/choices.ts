/** What commands draw from. Repositories and tags are few, so that steps meet. */
import fc from "fast-check";
import { BLOBS, MANIFESTS, type ModelBlob, type ModelManifest } from "./content.ts";
import { REPOSITORIES } from "./world.ts";

export const anyRepository: fc.Arbitrary<string> = fc.constantFrom(...REPOSITORIES);
export const anyBlob: fc.Arbitrary<ModelBlob> = fc.constantFrom(...BLOBS);
export const anyManifest: fc.Arbitrary<ModelManifest> = fc.constantFrom(...MANIFESTS);
export const anyTag: fc.Arbitrary<string> = fc.constantFrom("latest", "1.0");
