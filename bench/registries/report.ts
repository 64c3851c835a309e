import { table } from "../../harness/table.ts";
import type { Measured, Result } from "./measure.ts";

/**
 * Returns a table with one line a workload: each registry's time for an operation, and its ratio to the first
 * registry's.
 */
export function registriesTable(measured: readonly Measured[]): string {
  const peers = measured[0]?.results.map(({ peer }) => peer) ?? [];
  const header = ["Median / p90 / p99", ...peers.flatMap((peer, at) => (at === 0 ? [peer] : [peer, "ratio"]))];
  return table(
    header,
    measured.map(({ workload, results }) => [
      workload,
      ...results.flatMap((result, at) => (at === 0 ? [spreadCell(result)] : [spreadCell(result), ratioCell(result)])),
    ]),
  );
}

function spreadCell({ spread, failed }: Result): string {
  if (spread === null) return "–";
  const { p50, p90, p99 } = spread;
  const digits = p99 < 100 ? 1 : 0;
  const text = `${[p50, p90, p99].map((value) => value.toFixed(digits)).join(" / ")} ms`;
  return failed === 0 ? text : `${text}, ${failed} failed`;
}

function ratioCell({ ratio }: Result): string {
  return ratio?.toFixed(2) ?? "";
}

/** Explains gaps in the table: each reason of a registry once, with the workloads that it belongs to. */
export function failureLines(measured: readonly Measured[]): readonly string[] {
  const workloads = new Map<string, string[]>();
  for (const { workload, results } of measured) {
    for (const { peer, reasons } of results) {
      for (const reason of reasons) {
        const failed = `${peer} failed: ${reason}`;
        workloads.set(failed, [...(workloads.get(failed) ?? []), workload]);
      }
    }
  }
  return [...workloads].map(([failed, names]) => `${failed}\n  ${names.join("\n  ")}`);
}
