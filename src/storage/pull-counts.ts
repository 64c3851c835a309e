import type { PullCounts } from "../registry/stores.ts";

/**
 * A data point for each pull, in Workers Analytics Engine; nothing where no dataset is bound. Its columns, which queries
 * name: index1 and blob1 space, blob2 repository, blob3 tag, blob4 digest, blob5 client, double1 one, double2 bytes.
 * @param later runs what the answer need not wait for, and what must not fail it.
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
