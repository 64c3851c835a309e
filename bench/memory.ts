import { logIn, startSession } from "./client.ts";
import { descendants, processesVisible, residentBytes } from "./processes.ts";
import { RandomBody } from "./random-body.ts";
import { withServer } from "./server.ts";
import { progress, sizeText } from "./units.ts";

const SAMPLED_EVERY_MS = 100;

/** What arrives at once. */
export interface Arrival {
  readonly layers: number;
  /** Bytes of each. */
  readonly size: number;
}

/** What the server's workerd processes have in memory together. All in bytes. */
export interface MemoryUse extends Arrival {
  /** Before it came. */
  readonly idle: number;
  /** The highest while it came. */
  readonly peak: number;
}

/** Sends each to a fresh server. Null where the system does not show its processes. */
export async function measureMemory(arrivals: readonly Arrival[]): Promise<readonly MemoryUse[] | null> {
  if (!processesVisible) return null;
  const uses: MemoryUse[] = [];
  for (const arrival of arrivals) {
    progress(`memory while ${arrivalText(arrival)} arrive`);
    uses.push(await memoryOf(arrival));
  }
  return uses;
}

export function arrivalText({ layers, size }: Arrival): string {
  return layers === 1 ? sizeText(size) : `${layers} × ${sizeText(size)}`;
}

function memoryOf({ layers, size }: Arrival): Promise<MemoryUse> {
  return withServer(async (server) => {
    const as = await logIn(server);
    const bodies = Array.from({ length: layers }, () => new RandomBody(size));
    const addresses = await Promise.all(bodies.map(() => startSession(as)));
    const pids = descendants(server.pid, "workerd");
    if (pids.length === 0) throw new Error("the server has no workerd process");
    const inUse = (): number => pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
    const idle = inUse();
    let peak = idle;
    const sampling = setInterval(() => {
      peak = Math.max(peak, inUse());
    }, SAMPLED_EVERY_MS);
    try {
      await Promise.all(
        bodies.map((body, at) =>
          as({ method: "PATCH", address: addresses[at] ?? "", body, transfer: "chunked", status: 202 }),
        ),
      );
    } finally {
      clearInterval(sampling);
    }
    return { layers, size, idle, peak: Math.max(peak, inUse()) };
  });
}
