import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { freePort } from "../harness/live/port.ts";
import { startDaemon, waitUntilReady } from "../harness/live/process.ts";
import { environment } from "./environment.ts";
import type { Plan } from "./options.ts";
import { processesVisible } from "../harness/processes.ts";
import { type BenchServer, withServer } from "./server.ts";
import { MIB, progress, sizeText } from "./units.ts";
import { inSession } from "./uploads.ts";

/**
 * Times of layers of one size with `spacedock proxy` and without, in milliseconds. Each is the least of the runs, since
 * other work on the machine only adds time.
 */
interface ProxyTimes {
  /** Bytes. */
  readonly size: number;
  readonly runs: number;
  readonly directMs: number;
  readonly proxyMs: number;
}

export interface ProxyResults {
  readonly times: ProxyTimes;
  /**
   * Bytes of a layer, and the most memory of the proxy while it passed; null if the system does not show its processes.
   */
  readonly memory: { readonly size: number; readonly peak: number } | null;
}

const root = resolve(import.meta.dirname, "..");

interface RunningProxy {
  readonly url: string;
  /** Returns the most bytes that the proxy has had in memory since it began. */
  peak(): number;
}

/** Pushes through the proxy in its published form, in turns with pushes without it. */
export async function measureProxy({ size, runs, memory }: Plan["proxy"]): Promise<ProxyResults> {
  const built = spawnSync(process.execPath, ["scripts/build-cli.ts"], { cwd: root, stdio: "inherit" });
  if (built.status !== 0) throw new Error("the command line cannot be built");
  return withServer((server) =>
    withProxy(server, async (proxy) => {
      progress(`uploading ${sizeText(size)} ${runs} times, with the proxy and without`);
      const times = await measureTimes(server, proxy, size, runs);
      if (!processesVisible) return { times, memory: null };
      progress(`memory of the proxy while ${sizeText(memory)} pass`);
      await push({ ...server, url: proxy.url }, memory);
      return { times, memory: { size: memory, peak: proxy.peak() } };
    }),
  );
}

async function measureTimes(
  server: BenchServer,
  { url }: RunningProxy,
  size: number,
  runs: number,
): Promise<ProxyTimes> {
  for (const way of [server, { ...server, url }]) await push(way, 10 * MIB);
  let directMs = Number.POSITIVE_INFINITY;
  let proxyMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    directMs = Math.min(directMs, await push(server, size));
    proxyMs = Math.min(proxyMs, await push({ ...server, url }, size));
  }
  return { size, runs, directMs, proxyMs };
}

async function push(way: BenchServer, size: number): Promise<number> {
  const { patchMs, finishMs } = await inSession(way, size);
  return patchMs + finishMs;
}

async function withProxy<T>(server: BenchServer, use: (proxy: RunningProxy) => Promise<T>): Promise<T> {
  const listen = `127.0.0.1:${await freePort()}`;
  const args = ["dist/spacedock.js", "proxy", "--to", server.url, "--listen", listen];
  const daemon = startDaemon(process.execPath, args, { cwd: root, env: environment() });
  try {
    await waitUntilReady(daemon, "spacedock proxy", () => Promise.resolve(daemon.output().includes("docker login")));
    const peak = (): number => {
      const [, kilobytes = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${daemon.pid}/status`, "utf8")) ?? [];
      return Number(kilobytes) * 1024;
    };
    return await use({ url: `http://${listen}`, peak });
  } catch (cause) {
    throw new Error(`the proxy said:\n${daemon.output()}`, { cause });
  } finally {
    await daemon.stop();
  }
}
