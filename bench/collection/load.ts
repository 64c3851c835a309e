/**
 * CPU and memory of runs of upkeep that have as much to do as one run does. They are measured for the server's workerd
 * processes, which include D1 and R2; the Worker's own share is smaller.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { openStorage } from "../../scripts/backup/storage.ts";
import { keepFor, runUpkeep } from "../../harness/live/upkeep.ts";
import {
  cpuTime,
  descendants,
  forgetPeak,
  peakBytes,
  processesVisible,
  residentBytes,
} from "../../harness/processes.ts";
import { type BenchServer, withServer } from "../server.ts";
import { progress } from "../units.ts";
import { COLLECTED, IMAGES, markGarbage, seed, seedGarbage } from "../../harness/large-registry.ts";

export interface LoadCost {
  readonly task: string;
  /** The number of manifests in the repository, and of everything else. */
  readonly size: number;
  /** Milliseconds from the trigger to the end of the run. */
  readonly ms: number;
  /** Milliseconds of CPU, less those that the idle processes take. */
  readonly cpuMs: number;
  /** Bytes in memory before the run. */
  readonly idle: number;
  /** The most bytes in memory during the run. */
  readonly peak: number;
}

interface Load {
  readonly task: string;
  readonly makeDue: (server: BenchServer) => Promise<void>;
}

/** Loads in their order; seeded content is due at once. */
const LOADS: readonly Load[] = [
  { task: "links, blobs, the trash, and retention", makeDue: async () => {} },
  { task: "a deleted repository", makeDue: deleteRepository },
];

/** Marks scrub's work as done, since seeded content has no objects. */
const SCRUBBED = "INSERT INTO walks (name, position) VALUES ('scrub', ?1)";

/** Milliseconds for which the idle processes are watched. */
const IDLE_FOR = 2000;

/** Measures the load of upkeep at each size. Null if the system does not show its processes. */
export async function measureLoad(sizes: readonly number[]): Promise<readonly LoadCost[] | null> {
  if (!processesVisible) return null;
  const costs: LoadCost[] = [];
  for (const size of sizes) {
    progress(`CPU and memory of upkeep in a repository of ${size.toLocaleString("en")} manifests`);
    const seeded = { env: keepFor(1), fill: (state: string) => fill(state, size) };
    costs.push(...(await withServer((server) => measureOn(server, size), seeded)));
  }
  return costs;
}

async function fill(stateDir: string, size: number): Promise<void> {
  const storage = await openStorage({ kind: "local", stateDir });
  try {
    await storage.migrate();
    await seed(storage.db, size, IMAGES);
    await seedGarbage(storage.db, size, 1);
    await markGarbage(storage.db);
    const position = JSON.stringify({ begunAt: Date.now(), kind: null, after: "" });
    await storage.db.prepare(SCRUBBED).bind(position).run();
  } finally {
    await storage.close();
  }
}

async function measureOn(server: BenchServer, size: number): Promise<readonly LoadCost[]> {
  const pids = descendants(server.pid, "workerd");
  const sum = (of: (pid: number) => number): number => pids.reduce((all, pid) => all + of(pid), 0);
  const watch = async (act: () => Promise<unknown>): Promise<{ readonly ms: number; readonly cpuMs: number }> => {
    const [began, cpu] = [performance.now(), sum(cpuTime)];
    await act();
    return { ms: performance.now() - began, cpuMs: sum(cpuTime) - cpu };
  };
  const costs: LoadCost[] = [];
  for (const { task, makeDue } of LOADS) {
    await makeDue(server);
    const rest = await watch(() => sleep(IDLE_FOR));
    for (const pid of pids) forgetPeak(pid);
    const idle = sum(residentBytes);
    const { ms, cpuMs } = await watch(() => runUpkeep(server));
    costs.push({ task, size, ms, cpuMs: cpuMs - (ms * rest.cpuMs) / rest.ms, idle, peak: sum(peakBytes) });
  }
  return costs;
}

async function deleteRepository({ url, adminToken }: BenchServer): Promise<void> {
  const answer = await fetch(`${url}/api/v1/spaces/${COLLECTED}/repositories/images`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${adminToken}` },
  });
  if (!answer.ok) throw new Error(`the repository was not deleted: ${answer.status} ${await answer.text()}`);
  // Deleted repositories are kept for less than this.
  await sleep(1500);
}
