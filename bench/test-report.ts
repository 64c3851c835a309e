/** Runs measuring tests in workerd, and collects the results from their reports. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { environment } from "./environment.ts";

const root = resolve(import.meta.dirname, "..");
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

interface TestReport<M> {
  /** The results, one for each test that left some. */
  readonly metas: readonly M[];
  /** Failures: a test's name or a file's error. */
  readonly failures: readonly string[];
}

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string(), meta: z.unknown().optional() })),
    }),
  ),
});

/**
 * Runs tests.
 * @param files the beginnings of the files' paths
 * @param settings variables to add to the tests' environment
 */
export async function runTests<M>(
  files: readonly string[],
  metaSchema: z.ZodType<M>,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestReport<M>> {
  const directory = await mkdtemp(join(tmpdir(), "spacedock-bench-"));
  try {
    const { testResults } = reportSchema.parse(await reportOf(files, join(directory, "report.json"), settings));
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
    const failed = tests.filter(({ status }) => status === "failed").map(({ fullName }) => fullName);
    const broken = testResults.map(({ message }) => message).filter((message) => message !== "");
    const metas = tests.flatMap(({ meta }) => (meta === undefined ? [] : [metaSchema.parse(meta)]));
    return { metas, failures: [...failed, ...broken] };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function reportOf(
  files: readonly string[],
  file: string,
  settings: Readonly<Record<string, string>>,
): Promise<unknown> {
  const args = [vitest, "run", ...files, "--config=vitest.config.ts", "--reporter=json", `--outputFile=${file}`];
  const env = { ...environment(), ...settings };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "ignore", "pipe"] });
  const [said] = await Promise.all([text(child.stderr), once(child, "close")]);
  const report = await readFile(file, "utf8").catch(() => null);
  if (report === null) throw new Error(`${files.join(", ")} did not run:\n${said}`);
  return JSON.parse(report);
}
