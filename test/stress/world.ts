import type { Access } from "../../harness/live/ask.ts";
import type { Blob, Image } from "../../harness/live/image.ts";

/** The counts of a run. */
export const NO_FIGURES = {
  imagesPushed: 0,
  /** Images that were deleted and pushed again unchanged. */
  imagesRevived: 0,
  /** Pushes begun anew because their grace was over before the manifest came; and those given up after some attempts. */
  pushesRepeated: 0,
  pushesGivenUp: 0,
  imagesDeleted: 0,
  blobsSent: 0,
  blobsSentInChunks: 0,
  blobsMounted: 0,
  blobsFound: 0,
  pulls: 0,
  /** Pulls of images whose deletion had begun. */
  pullsOvertaken: 0,
  upkeepRuns: 0,
  longestUpkeepMs: 0,
  objectsDeleted: 0,
};

export interface Repository {
  readonly name: string;
  /** Another repository of the same space, from which blobs may be mounted. */
  readonly sibling: string;
  readonly access: Access;
}

/** An image whose push was acknowledged. */
export interface PushedImage {
  readonly repository: Repository;
  readonly tag: string;
  readonly image: Image;
}

export interface World {
  /** Milliseconds for which unneeded content is kept. */
  readonly grace: number;
  readonly random: () => number;
  readonly repositories: readonly Repository[];
  /** A few blobs for all images, so that they are unlinked, collected and wanted again all the time. */
  readonly blobs: readonly Blob[];
  /** Images whose deletion has not begun. */
  readonly live: Set<PushedImage>;
  /** Images whose deletion was acknowledged. */
  readonly gone: Set<PushedImage>;
  readonly figures: typeof NO_FIGURES;
  readonly violations: string[];
}
