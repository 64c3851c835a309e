import * as z from "zod";
import { BUDGET, type Measured, measuredSchema, type BudgetRow } from "../harness/budget/rows.ts";
import { runTests } from "./test-report.ts";
import { progress } from "./units.ts";

/** A row of the budget, with the counts that the tests of `test/budget` found. */
export interface OperationCost {
  readonly row: BudgetRow;
  /** The counts; null if the test failed before it had counted. */
  readonly measured: Measured | null;
}

export interface Operations {
  readonly costs: readonly OperationCost[];
  /** Failures: a test's name or a file's error. */
  readonly failures: readonly string[];
}

const metaSchema = z.object({ measured: measuredSchema.optional() });

/** Runs the tests of the budget, in workerd, and collects their counts. */
export async function countOperations(): Promise<Operations> {
  progress("counting calls to R2, D1 and Durable Objects");
  const { metas, failures } = await runTests(["test/budget/operations", "test/budget/counting"], metaSchema);
  const measured = metas.flatMap((meta) => meta.measured ?? []);
  const costs = Object.entries(BUDGET).map(([key, row]) => ({
    row,
    measured: measured.find((one) => one.key === key) ?? null,
  }));
  return { costs, failures };
}
