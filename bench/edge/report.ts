/** Tables of the measurements, and the bars. */
import { table } from "../../harness/table.ts";
import { median } from "../units.ts";
import type { EdgeDelays } from "./delays.ts";
import type { Measured, Sample } from "./measure.ts";
import { CALL_KINDS } from "../../harness/bindings/plans.ts";

const KINDS = {
  cache: "cache",
  r2: "R2",
  d1Primary: "D1 primary",
  d1Replica: "D1 replica",
  durableObject: "DO",
  queue: "Queue",
  kv: "KV",
} as const;

/** The most that an operation may take, as a share of the other Worker's time. */
type Bars = Readonly<Partial<Record<Measured["kind"], number>>>;

/** Bars for the comparison with another registry. */
export const PEER_BARS: Bars = { "cold pull": 0.9, "warm pull": 0.3 };

export function delaysText({ client, ...calls }: EdgeDelays): string {
  const each = CALL_KINDS.map((kind) => `${KINDS[kind]} ${calls[kind]}`);
  return `Delays in ms: client's round trip ${client}, ${each.join(", ")}`;
}

/** Returns the table of times. It leaves out kinds of calls that never occurred. */
export function timesTable(measured: readonly Measured[]): string {
  const samples = measured.flatMap((row) => row.samples);
  const kinds = CALL_KINDS.filter((kind) => samples.some(({ calls }) => calls[kind] !== undefined));
  const rows = measured.map((row) => {
    const [low, middle, high] = spread(row.samples.map(({ ms }) => ms));
    return [
      row.operation,
      row.worker,
      span(row.samples.map(({ requests }) => requests)),
      ...kinds.map((kind) => span(row.samples.map(({ calls }) => calls[kind] ?? 0))),
      span(row.samples.map(({ leastMs }) => leastMs)),
      span(row.samples.map(({ expectedMs }) => expectedMs)),
      `${middle} (${low}–${high})`,
    ];
  });
  const columns = ["requests", ...kinds.map((kind) => KINDS[kind]), "round trips ms", "expected ms", "measured ms"];
  return table(["operation", "Worker", ...columns], rows);
}

/** A comparison of one Worker's time for an operation with the other's, as ratios. */
export interface Comparison {
  readonly operation: string;
  /** The ratio of the measured medians. `expected` is the same for expected times. */
  readonly measured: number;
  readonly expected: number;
  /** The ratio of the first Worker's round trips alone to the second's expected time. */
  readonly least: number;
  /** The most that `measured` may be; null if there is no bar. */
  readonly bar: number | null;
}

/** Compares the first Worker with the second. */
export function compare(
  measured: readonly Measured[],
  first: string,
  second: string,
  bars: Bars = {},
): readonly Comparison[] {
  return measured.flatMap((ours) => {
    const theirs = measured.find(({ operation, worker }) => operation === ours.operation && worker === second);
    if (ours.worker !== first || theirs === undefined) return [];
    const expected = middleOf(theirs, ({ expectedMs }) => expectedMs);
    return [
      {
        operation: ours.operation,
        measured: middleOf(ours, ({ ms }) => ms) / middleOf(theirs, ({ ms }) => ms),
        expected: middleOf(ours, ({ expectedMs }) => expectedMs) / expected,
        least: middleOf(ours, ({ leastMs }) => leastMs) / expected,
        bar: bars[ours.kind] ?? null,
      },
    ];
  });
}

const middleOf = ({ samples }: Measured, of: (sample: Sample) => number): number => median(samples.map(of));

export const isMissed = ({ measured, bar }: Comparison): boolean => bar !== null && measured > bar;

/** Returns the table of comparisons. @param other the second Worker's name */
export function comparisonTable(comparisons: readonly Comparison[], other: string): string {
  const rows = comparisons.map((one) => {
    const verdict = one.bar === null ? "–" : `${one.bar} ${isMissed(one) ? "missed" : "met"}`;
    return [one.operation, one.least.toFixed(2), one.expected.toFixed(2), one.measured.toFixed(2), verdict];
  });
  return table([`of the time of ${other}`, "round trips alone", "expected", "measured", "bar"], rows);
}

function spread(values: readonly number[]): readonly [number, number, number] {
  return [Math.round(Math.min(...values)), Math.round(median(values)), Math.round(Math.max(...values))];
}

/** Formats values as their median and range; as one number if all are the same. */
function span(values: readonly number[]): string {
  const [low, middle, high] = spread(values);
  return low === high ? String(low) : `${middle} (${low}–${high})`;
}
