/** The values that commands draw from. Repositories and tags are few, so that steps meet. */
import { type Arbitrary, constantFrom, nat } from "fast-check";
import { BLOBS, MANIFESTS, type ModelBlob, type ModelManifest, SIGNATURE_TAG } from "./content.ts";
import { REPOSITORIES } from "./world.ts";

/** Draws one repository most of all, so that much happens in it. */
export const anyRepository: Arbitrary<string> = constantFrom("north/web", "north/web", "north/web", ...REPOSITORIES);
export const anyBlob: Arbitrary<ModelBlob> = constantFrom(...BLOBS);
export const anyManifest: Arbitrary<ModelManifest> = constantFrom(...MANIFESTS);
export const anyTag: Arbitrary<string> = constantFrom("latest", "latest", "1.0", "1.0", SIGNATURE_TAG);

/** True to ask for absent content, too. Mostly that tells nothing, and the step is left out. */
export const anyMiss: Arbitrary<boolean> = nat({ max: 9 }).map((number) => number === 0);
