import type { Digest } from "../../oci/digest.ts";

/** What a run did, for its report. */
export interface Tally {
  /** Those that the destination has now: one may belong to many tags. */
  readonly referrers: Set<Digest>;
  readonly copied: { blobs: number; manifests: number; bytes: number };
  readonly skipped: {
    /** Were there already. */
    blobs: number;
    manifests: number;
    bytes: number;
    /** Taken over from another repository of the same registry. */
    mounted: number;
    /** Layers that are to be had elsewhere only. */
    foreignLayers: number;
    /** Referrers that the source lists and does not have, or that are of a kind that registries no longer take. */
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
