/** Upkeep on this machine. The simulator has no clock for cron triggers, so they are called here. */
import { setTimeout as sleep } from "node:timers/promises";
import { isDue } from "./cron.ts";

/**
 * Calls the due triggers once in each minute, for as long as the process lives. A failed run prints its fault, and the
 * next one goes on.
 */
export async function runUpkeep(url: string, crons: readonly string[]): Promise<never> {
  for (;;) {
    await sleep(60_000 - (Date.now() % 60_000), undefined, { ref: false });
    const now = new Date();
    for (const cron of crons.filter((one) => isDue(one, now))) await call(url, cron);
  }
}

async function call(url: string, cron: string): Promise<void> {
  try {
    const answer = await fetch(`${url}/cdn-cgi/local/scheduled?cron=${encodeURIComponent(cron)}`);
    const text = await answer.text();
    if (!answer.ok) console.error(`spacedock: upkeep (${cron}) ended with ${answer.status} ${text}`);
  } catch (fault) {
    console.error(`spacedock: upkeep (${cron}) could not run: ${String(fault)}`);
  }
}
