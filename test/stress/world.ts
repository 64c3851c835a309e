import type { Access } from "../../harness/live/ask.ts";
import type { Blob, Image } from "../../harness/live/image.ts";

/** What a run counts. */
export const NO_FIGURES = {
  imagesPushed: 0,
  /** Deleted before, and pushed again as they were. */
  imagesRevived: 0,
  /** Begun anew, since their grace was over before the manifest came; and given up after some times. */
  pushesRepeated: 0,
  pushesGivenUp: 0,
  imagesDeleted: 0,
  blobsSent: 0,
  blobsSentInChunks: 0,
  blobsMounted: 0,
  blobsFound: 0,
  pulls: 0,
  /** Of images whose deletion had begun. */
  pullsOvertaken: 0,
  upkeepRuns: 0,
  longestUpkeepMs: 0,
  objectsDeleted: 0,
};

export interface Repository {
  readonly name: string;
  /** Another one of the same space, which blobs may be mounted from. */
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
  /** Milliseconds that what nothing needs is kept. */
  readonly grace: number;
  readonly random: () => number;
  readonly repositories: readonly Repository[];
  /** Few blobs for all images: they are unlinked, collected and wanted again all the time. */
  readonly blobs: readonly Blob[];
  /** Images that nobody has begun to delete. */
  readonly live: Set<PushedImage>;
  /** Images whose deletion was acknowledged. */
  readonly gone: Set<PushedImage>;
  readonly figures: typeof NO_FIGURES;
  readonly violations: string[];
}
