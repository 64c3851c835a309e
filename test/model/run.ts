/** `npm run model`: the model test in its long form. See HELP. */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { modelSettings } from "./run-settings.ts";

const HELP = `npm run model -- [--runs <n>] [--steps <n>] [--seed <n>] [--quick] [<files>]

Random sequences of pushes, deletions and their undo, quotas, rules of retention, damage, upkeep and time that passes,
compared with a simple model after every step; and operations that run at once: in random orders of their calls to storage, and
held up at every one of them.

  --runs <n>   sequences (30)
  --steps <n>  in a sequence, at most (200)
  --seed <n>   tries the same again; every run prints its own
  --quick      reads one repository after each step, not all`;

const { values, positionals } = parseArgs({
  options: {
    runs: { type: "string", default: "30" },
    steps: { type: "string", default: "200" },
    seed: { type: "string" },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
  allowPositionals: true,
});

if (values.help) console.log(HELP);
else run();

function run(): void {
  const { runs, steps, seed, quick } = values;
  const settings = modelSettings.parse({
    runs: Number(runs),
    steps: Number(steps),
    stride: 1,
    thorough: !quick,
    ...(seed !== undefined && { seed: Number(seed) }),
  });
  console.log(`seed ${settings.seed}, ${settings.runs} sequences of up to ${settings.steps} steps`);
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", ...(positionals.length === 0 ? ["test/model"] : positionals)], {
    cwd: resolve(import.meta.dirname, "../.."),
    env: { ...process.env, MODEL_SETTINGS: JSON.stringify(settings) },
    stdio: "inherit",
  });
  child.once("close", (code) => {
    process.exitCode = code ?? 1;
  });
}
