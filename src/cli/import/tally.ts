import type { Digest } from "../../oci/digest.ts";

/** Counts of a run, for its report. */
export interface Tally {
  /** The referrers that the destination has now; one may belong to many tags. */
  readonly referrers: Set<Digest>;
  readonly copied: { blobs: number; manifests: number; bytes: number };
  readonly skipped: {
    /** The content that was already there. */
    blobs: number;
    manifests: number;
    bytes: number;
    /** Blobs mounted from another repository of the same registry. */
    mounted: number;
    /** Layers that are available only elsewhere. */
    foreignLayers: number;
    /** Referrers that the source lists but lacks, or whose kind registries no longer take. */
    referrers: number;
  };
}

export function emptyTally(): Tally {
  return {
    referrers: new Set(),
    copied: { blobs: 0, manifests: 0, bytes: 0 },
    skipped: { blobs: 0, manifests: 0, bytes: 0, mounted: 0, foreignLayers: 0, referrers: 0 },
  };
}
