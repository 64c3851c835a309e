import { overBudget } from "../test/budget/rows.ts";
import type { OperationCost, Operations } from "./operations.ts";
import { growth, megabytes, type Results, rowsPerItem } from "./report.ts";
import { MB, sizeText } from "./units.ts";

/** How many times as long the finishing PUT of the largest upload may take as that of the smallest. */
const MAX_FINISH_RATIO = 5;

/** Bytes by which the peak of a large layer may be over that of a small one. */
const MAX_GROWTH = 100 * MB;

/** Milliseconds from the last push to the last delivery. */
const LAST_DELIVERY_WITHIN = 300_000;

/** How fast a layer must pass the proxy, as a share of its rate without. */
const MIN_PROXY_RATIO = 0.8;

/** Bytes that the proxy may have in memory. */
const MAX_PROXY_MEMORY = 150 * MB;

/** How many times as many rows an item of collection may read where there is most as where there is least. */
const MAX_ROWS_RATIO = 1.5;

/** Queries of one invocation, on the Paid plan. */
const MAX_QUERIES = 1000;

/** The bars that were missed, in words. */
export function missedBars({ operations, uploads, deliveries, memory, proxy, collection }: Results): readonly string[] {
  return [
    ...missedBudgets(operations),
    ...missedFinish(uploads),
    ...missedDeliveries(deliveries),
    ...missedMemory(memory),
    ...missedProxy(proxy),
    ...missedCollection(collection),
  ];
}

function missedCollection(costs: Results["collection"]): readonly string[] {
  const least = Math.min(...costs.map(({ size }) => size));
  return costs.flatMap((cost) => {
    const first = costs.find(({ task, size }) => task === cost.task && size === least) ?? cost;
    const ratio = rowsPerItem(cost) / rowsPerItem(first);
    const what = `collecting (${cost.task}) among ${cost.size} manifests`;
    return [
      ...(ratio > MAX_ROWS_RATIO ? [`${what} reads ${ratio.toFixed(1)} times the rows an item as among ${least}`] : []),
      ...(cost.queries > MAX_QUERIES ? [`${what} takes ${cost.queries} queries; ${MAX_QUERIES} is the most`] : []),
      ...(cost.items === 0 ? [`${what} took nothing`] : []),
    ];
  });
}

function missedDeliveries({ missing, repeated, restMs }: Results["deliveries"]): readonly string[] {
  const late = `the last delivery came ${Math.round(restMs / 1000)} s after the last push`;
  return [
    ...(missing > 0 ? [`${missing} deliveries did not arrive`] : []),
    ...(repeated > 0 ? [`${repeated} deliveries arrived twice`] : []),
    ...(restMs > LAST_DELIVERY_WITHIN ? [late] : []),
  ];
}

function missedProxy({ times: { directMs, proxyMs }, memory }: Results["proxy"]): readonly string[] {
  const ratio = directMs / proxyMs;
  const slow = `the proxy passes layers at ${ratio.toFixed(2)} of the rate without it; ${MIN_PROXY_RATIO} is the least`;
  const large = `the proxy had ${megabytes(memory?.peak ?? 0)} in memory; ${megabytes(MAX_PROXY_MEMORY)} is the most`;
  return [...(ratio < MIN_PROXY_RATIO ? [slow] : []), ...((memory?.peak ?? 0) > MAX_PROXY_MEMORY ? [large] : [])];
}

function missedBudgets({ costs, failures }: Operations): readonly string[] {
  const over = costs.flatMap(missedBudget);
  // A test that failed for another reason than its budget, such as the ones that test the counting.
  return over.length > 0 ? over : failures.map((failure) => `test/budget failed: ${failure}`);
}

function missedBudget({ row: { operation, budget, binding }, measured }: OperationCost): readonly string[] {
  if (measured === null) return [`${operation}: not measured; see npx vitest run test/budget`];
  const columns = binding ? overBudget(measured.tally, budget) : [];
  return columns.length === 0
    ? []
    : [`${operation}: over in ${columns.join(", ")}; it made ${measured.calls.join(", ")}`];
}

function missedFinish(uploads: Results["uploads"]): readonly string[] {
  const [first] = uploads;
  const last = uploads.at(-1);
  if (first === undefined || last === undefined) return [];
  const ratio = last.finishMs / first.finishMs;
  if (ratio <= MAX_FINISH_RATIO) return [];
  const [small, large] = [sizeText(first.size), sizeText(last.size)];
  return [`finishing ${large} takes ${ratio.toFixed(1)} times as long as ${small}; ${MAX_FINISH_RATIO} is the most`];
}

function missedMemory(memory: Results["memory"]): readonly string[] {
  if (memory === null || growth(memory) < MAX_GROWTH) return [];
  return [
    `memory grows by ${megabytes(growth(memory))} with the size of a layer; under ${megabytes(MAX_GROWTH)} is the bar`,
  ];
}
