/** `npm run bench:edge`: the edge, simulated. See HELP in options.ts. */
import { writeFile } from "node:fs/promises";
import { runCommand } from "../command.ts";
import { readDelays } from "./delays.ts";
import { measure } from "./measure.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { compare, comparisonTable, delaysText, isMissed, timesTable } from "./report.ts";
import { otherWorker, spacedock, withTargets } from "./targets.ts";

await runCommand(HELP, readOptions, bench);

async function bench({
  worker,
  workerEnvironment,
  workerLogin,
  json,
  plan,
  settings,
  ...files
}: Options): Promise<number> {
  const delays = await readDelays(files.delays);
  const other = worker === null ? null : otherWorker(worker, workerEnvironment, workerLogin);
  const own = spacedock(settings);
  const candidates = other === null ? [own] : [own, other];
  const measured = await withTargets(candidates, delays, (targets) => measure(targets, plan, delays.client));
  const comparisons = other === null ? [] : compare(measured, own.name, other.name);
  console.log(`\n${delaysText(delays)}\n\n${timesTable(measured)}\n`);
  if (other !== null) console.log(`${comparisonTable(comparisons, other.name)}\n`);
  if (json !== null) await writeFile(json, `${JSON.stringify({ delays, measured, comparisons }, null, 2)}\n`);
  return comparisons.some(isMissed) ? 1 : 0;
}
