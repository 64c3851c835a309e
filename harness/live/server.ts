import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { freePort } from "./port.ts";
import { type Daemon, type Environment, startDaemon, waitUntilReady } from "./process.ts";

export type Action = "pull" | "push" | "delete" | "admin";

interface TokenRequest {
  readonly actions: readonly Action[];
  readonly repositories?: readonly string[];
  readonly expiresIn?: number;
  readonly name?: string;
}

export interface Endpoint {
  readonly url: string;
  readonly adminToken: string;
}

/** The means that a test has to use a running Spacedock, its own or another's. */
export interface Connection extends Endpoint {
  /** Host and port, as the first part of an image's name. */
  readonly host: string;
  createSpace(name: string): Promise<void>;
  createToken(space: string, request: TokenRequest): Promise<string>;
}

interface Server extends Connection {
  output(): string;
  /** Stops the server and starts it again on the same port with the same state. @param meanwhile changes its state while it is stopped */
  restart(meanwhile?: () => void): Promise<void>;
  stop(): Promise<void>;
}

/** A server that was started here, with its own state. */
export interface OwnServer extends Server {
  /** The directory in which it keeps everything. */
  readonly state: string;
  /** Returns the process from which all of it descends. */
  pid(): number;
  /** Kills all its processes at once, and leaves its state as it is. */
  kill(): Promise<void>;
  /** Starts it again after it was killed. */
  start(): Promise<void>;
}

const root = resolve(import.meta.dirname, "../..");
const createdToken = z.object({ id: z.string(), token: z.string().min(1) });

async function post({ url, adminToken }: Endpoint, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`POST ${path}: ${response.status} ${answer}`);
  return JSON.parse(answer);
}

export function connect(endpoint: Endpoint): Connection {
  return {
    ...endpoint,
    host: new URL(endpoint.url).host,
    createSpace: async (name) => {
      await post(endpoint, "/api/v1/spaces", { name });
    },
    createToken: async (space, request) => {
      const defaults = { name: "test", repositories: ["**"], expiresIn: 86_400 };
      const answer = await post(endpoint, `/api/v1/spaces/${space}/tokens`, { ...defaults, ...request });
      return createdToken.parse(answer).token;
    },
  };
}

export async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

async function launch(url: string, env: Environment): Promise<Daemon> {
  const daemon = startDaemon("npm", ["start"], { cwd: root, env });
  try {
    await waitUntilReady(daemon, "npm start", () => isHealthy(url));
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return daemon;
}

/** Uses the server that the environment names, and leaves it running. */
function externalServer(endpoint: Endpoint): Server {
  return {
    ...connect(endpoint),
    output: () => "the server was started elsewhere",
    restart: () => Promise.reject(new Error("cannot restart a server that was started elsewhere")),
    stop: () => Promise.resolve(),
  };
}

/** Starts a server. @param settings environment variables of `npm start` */
export async function startOwnServer(settings: Environment = {}): Promise<OwnServer> {
  const state = await mkdtemp(join(tmpdir(), "spacedock-state-"));
  const port = await freePort();
  const endpoint = { url: `http://localhost:${port}`, adminToken: randomBytes(24).toString("base64url") };
  const env = {
    ...inherited(),
    PORT: String(port),
    STATE_DIR: state,
    ADMIN_TOKEN: endpoint.adminToken,
    ALLOW_LOCAL_TARGETS: "1",
    // Tests decide when upkeep runs.
    UPKEEP: "0",
    ...settings,
  };
  let daemon = await launch(endpoint.url, env).catch(async (error: unknown) => {
    await rm(state, { recursive: true, force: true });
    throw error;
  });
  const start = async (): Promise<void> => {
    daemon = await launch(endpoint.url, env);
  };
  return {
    ...connect(endpoint),
    state,
    pid: () => daemon.pid,
    output: () => daemon.output(),
    kill: async () => {
      await daemon.kill();
      while (await isHealthy(endpoint.url)) await sleep(50);
    },
    start,
    restart: async (meanwhile) => {
      await daemon.stop();
      meanwhile?.();
      await start();
    },
    stop: async () => {
      await daemon.stop();
      await rm(state, { recursive: true, force: true });
    },
  };
}

export function startServer(): Promise<Server> {
  const url = process.env["SPACEDOCK_URL"];
  const adminToken = process.env["ADMIN_TOKEN"];
  if (url !== undefined && adminToken !== undefined) return Promise.resolve(externalServer({ url, adminToken }));
  return startOwnServer();
}
