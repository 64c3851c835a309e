/** The bars of each section; the missed ones are told in words. */
import { overBudget } from "../harness/budget/rows.ts";
import type { LoadCost } from "./collection/load.ts";
import type { CollectionCost } from "./collection/measure.ts";
import type { DeliveryTimes } from "./deliveries.ts";
import { arrivalText, type MemoryUse } from "./memory.ts";
import type { OperationCost, Operations } from "./operations.ts";
import type { ProxyResults } from "./proxy.ts";
import { growth, megabytes, rowsPerItem } from "./report.ts";
import { MB, sizeText } from "./units.ts";
import type { UploadTimes } from "./uploads.ts";

/** The most that the finishing PUT of the largest upload may take, as a multiple of that of the smallest. */
const MAX_FINISH_RATIO = 5;

/** The most bytes by which the peak may be higher for a large layer, or repository, than for a small one. */
const MAX_GROWTH = 100 * MB;

/** The most bytes by which the memory of the Worker's isolate may rise while layers arrive. */
const MAX_AT_ONCE = 150 * MB;

/** The most milliseconds from the last push to the last delivery. */
const LAST_DELIVERY_WITHIN = 300_000;

/** The least rate of a layer through the proxy, as a share of its rate without the proxy. */
const MIN_PROXY_RATIO = 0.8;

/** The most bytes that the proxy may have in memory. */
const MAX_PROXY_MEMORY = 150 * MB;

/**
 * The most rows that an item of collection may read in the largest registry, as a multiple of those in the smallest.
 */
const MAX_ROWS_RATIO = 1.5;

/** The most queries of one invocation, on the Free plan. */
const MAX_QUERIES = 50;

/**
 * The most CPU that a run of upkeep may take in the largest registry, as a multiple of that in the smallest. It is
 * generous, since each run is measured once.
 */
const MAX_CPU_RATIO = 2;

/** The most milliseconds of CPU of an invocation, on the Paid plan and without a limit of our own. */
const MAX_CPU = 30_000;

export function missedCollection(costs: readonly CollectionCost[]): readonly string[] {
  return costs.flatMap((cost) => {
    const least = costs.find(({ task, shape }) => task === cost.task && shape === cost.shape) ?? cost;
    const ratio = rowsPerItem(cost) / rowsPerItem(least);
    const what = `upkeep (${cost.task}) among ${cost.size} manifests (${cost.shape})`;
    return [
      ...(ratio > MAX_ROWS_RATIO
        ? [`${what} reads ${ratio.toFixed(1)} times the rows an item as among ${least.size}`]
        : []),
      ...(cost.queries > MAX_QUERIES ? [`${what} takes ${cost.queries} queries; ${MAX_QUERIES} is the most`] : []),
      ...(cost.items === 0 ? [`${what} took nothing`] : []),
    ];
  });
}

export function missedLoad(costs: readonly LoadCost[] | null): readonly string[] {
  if (costs === null) return [];
  return costs.flatMap((cost) => {
    const least = costs.find(({ task }) => task === cost.task) ?? cost;
    const ratio = cost.cpuMs / least.cpuMs;
    const more = cost.peak - least.peak;
    const what = `a run of upkeep (${cost.task}) among ${cost.size} manifests`;
    return [
      ...(ratio > MAX_CPU_RATIO ? [`${what} takes ${ratio.toFixed(1)} times the CPU as among ${least.size}`] : []),
      ...(cost.cpuMs > MAX_CPU ? [`${what} takes ${cost.cpuMs} ms of CPU; ${MAX_CPU} is the most`] : []),
      ...(more > MAX_GROWTH ? [`${what} has ${megabytes(more)} more in memory than among ${least.size}`] : []),
    ];
  });
}

export function missedDeliveries({ missing, repeated, restMs }: DeliveryTimes): readonly string[] {
  const late = `the last delivery came ${Math.round(restMs / 1000)} s after the last push`;
  return [
    ...(missing > 0 ? [`${missing} deliveries did not arrive`] : []),
    ...(repeated > 0 ? [`${repeated} deliveries arrived twice`] : []),
    ...(restMs > LAST_DELIVERY_WITHIN ? [late] : []),
  ];
}

export function missedProxy({ times: { directMs, proxyMs }, memory }: ProxyResults): readonly string[] {
  const ratio = directMs / proxyMs;
  const slow = `the proxy passes layers at ${ratio.toFixed(2)} of the rate without it; ${MIN_PROXY_RATIO} is the least`;
  const large = `the proxy had ${megabytes(memory?.peak ?? 0)} in memory; ${megabytes(MAX_PROXY_MEMORY)} is the most`;
  return [...(ratio < MIN_PROXY_RATIO ? [slow] : []), ...((memory?.peak ?? 0) > MAX_PROXY_MEMORY ? [large] : [])];
}

export function missedBudgets({ costs, failures }: Operations): readonly string[] {
  const over = costs.flatMap(missedBudget);
  // If no budget is exceeded, tests that failed for another reason are told, such as those that test the counting.
  return over.length > 0 ? over : failures.map((failure) => `test/budget failed: ${failure}`);
}

function missedBudget({ row: { operation, budget }, measured }: OperationCost): readonly string[] {
  if (measured === null) return [`${operation}: not measured; see npx vitest run test/budget`];
  const columns = overBudget(measured.tally, budget);
  return columns.length === 0
    ? []
    : [`${operation}: over in ${columns.join(", ")}; it made ${measured.calls.join(", ")}`];
}

export function missedFinish(uploads: readonly UploadTimes[]): readonly string[] {
  const [first] = uploads;
  const last = uploads.at(-1);
  if (first === undefined || last === undefined) return [];
  const ratio = last.finishMs / first.finishMs;
  if (ratio <= MAX_FINISH_RATIO) return [];
  const [small, large] = [sizeText(first.size), sizeText(last.size)];
  return [`finishing ${large} takes ${ratio.toFixed(1)} times as long as ${small}; ${MAX_FINISH_RATIO} is the most`];
}

export function missedMemory(memory: readonly MemoryUse[] | null): readonly string[] {
  if (memory === null) return [];
  const grown = growth(memory);
  const withSize =
    grown < MAX_GROWTH
      ? []
      : [`memory grows by ${megabytes(grown)} with the size of a layer; under ${megabytes(MAX_GROWTH)} is the bar`];
  const atOnce = memory
    .filter(({ isolate: { idle, peak } }) => peak - idle >= MAX_AT_ONCE)
    .map(
      (use) =>
        `the isolate grows by ${megabytes(use.isolate.peak - use.isolate.idle)} while ${arrivalText(use)} arrive; under ${megabytes(MAX_AT_ONCE)} is the bar`,
    );
  return [...withSize, ...atOnce];
}
