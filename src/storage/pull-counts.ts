import type { PullCounts } from "../registry/stores.ts";

/**
 * Writes a data point for each pull to Workers Analytics Engine, or nothing if no dataset is bound. Queries use its
 * columns: index1 and blob1 space, blob2 repository, blob3 tag, blob4 digest, blob5 client, double1 one, double2 bytes.
 * @param later runs work that the answer need not wait for and that must not fail it.
 */
export function pullCounts(
  dataset: AnalyticsEngineDataset | undefined,
  later: (work: Promise<unknown>) => void,
): PullCounts {
  return {
    count({ name, tag, digest, size, client }) {
      if (dataset === undefined) return;
      later(
        Promise.try(() =>
          dataset.writeDataPoint({
            indexes: [name.space],
            blobs: [name.space, name.path, tag ?? "", digest, client],
            doubles: [1, size],
          }),
        ),
      );
    },
  };
}
