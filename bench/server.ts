import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "../harness/live/port.ts";
import { type Daemon, type Environment, startDaemon, waitUntilReady } from "../harness/live/process.ts";
import { connect, type Endpoint } from "../harness/live/server.ts";
import { environment } from "./environment.ts";
import { stopOnSignal } from "./interrupt.ts";

export const SPACE = "bench";

export interface BenchServer {
  readonly url: string;
  /** The id of the process `npm start`, which all of the server's processes descend from. */
  readonly pid: number;
  readonly adminToken: string;
  /** A secret that may do everything in {@link SPACE}. */
  readonly secret: string;
}

const root = resolve(import.meta.dirname, "..");

interface Beginning {
  /** Settings in addition to those of every server of the bench. */
  readonly env?: Environment;
  /** Fills the directory of the server's state before it starts. */
  readonly fill?: (state: string) => Promise<void>;
}

/** Starts a server with a state of its own, and always ends it. */
export async function withServer<T>(
  use: (server: BenchServer) => Promise<T>,
  { env: settings = {}, fill }: Beginning = {},
): Promise<T> {
  const state = await mkdtemp(join(tmpdir(), "spacedock-bench-"));
  const endpoint = { url: `http://localhost:${await freePort()}`, adminToken: randomBytes(24).toString("base64url") };
  const env = {
    ...environment(),
    ...settings,
    PORT: new URL(endpoint.url).port,
    STATE_DIR: state,
    ADMIN_TOKEN: endpoint.adminToken,
    ALLOW_LOCAL_TARGETS: "1",
  };
  await fill?.(state);
  const daemon = startDaemon("npm", ["start"], { cwd: root, env });
  return stopOnSignal(
    () => daemon.stop(),
    async () => {
      try {
        return await use(await prepare(daemon, endpoint));
      } catch (cause) {
        throw new Error(`the server said:\n${daemon.output()}`, { cause });
      } finally {
        await daemon.stop();
        await rm(state, { recursive: true, force: true });
      }
    },
  );
}

async function prepare(daemon: Daemon, endpoint: Endpoint): Promise<BenchServer> {
  await waitUntilReady(daemon, "npm start", () => isHealthy(endpoint.url));
  const registry = connect(endpoint);
  await registry.createSpace(SPACE);
  const secret = await registry.createToken(SPACE, { actions: ["pull", "push", "delete"], name: "bench" });
  return { ...endpoint, pid: daemon.pid, secret };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    return false;
  }
}
