/** What commands draw from. Repositories and tags are few, so that steps meet. */
import { type Arbitrary, constantFrom } from "fast-check";
import { BLOBS, MANIFESTS, type ModelBlob, type ModelManifest } from "./content.ts";
import { REPOSITORIES } from "./world.ts";

export const anyRepository: Arbitrary<string> = constantFrom(...REPOSITORIES);
export const anyBlob: Arbitrary<ModelBlob> = constantFrom(...BLOBS);
export const anyManifest: Arbitrary<ModelManifest> = constantFrom(...MANIFESTS);
export const anyTag: Arbitrary<string> = constantFrom("latest", "1.0");
