/** The figures that tests write into their reports for the bench: how much was used of everything that is billed. */
import * as z from "zod";

const usageSchema = z.object({
  /** Requests to the Worker: those of clients, and one for each batch of messages that it consumes. */
  requests: z.int(),
  classA: z.int(),
  classB: z.int(),
  /** Round trips; a batch is one. */
  d1: z.int(),
  /** Statements. */
  queries: z.int(),
  rowsRead: z.int(),
  rowsWritten: z.int(),
  /** Milliseconds in the database. */
  databaseMs: z.number(),
  objectRequests: z.int(),
  /** Milliseconds that calls on Durable Objects took. */
  objectMs: z.number(),
  /** Messages to the queue. */
  messages: z.int(),
});

export type Usage = Readonly<z.infer<typeof usageSchema>>;

/** Layers of the images that are pushed, and of those that are pulled by tag and by digest. Each image has a config too. */
export const LAYERS = { push: 5, pull: 10 };

/** Bytes; four parts of 5 MiB. */
export const LARGE_LAYER = 20_000_000;

export const WORKLOADS = {
  firstPushByPut: "first push, 5 layers, by PUT",
  firstPushByPatch: "first push, 5 layers, by PATCH",
  firstPushOfLarge: "first push, 5 layers of 20 MB, by PATCH",
  pushUnchanged: "second push, unchanged",
  fullPull: "full pull, 5 layers",
  pullTagCold: "pull by tag, 10 layers, cold",
  pullTagWarm: "pull by tag, 10 layers, warm",
  pullDigestCold: "pull by digest, 10 layers, cold",
  pullDigestWarm: "pull by digest, 10 layers, warm",
  tags: "page of 50 tags",
  catalog: "page of the catalog",
} as const;

export type WorkloadKey = keyof typeof WORKLOADS;

const isWorkload = (key: string): key is WorkloadKey => Object.hasOwn(WORKLOADS, key);

export const workloadKeys: readonly WorkloadKey[] = Object.keys(WORKLOADS).filter(isWorkload);

export const workloadSchema = z.object({ key: z.enum(workloadKeys), usage: usageSchema });

/** The cost of a metadata operation, with the number of tags and repositories at the time. */
export const growthSchema = z.object({
  operation: z.string(),
  size: z.int(),
  queries: z.int(),
  rowsRead: z.int(),
  rowsWritten: z.int(),
  /** Milliseconds in the database; the least of several. */
  databaseMs: z.number(),
  /** Milliseconds from the request to the end of its answer; the median of several. */
  ms: z.number(),
});

export type GrowthCost = Readonly<z.infer<typeof growthSchema>>;

/** The most times as many rows that an operation may read in the largest registry as in the smallest. */
export const MAX_GROWTH = 3;

/** Operations that by nature read more rows the more there are, each with the reason. */
export const LINEAR: Readonly<Record<string, string>> = {
  "storage report":
    "linear: what is shared, and what nothing needs, is looked up link by link; only the sum is a counter",
  "collection preview": "linear up to the 5,000 links that it looks at in one call",
};

/** Returns how many times as many rows an operation reads at this size as at the smallest. */
export function growthOf(costs: readonly GrowthCost[], { operation, rowsRead }: GrowthCost): number {
  const least = costs.filter((one) => one.operation === operation).toSorted((a, b) => a.size - b.size)[0];
  return rowsRead / Math.max(least?.rowsRead ?? 0, 1);
}

/** The size of the database, with so many of everything. */
export const databaseSchema = z.object({ size: z.int(), bytes: z.int() });

export type DatabaseSize = Readonly<z.infer<typeof databaseSchema>>;
