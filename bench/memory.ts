import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../harness/live/port.ts";
import { logIn, type Send, startSession } from "./client.ts";
import { openIsolate } from "./isolate.ts";
import { descendants, processesVisible, residentBytes } from "../harness/processes.ts";
import { RandomBody } from "./random-body.ts";
import { withServer } from "./server.ts";
import { progress, sizeText } from "./units.ts";

const SAMPLED_EVERY_MS = 100;

/** Layers that arrive at once. */
export interface Arrival {
  readonly layers: number;
  /** Bytes of each layer. */
  readonly size: number;
}

/** Memory during an arrival, in bytes. */
export interface MemoryUse extends Arrival {
  /** The server's workerd processes together, with the simulated stores. */
  readonly processes: Rise;
  /** The Worker's isolate, the only part that it has on Cloudflare. */
  readonly isolate: Rise;
}

interface Rise {
  /** The memory before anything arrived. */
  readonly idle: number;
  /** The highest memory seen. */
  readonly peak: number;
}

/** Sends each arrival to a fresh server. Null if the system does not show its processes. */
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

async function memoryOf(arrival: Arrival): Promise<MemoryUse> {
  const inspector = await freePort();
  return withServer(
    async (server) => {
      const as = await logIn(server);
      const pids = descendants(server.pid, "workerd");
      if (pids.length === 0) throw new Error("the server has no workerd process");
      const isolate = await openIsolate(inspector);
      const inUse = async (): Promise<Sample> => ({
        processes: pids.reduce((sum, pid) => sum + residentBytes(pid), 0),
        isolate: await isolate.memory(),
      });
      const samples = [await inUse()];
      const arrived = arrive(as, arrival);
      for (let isOver = false; !isOver; samples.push(await inUse())) {
        isOver = await Promise.race([arrived.then(() => true), sleep(SAMPLED_EVERY_MS, false)]);
      }
      isolate.close();
      return { ...arrival, processes: riseOf(samples, "processes"), isolate: riseOf(samples, "isolate") };
    },
    { env: { INSPECTOR_PORT: String(inspector) } },
  );
}

type Sample = Readonly<Record<"processes" | "isolate", number>>;

function riseOf(samples: readonly Sample[], of: keyof Sample): Rise {
  const all = samples.map((sample) => sample[of]);
  return { idle: all[0] ?? 0, peak: Math.max(...all) };
}

/** Sends layers as docker does: each in one PATCH without its length. */
async function arrive(as: Send, { layers, size }: Arrival): Promise<void> {
  const addresses = await Promise.all(Array.from({ length: layers }, () => startSession(as)));
  await Promise.all(
    addresses.map((address) =>
      as({ method: "PATCH", address, body: new RandomBody(size), transfer: "chunked", status: 202 }),
    ),
  );
}
