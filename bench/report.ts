import { overBudget, type Tally } from "../harness/budget/rows.ts";
import type { LoadCost } from "./collection/load.ts";
import type { CollectionCost } from "./collection/measure.ts";
import type { DeliveryTimes } from "./deliveries.ts";
import { arrivalText, type MemoryUse } from "./memory.ts";
import type { OperationCost, Operations } from "./operations.ts";
import type { ProxyResults } from "./proxy.ts";
import { table } from "../harness/table.ts";
import { MB, rate, sizeText } from "./units.ts";
import type { UploadTimes } from "./uploads.ts";

const NOT_VISIBLE = "not measured, since this system does not show its processes under /proc";

export function operationsTable({ costs }: Operations): string {
  const header = ["Calls: measured/budget", "R2 class A", "R2 class B", "D1", "Durable Object", ""];
  return table(header, costs.map(operationRow));
}

function operationRow({ row: { operation, budget }, measured }: OperationCost): readonly string[] {
  const cell = (column: keyof Tally): string => `${measured?.tally[column] ?? "?"}/${budget[column]}`;
  return [operation, cell("classA"), cell("classB"), cell("d1"), cell("durableObject"), remark(measured, budget)];
}

function remark(measured: OperationCost["measured"], budget: Tally): string {
  if (measured === null) return "not measured";
  return overBudget(measured.tally, budget).length === 0 ? "" : "OVER";
}

export function uploadsTable(uploads: readonly UploadTimes[]): string {
  const header = ["Upload", "runs", "PATCH, chunked", "", "finishing PUT", "ratio", "one PUT", ""];
  const [first] = uploads;
  return table(
    header,
    uploads.map(({ size, runs, patchMs, finishMs, putMs }) => [
      sizeText(size),
      String(runs),
      ms(patchMs),
      rateText(size, patchMs),
      ms(finishMs),
      (finishMs / (first?.finishMs ?? finishMs)).toFixed(2),
      ms(putMs),
      rateText(size, putMs),
    ]),
  );
}

export function deliveriesTable({
  pushes,
  expected,
  outdated,
  missing,
  repeated,
  pushMs,
  restMs,
  latency,
}: DeliveryTimes): string {
  return table(
    [
      "Pushes to five triggers",
      "deliveries",
      "outdated",
      "missing",
      "repeated",
      "pushing",
      "until the last",
      "median",
      "longest",
    ],
    [
      [
        String(pushes),
        String(expected),
        String(outdated),
        String(missing),
        String(repeated),
        ms(pushMs),
        ms(restMs),
        ms(latency.median),
        ms(latency.longest),
      ],
    ],
  );
}

export function memoryTable(memory: readonly MemoryUse[] | null): string {
  if (memory === null) return `  Memory: ${NOT_VISIBLE}`;
  const rows = memory.map((use) => [
    arrivalText(use),
    ...[use.processes, use.isolate].flatMap(({ idle, peak }) => [idle, peak].map(megabytes)),
  ]);
  return table(
    ["Memory while layers arrive", "workerd before", "peak", "the Worker's isolate before", "peak"],
    [...rows, ["growth with the size of one", "", megabytes(growth(memory)), "", ""]],
  );
}

export function proxyTable({ times: { size, runs, directMs, proxyMs }, memory }: ProxyResults): string {
  const header = ["Upload, chunked transfer", "runs", "best rate", "ratio"];
  const upload = sizeText(size);
  const rows = [
    [`${upload} without the proxy`, String(runs), rateText(size, directMs), ""],
    [`${upload} through spacedock proxy`, String(runs), rateText(size, proxyMs), (directMs / proxyMs).toFixed(2)],
  ];
  const peak =
    memory === null ? "not measured" : `${megabytes(memory.peak)} at most, while ${sizeText(memory.size)} passed`;
  return `${table(header, rows)}\n\n  Memory of the proxy: ${peak}`;
}

export function collectionTable(costs: readonly CollectionCost[]): string {
  const header = ["One run, in which are due", "manifests", "of", "items", "queries", "rows read an item"];
  return table(
    [...header, "in the database", "an item"],
    costs.map((cost) => [
      cost.task,
      cost.size.toLocaleString("en"),
      cost.shape,
      String(cost.items),
      String(cost.queries),
      rowsPerItem(cost).toFixed(1),
      ms(cost.ms),
      `${((cost.ms / cost.items) * 1000).toFixed(0)} µs`,
    ]),
  );
}

export function loadTable(costs: readonly LoadCost[] | null): string {
  if (costs === null) return `  CPU and memory of upkeep: ${NOT_VISIBLE}`;
  return table(
    ["One run, in which are due", "manifests", "CPU of workerd", "takes", "memory before", "peak"],
    costs.map(({ task, size, cpuMs, ms: time, idle, peak }) => [
      task,
      size.toLocaleString("en"),
      ms(cpuMs),
      ms(time),
      megabytes(idle),
      megabytes(peak),
    ]),
  );
}

export function rowsPerItem({ rowsRead, items }: CollectionCost): number {
  return rowsRead / Math.max(items, 1);
}

/** Returns the bytes by which the peak is higher for the largest single layer than for the smallest. */
export function growth(memory: readonly MemoryUse[]): number {
  const single = memory.filter(({ layers }) => layers === 1);
  return (single.at(-1)?.processes.peak ?? 0) - (single[0]?.processes.peak ?? 0);
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / MB)} MB`;
}

function ms(value: number): string {
  return `${value < 100 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

function rateText(bytes: number, time: number): string {
  return `${rate(bytes, time).toFixed(0)} MB/s`;
}
