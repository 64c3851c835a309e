/** `npm run bench`: what Spacedock costs and how fast it is. See HELP in options.ts. */
import { writeFile } from "node:fs/promises";
import { missedBars } from "./bars.ts";
import { measureCollection } from "./collection/measure.ts";
import { measureMemory } from "./memory.ts";
import { measureDeliveries } from "./deliveries.ts";
import { countOperations } from "./operations.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { measureProxy } from "./proxy.ts";
import { collectionTable, deliveriesTable, memoryTable, operationsTable, proxyTable, uploadsTable } from "./report.ts";
import { withServer } from "./server.ts";
import { progress } from "./units.ts";
import { measureUploads } from "./uploads.ts";

const options = readOptions(process.argv.slice(2));
if (options === null) {
  console.error(HELP);
  process.exitCode = 2;
} else if (options.help) console.log(HELP);
else process.exitCode = await bench(options);

async function bench({ plan, json }: Options): Promise<number> {
  const begun = performance.now();
  const operations = await countOperations();
  show(operationsTable(operations));
  progress("starting a server");
  const uploads = await withServer((server) => measureUploads(server, plan.uploads));
  show(uploadsTable(uploads));
  progress("starting a server");
  const deliveries = await withServer((server) => measureDeliveries(server, plan.pushes));
  show(deliveriesTable(deliveries));
  const memory = await measureMemory(plan.memory);
  show(memoryTable(memory));
  const proxy = await measureProxy(plan.proxy);
  show(proxyTable(proxy));
  const collection = await measureCollection(plan.collection);
  show(collectionTable(collection));
  const missed = missedBars({ operations, uploads, deliveries, memory, proxy, collection });
  const seconds = Math.round((performance.now() - begun) / 1000);
  if (json !== null) {
    const measured = { operations: operations.costs, uploads, deliveries, memory, proxy, collection };
    const results = { quick: plan.quick, seconds, ...measured, missed };
    await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
  }
  for (const bar of missed) console.log(`MISSED  ${bar}`);
  console.log(`${missed.length === 0 ? "All bars are met" : "Bars were missed"}, in ${seconds} s.`);
  return missed.length === 0 ? 0 : 1;
}

function show(text: string): void {
  console.log(`\n${text}\n`);
}
