/** The budget of DESIGN.md ("What each client operation may cost"), row by row: the tests hold it, the bench prints it. */
import * as z from "zod";
import { PART_BYTES } from "../../src/storage/uploads/session-rows.ts";

/** The calls that one operation makes, of each kind that is billed. */
const tallySchema = z.object({
  /** R2 class A: writes and lists. */
  classA: z.int(),
  /** R2 class B: reads. */
  classB: z.int(),
  /** D1 round trips; a batch is one. */
  d1: z.int(),
  /** Durable Object requests. */
  durableObject: z.int(),
});

export type Tally = Readonly<z.infer<typeof tallySchema>>;

export interface BudgetRow {
  readonly operation: string;
  readonly budget: Tally;
}

const MIB = 1024 * 1024;
/** Bytes; less than a part. */
export const SMALL_BLOB = MIB;
/** Bytes; more than two parts. */
export const LARGE_BLOB = 12 * MIB;
export const PULLED_BLOBS = 3;
export const MANY_LAYERS = 100;

const free: Tally = { classA: 0, classB: 0, d1: 0, durableObject: 0 };
const row = (operation: string, budget: Partial<Tally>): BudgetRow => ({ operation, budget: { ...free, ...budget } });
const onePut = { classA: 1, d1: 2, durableObject: 1 };
const session = (bytes: number): Partial<Tally> => ({
  classA: bytes < PART_BYTES ? 1 : 2 + Math.ceil(bytes / PART_BYTES),
  d1: 2,
  durableObject: 3,
});
const twoTrips = { d1: 2 };
const oneTrip = { d1: 1 };

export const BUDGET = {
  headBlob: row("HEAD blob", oneTrip),
  onePut: row("push a blob: POST, PUT", onePut),
  onePost: row("push a blob: POST with digest", onePut),
  knownBlob: row("push a blob that is there: POST, PUT", onePut),
  smallSession: row("push 1 MiB: POST, PATCH, PUT", session(SMALL_BLOB)),
  wholePart: row("push 5 MiB, one part: POST, PATCH, PUT", session(PART_BYTES)),
  largeSession: row("push 12 MiB: POST, PATCH, PUT", session(LARGE_BLOB)),
  lastBytes: row("push 12 MiB: POST, PATCH, PUT with bytes", session(LARGE_BLOB)),
  manifest: row("push a manifest and tag it", oneTrip),
  manyLayers: row(`push a manifest of ${MANY_LAYERS} layers`, oneTrip),
  mountFrom: row("mount, source named", twoTrips),
  mount: row("mount, source not named", twoTrips),
  firstPull: row("pull a manifest, its day's first", twoTrips),
  nextPull: row("pull a manifest", oneTrip),
  pull: row(`pull, cold, ${PULLED_BLOBS} blobs`, { classB: PULLED_BLOBS, ...oneTrip }),
  pullAgain: row(`pull again, ${PULLED_BLOBS} blobs`, oneTrip),
  tags: row("page of tags", oneTrip),
  catalog: row("page of the catalog", oneTrip),
  referrers: row("page of referrers", oneTrip),
  deleteTag: row("delete a tag", oneTrip),
} satisfies Record<string, BudgetRow>;

export type BudgetKey = keyof typeof BUDGET;

/** The findings of a test, as it writes them into its report. */
export const measuredSchema = z.object({
  key: z.string(),
  tally: tallySchema,
  /** The calls in order, as in "R2 put". */
  calls: z.array(z.string()),
});

export type Measured = Readonly<z.infer<typeof measuredSchema>>;

/** Returns the columns in which a tally is over its budget. */
export function overBudget(tally: Tally, budget: Tally): readonly string[] {
  return tallySchema.keyof().options.filter((column) => tally[column] > budget[column]);
}
