import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "./process.ts";
import type { OwnServer } from "./server.ts";
import { readState, type StoredState } from "./state.ts";

/** The most runs: more than any state of a test should need, at 500 rows a step. */
const MOST_RUNS = 10;

/**
 * Returns the settings of a server that keeps unneeded content of every kind for so many seconds. It
 * serves nothing from the cache, which could hide a loss.
 */
export function keepFor(seconds: number): Environment {
  return {
    GC_GRACE_HOURS: String(seconds / 3600),
    ORPHAN_GRACE_MINUTES: String(seconds / 60),
    KEEP_DELETED_DAYS: String(seconds / 86_400),
    KEEP_BYTES_DAYS: "0",
    READ_MEMORY_SECONDS: "0",
    CACHE_MB: "0",
  };
}

/** Fires the cron trigger, and waits until everything that it started has ended. Throws if that failed. */
export async function runUpkeep({ url }: Pick<OwnServer, "url">): Promise<void> {
  const response = await fetch(`${url}/cdn-cgi/handler/scheduled`);
  const answer = await response.text();
  if (answer !== "ok") throw new Error(`upkeep ended with ${response.status} ${answer}`);
}

interface Rest {
  readonly runs: number;
  readonly state: StoredState;
}

/** Runs upkeep until it finds nothing to do, up to a limit. @param pause milliseconds between two runs: the grace, if there is one */
export async function runUpkeepToRest(server: OwnServer, pause = 0): Promise<Rest> {
  for (let runs = 1; ; runs++) {
    await runUpkeep(server);
    const state = readState(server.state);
    if (isAtRest(state) || runs === MOST_RUNS) return { runs, state };
    await sleep(pause);
  }
}

function isAtRest({ orphans, missing, pending }: StoredState): boolean {
  return orphans.length === 0 && missing.length === 0 && pending === 0;
}

/** Returns the violations in a state that upkeep has brought to rest, in words. */
export function violationsOf({ runs, state: { orphans, missing, pending } }: Rest): readonly string[] {
  const after = `after ${runs} runs of upkeep`;
  return [
    ...(orphans.length > 0 ? [`${orphans.length} objects without a row are left ${after}: ${orphans[0]} …`] : []),
    ...(missing.length > 0 ? [`${missing.length} rows have no object ${after}: ${missing[0]} …`] : []),
    ...(pending > 0 ? [`${pending} rows that nothing needs are left ${after}`] : []),
  ];
}
