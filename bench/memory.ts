import { logIn, startSession } from "./client.ts";
import { descendants, processesVisible, residentBytes } from "./processes.ts";
import { RandomBody } from "./random-body.ts";
import { withServer } from "./server.ts";
import { progress, sizeText } from "./units.ts";

const SAMPLED_EVERY_MS = 100;

/** What the server's workerd processes have in memory together. All in bytes. */
export interface MemoryUse {
  /** Of the layer. */
  readonly size: number;
  /** Before it came. */
  readonly idle: number;
  /** The highest while it came. */
  readonly peak: number;
}

/** Sends layers of these sizes, each to a fresh server. Null where the system does not show its processes. */
export async function measureMemory(sizes: readonly number[]): Promise<readonly MemoryUse[] | null> {
  if (!processesVisible) return null;
  const uses: MemoryUse[] = [];
  for (const size of sizes) {
    progress(`memory while ${sizeText(size)} arrive`);
    uses.push(await memoryOf(size));
  }
  return uses;
}

function memoryOf(size: number): Promise<MemoryUse> {
  return withServer(async (server) => {
    const as = await logIn(server);
    const address = await startSession(as);
    const pids = descendants(server.pid, "workerd");
    if (pids.length === 0) throw new Error("the server has no workerd process");
    const inUse = (): number => pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
    const idle = inUse();
    let peak = idle;
    const sampling = setInterval(() => {
      peak = Math.max(peak, inUse());
    }, SAMPLED_EVERY_MS);
    try {
      await as({ method: "PATCH", address, body: new RandomBody(size), transfer: "chunked", status: 202 });
    } finally {
      clearInterval(sampling);
    }
    return { size, idle, peak: Math.max(peak, inUse()) };
  });
}
