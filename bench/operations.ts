import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { BUDGET, type Measured, measuredSchema, type BudgetRow } from "../test/budget/rows.ts";
import { progress } from "./units.ts";

const root = resolve(import.meta.dirname, "..");
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

/** A row of the budget, and what the tests of `test/budget` found. */
export interface OperationCost {
  readonly row: BudgetRow;
  /** Null when the test failed before it had counted. */
  readonly measured: Measured | null;
}

export interface Operations {
  readonly costs: readonly OperationCost[];
  /** What failed: a test's name or a file's error. */
  readonly failures: readonly string[];
}

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      message: z.string(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          meta: z.object({ measured: measuredSchema.optional() }).optional(),
        }),
      ),
    }),
  ),
});

/** Runs the tests that hold the budget, in workerd, and collects what they counted. */
export async function countOperations(): Promise<Operations> {
  progress("counting calls to R2, D1 and Durable Objects");
  const directory = await mkdtemp(join(tmpdir(), "spacedock-bench-"));
  try {
    return operationsOf(await runTests(join(directory, "report.json")));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function runTests(file: string): Promise<unknown> {
  const args = [vitest, "run", "test/budget", "--config=vitest.config.ts", "--reporter=json", `--outputFile=${file}`];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  const [said] = await Promise.all([text(child.stderr), once(child, "close")]);
  const report = await readFile(file, "utf8").catch(() => null);
  if (report === null) throw new Error(`the tests of test/budget did not run:\n${said}`);
  return JSON.parse(report);
}

function operationsOf(report: unknown): Operations {
  const { testResults } = reportSchema.parse(report);
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const measured = tests.flatMap(({ meta }) => meta?.measured ?? []);
  const costs = Object.entries(BUDGET).map(([key, row]) => ({
    row,
    measured: measured.find((one) => one.key === key) ?? null,
  }));
  const failed = tests.filter(({ status }) => status === "failed").map(({ fullName }) => fullName);
  const broken = testResults.map(({ message }) => message).filter((message) => message !== "");
  return { costs, failures: [...failed, ...broken] };
}
