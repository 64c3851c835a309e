/** The part of `npm run bench` that needs no other Worker: ours, and ours without reading ahead, in turns. */
import { type EdgeDelays, readDelays } from "./delays.ts";
import { type Measured, measure } from "./measure.ts";
import { QUICK_PLAN } from "./options.ts";
import { type Comparison, compare, comparisonTable, delaysText, timesTable } from "./report.ts";
import { spacedock, withTargets } from "./targets.ts";

const NO_WARMING = "WARM_MB:0";

/** For whom reading ahead is: a client that asks for a few blobs at a time. */
const WARMED = "pull by tag, Docker, cold";

export interface EdgeTimes {
  readonly delays: EdgeDelays;
  readonly measured: readonly Measured[];
  /** With reading ahead, against without it. */
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

/** By what the delays alone make of it, which is the same on every machine. */
export function missedEdge({ warming }: EdgeTimes): readonly string[] {
  const expected = warming.find(({ operation }) => operation === WARMED)?.expected ?? Number.NaN;
  return expected < 1
    ? []
    : [`${WARMED}: reading ahead makes it ${expected.toFixed(2)} as long, where it should be shorter`];
}
