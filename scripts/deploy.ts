/**
 * `npm run deploy`: deploys the registry to a Cloudflare account, or updates it there. docs/deploy.md is the guide;
 * `--help` lists the options.
 */
import { buildConsole } from "./console.ts";
import { parseOptions } from "./deploy/options.ts";
import { sentenceOf } from "./deploy/problem.ts";
import { deploy } from "./deploy/run.ts";
import { runWrangler } from "./wrangler.ts";

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) return;
  if (!options["dry-run"]) return deploy(options);
  await buildConsole();
  await runWrangler(["deploy", "--dry-run", "--outdir", "dist"], { output: "show" });
}

try {
  await main();
} catch (error) {
  console.error(`\nspacedock: ${sentenceOf(error)}`);
  process.exitCode = 1;
}
