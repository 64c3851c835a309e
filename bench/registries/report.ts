import { table } from "../table.ts";
import type { Measured, Result } from "./measure.ts";

/** One line a workload; for each registry how long an operation took, and the ratio to the first. */
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

/** Why something is missing in the table. */
export function failureLines(measured: readonly Measured[]): readonly string[] {
  return measured.flatMap(({ workload, results }) =>
    results
      .filter(({ failed }) => failed > 0)
      .map(({ peer, failed, reasons }) => `${peer}, ${workload}: ${failed} failed: ${reasons.join("; ")}`),
  );
}
