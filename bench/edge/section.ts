/**
 * The part of `npm run bench` that needs no other Worker. It compares ours with ours without reading ahead, in turns.
 */
import { type EdgeDelays, readDelays } from "./delays.ts";
import { type Measured, measure } from "./measure.ts";
import { QUICK_PLAN } from "./options.ts";
import { type Comparison, compare, comparisonTable, delaysText, timesTable } from "./report.ts";
import { spacedock, withTargets } from "./targets.ts";

const NO_WARMING = "WARM_MB:0";

/** The operation that reading ahead is meant for: a client asks for a few blobs at a time. */
const WARMED = "pull by tag, Docker, cold";

export interface EdgeTimes {
  readonly delays: EdgeDelays;
  readonly measured: readonly Measured[];
  /** Ratios of times with reading ahead to times without it. */
  readonly warming: readonly Comparison[];
}

export async function measureEdge(): Promise<EdgeTimes> {
  const delays = await readDelays(null);
  const own = spacedock([]);
  const without = spacedock([NO_WARMING], `${own.name}, ${NO_WARMING}`);
  const measured = await withTargets([own, without], delays, (targets) => measure(targets, QUICK_PLAN, delays.client));
  return { delays, measured, warming: compare(measured, own.name, without.name) };
}

export function edgeTables({ delays, measured, warming }: EdgeTimes): string {
  return [delaysText(delays), timesTable(measured), comparisonTable(warming, NO_WARMING)].join("\n\n");
}

/** Checks the expected ratio, which follows from the delays alone and so is the same on every machine. */
export function missedEdge({ warming }: EdgeTimes): readonly string[] {
  const expected = warming.find(({ operation }) => operation === WARMED)?.expected ?? Number.NaN;
  return expected < 1
    ? []
    : [`${WARMED}: reading ahead makes it ${expected.toFixed(2)} as long, where it should be shorter`];
}
