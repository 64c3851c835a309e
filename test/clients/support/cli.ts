import { resolve } from "node:path";
import { freePort } from "../../../harness/live/port.ts";
import { type Daemon, startDaemon, waitUntilReady } from "../../../harness/live/process.ts";
import { toolsPath } from "../../../harness/live/tools.ts";

const root = resolve(import.meta.dirname, "../../..");

/** The program and its first argument that run `spacedock` from its sources. */
const spacedock: readonly [string, string] = [process.execPath, resolve(root, "src/cli/main.ts")];

export interface RunningProxy {
  /** The host as clients name it. */
  readonly host: string;
  readonly pid: number;
  output(): string;
  stop(): Promise<void>;
}

/** Starts `spacedock proxy` to a registry. */
export async function startProxy(to: string, ...more: readonly string[]): Promise<RunningProxy> {
  const [node, main] = spacedock;
  const address = `127.0.0.1:${await freePort()}`;
  const args = [main, "proxy", "--to", to, "--listen", address, "-v", ...more];
  const daemon: Daemon = startDaemon(node, args, { cwd: root, env: { PATH: toolsPath, HOME: "/nowhere" } });
  await waitUntilReady(daemon, "spacedock proxy", () => Promise.resolve(daemon.output().includes("docker login")));
  return { host: address, pid: daemon.pid, output: () => daemon.output(), stop: () => daemon.stop() };
}
