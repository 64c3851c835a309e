/** `npm run bench:edge`: the edge, simulated. See HELP in options.ts. */
import { writeFile } from "node:fs/promises";
import { runCommand } from "../command.ts";
import { readDelays } from "./delays.ts";
import { measure } from "./measure.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { compare, comparisonTable, delaysText, isMissed, PEER_BARS, timesTable } from "./report.ts";
import { type Candidate, otherWorker, spacedock, withTargets } from "./targets.ts";

await runCommand(HELP, readOptions, bench);

async function bench({
  worker,
  workerEnvironment,
  workerLogin,
  json,
  plan,
  settings,
  beside,
  ...files
}: Options): Promise<number> {
  const delays = await readDelays(files.delays);
  const other = worker === null ? null : otherWorker(worker, workerEnvironment, workerLogin);
  const own = spacedock(settings);
  const again = beside === null ? null : spacedock([...settings, beside], `Spacedock, ${beside}`);
  const compared = [again, other].filter((candidate): candidate is Candidate => candidate !== null);
  const measured = await withTargets([own, ...compared], delays, (targets) => measure(targets, plan, delays.client));
  const comparisons = compared.map(({ name }) => ({
    with: name,
    operations: compare(measured, own.name, name, name === other?.name ? PEER_BARS : {}),
  }));
  console.log(`\n${delaysText(delays)}\n\n${timesTable(measured)}\n`);
  for (const comparison of comparisons) console.log(`${comparisonTable(comparison.operations, comparison.with)}\n`);
  if (json !== null) await writeFile(json, `${JSON.stringify({ delays, measured, comparisons }, null, 2)}\n`);
  return comparisons.some(({ operations }) => operations.some(isMissed)) ? 1 : 0;
}
