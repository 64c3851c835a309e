/** `npm run bench`: the costs and the speed of Spacedock. See HELP in options.ts. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { runSection } from "./sections.ts";
import { progress } from "./units.ts";

await runCommand(HELP, readOptions, bench);

async function bench({ plan, sections, json, plots }: Options): Promise<number> {
  const begun = performance.now();
  const measured: Record<string, unknown> = {};
  const missed: string[] = [];
  const took: Record<string, number> = {};
  for (const name of sections) {
    const started = performance.now();
    const outcome = await runSection(name, plan);
    took[name] = secondsSince(started);
    progress(`${name} took ${took[name]} s`);
    measured[name] = outcome.measured;
    missed.push(...outcome.missed);
    if (plots !== null && outcome.plot !== null) {
      await mkdir(plots, { recursive: true });
      await writeFile(join(plots, `${name}.svg`), outcome.plot);
    }
  }
  const seconds = secondsSince(begun);
  if (json !== null) {
    await writeFile(json, `${JSON.stringify({ quick: plan.quick, seconds, took, ...measured, missed }, null, 2)}\n`);
  }
  for (const bar of missed) console.log(`MISSED  ${bar}`);
  console.log(`${missed.length === 0 ? "All bars are met" : "Bars were missed"}, in ${seconds} s.`);
  return missed.length === 0 ? 0 : 1;
}

function secondsSince(moment: number): number {
  return Math.round((performance.now() - moment) / 1000);
}
