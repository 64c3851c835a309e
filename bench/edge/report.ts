/** Tables of what was measured, and the bars. */
import { table } from "../table.ts";
import { median } from "../units.ts";
import type { EdgeDelays } from "./delays.ts";
import type { Measured } from "./measure.ts";
import { CALL_KINDS } from "./wrapper/plans.ts";

const KINDS = {
  cache: "cache",
  r2: "R2",
  d1Primary: "D1 primary",
  d1Replica: "D1 replica",
  durableObject: "DO",
  queue: "Queue",
  kv: "KV",
} as const;

/** Of the other Worker's time. */
const BARS: Readonly<Partial<Record<Measured["kind"], number>>> = { "cold pull": 0.9, "warm pull": 0.3 };

export function delaysText({ client, ...calls }: EdgeDelays): string {
  const each = CALL_KINDS.map((kind) => `${KINDS[kind]} ${calls[kind]}`);
  return `Delays in ms: client's round trip ${client}, ${each.join(", ")}`;
}

export function timesTable(measured: readonly Measured[]): string {
  const rows = measured.map((row) => {
    const [low, middle, high] = spread(row.samples.map(({ ms }) => ms));
    return [
      row.operation,
      row.worker,
      span(row.samples.map(({ requests }) => requests)),
      ...CALL_KINDS.map((kind) => span(row.samples.map(({ calls }) => calls[kind] ?? 0))),
      span(row.samples.map(({ expectedMs }) => expectedMs)),
      `${middle} (${low}–${high})`,
    ];
  });
  const kinds = CALL_KINDS.map((kind) => KINDS[kind]);
  return table(["operation", "Worker", "requests", ...kinds, "expected ms", "measured ms"], rows);
}

/** How one Worker's time for an operation compares with the other's. */
export interface Comparison {
  readonly operation: string;
  /** Of the medians. */
  readonly measured: number;
  readonly expected: number;
  /** The most that `measured` may be; null: there is no bar. */
  readonly bar: number | null;
}

/** The first Worker against the second. */
export function compare(measured: readonly Measured[], first: string, second: string): readonly Comparison[] {
  return measured.flatMap((ours) => {
    const theirs = measured.find(({ operation, worker }) => operation === ours.operation && worker === second);
    if (ours.worker !== first || theirs === undefined) return [];
    const ratio = (of: (row: Measured) => number): number => of(ours) / of(theirs);
    return [
      {
        operation: ours.operation,
        measured: ratio(({ samples }) => median(samples.map(({ ms }) => ms))),
        expected: ratio(({ samples }) => median(samples.map(({ expectedMs }) => expectedMs))),
        bar: BARS[ours.kind] ?? null,
      },
    ];
  });
}

export const isMissed = ({ measured, bar }: Comparison): boolean => bar !== null && measured > bar;

/** @param other the second Worker's name. */
export function comparisonTable(comparisons: readonly Comparison[], other: string): string {
  const rows = comparisons.map((one) => {
    const verdict = one.bar === null ? "–" : `${one.bar} ${isMissed(one) ? "missed" : "met"}`;
    return [one.operation, one.expected.toFixed(2), one.measured.toFixed(2), verdict];
  });
  return table([`of the time of ${other}`, "expected", "measured", "bar"], rows);
}

function spread(values: readonly number[]): readonly [number, number, number] {
  return [Math.round(Math.min(...values)), Math.round(median(values)), Math.round(Math.max(...values))];
}

/** One number where all are the same. */
function span(values: readonly number[]): string {
  const [low, middle, high] = spread(values);
  return low === high ? String(low) : `${middle} (${low}–${high})`;
}
