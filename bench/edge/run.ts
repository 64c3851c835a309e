/** `npm run bench:edge`: the edge, simulated. See HELP in options.ts. */
import { writeFile } from "node:fs/promises";
import { readDelays } from "./delays.ts";
import { measure } from "./measure.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { compare, comparisonTable, delaysText, isMissed, timesTable } from "./report.ts";
import { otherWorker, SPACEDOCK, withTargets } from "./targets.ts";

const options = readOptions(process.argv.slice(2));
if (options === null) {
  console.error(HELP);
  process.exitCode = 2;
} else if (options.help) console.log(HELP);
else process.exitCode = await bench(options);

async function bench({ worker, workerEnvironment, workerLogin, json, plan, ...files }: Options): Promise<number> {
  const delays = await readDelays(files.delays);
  const other = worker === null ? null : otherWorker(worker, workerEnvironment, workerLogin);
  const candidates = other === null ? [SPACEDOCK] : [SPACEDOCK, other];
  const measured = await withTargets(candidates, delays, (targets) => measure(targets, plan, delays.client));
  const comparisons = other === null ? [] : compare(measured, SPACEDOCK.name, other.name);
  console.log(`\n${delaysText(delays)}\n\n${timesTable(measured)}\n`);
  if (other !== null) console.log(`${comparisonTable(comparisons, other.name)}\n`);
  if (json !== null) await writeFile(json, `${JSON.stringify({ delays, measured, comparisons }, null, 2)}\n`);
  return comparisons.some(isMissed) ? 1 : 0;
}
