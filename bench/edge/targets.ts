/** Workers that run wrapped, on this machine, each with a state of its own. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { ensureSecrets } from "../../scripts/secrets.ts";
import { runWrangler, WRANGLER, WRANGLER_SETTINGS } from "../../scripts/wrangler.ts";
import { freePort } from "../../harness/live/port.ts";
import { type Daemon, startDaemon, waitUntilReady } from "../../harness/live/process.ts";
import { connect } from "../../harness/live/server.ts";
import { environment } from "../environment.ts";
import { stopOnSignal } from "../interrupt.ts";
import { progress } from "../units.ts";
import { SPACE } from "./clients.ts";
import { type WorkerSource, writeEntry } from "./entry.ts";
import type { Account } from "./session.ts";
import { TRACE_PATH } from "./wrapper/protocol.ts";
import type { Delays } from "./wrapper/trace.ts";

/** A Worker to measure. */
export interface Candidate {
  readonly name: string;
  readonly source: WorkerSource;
  /** Prepares its directory before it starts, and returns options for `wrangler dev`. */
  readonly prepare: (directory: string) => Promise<readonly string[]>;
  /** Returns its login, "user:password", once it runs at an address. */
  readonly logIn: (url: string, directory: string) => Promise<string>;
}

/** A running Worker. */
export interface Target extends Account {
  readonly name: string;
}

const config = resolve(import.meta.dirname, "../../wrangler.toml");
const secretsIn = (directory: string): string => join(directory, "secrets.env");
const stateIn = (directory: string): string => join(directory, "state");

/** Returns the Worker of this checkout, with settings such as "WARM_MB:0". */
export const spacedock = (settings: readonly string[], name = "Spacedock"): Candidate => ({
  name,
  source: { config, environment: null },
  prepare: async (directory) => {
    await ensureSecrets(secretsIn(directory));
    const where = ["--local", "--persist-to", stateIn(directory), "--config", config];
    await runWrangler(["d1", "migrations", "apply", "DB", ...where], { output: "hide" });
    const vars = ["MAX_BODY_MB:0", ...settings].flatMap((setting) => ["--var", setting]);
    return ["--env-file", secretsIn(directory), ...vars];
  },
  logIn: async (url, directory) => {
    const { ADMIN_TOKEN: adminToken } = await ensureSecrets(secretsIn(directory));
    const registry = connect({ url, adminToken });
    await registry.createSpace(SPACE);
    return `bench:${await registry.createToken(SPACE, { actions: ["pull", "push"], name: "bench" })}`;
  },
});

/** Returns another Worker, by the path of its configuration or of the directory that contains it. */
export function otherWorker(path: string, environmentName: string | null, login: string): Candidate {
  const files = ["", "wrangler.jsonc", "wrangler.json", "wrangler.toml"].map((name) => resolve(path, name));
  const found = files.find((file) => /\.(?:jsonc?|toml)$/.test(file) && existsSync(file));
  if (found === undefined) throw new Error(`there is no configuration for wrangler at ${path}`);
  return {
    name: basename(dirname(found)),
    source: { config: found, environment: environmentName },
    prepare: async () => [],
    logIn: async () => login,
  };
}

/** Starts Workers, and always ends them. */
export async function withTargets<T>(
  candidates: readonly Candidate[],
  delays: Delays,
  use: (targets: readonly Target[]) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "spacedock-edge-"));
  const daemons: Daemon[] = [];
  const stop = (): Promise<unknown> => Promise.all(daemons.map((daemon) => daemon.stop()));
  return stopOnSignal(stop, async (interrupted) => {
    try {
      const targets: Target[] = [];
      for (const candidate of candidates) {
        progress(`starting ${candidate.name}`);
        const own = await mkdtemp(join(directory, "worker-"));
        const entry = await writeEntry(own, candidate.source, delays);
        const options = await candidate.prepare(own);
        interrupted.throwIfAborted();
        const { daemon, url } = await startWorker(candidate, own, [entry, ...options]);
        daemons.push(daemon);
        await waitUntilReady(daemon, candidate.name, () => isReady(url));
        targets.push({ name: candidate.name, url, login: await candidate.logIn(url, own) });
      }
      return await use(targets);
    } catch (cause) {
      throw new Error(`the Workers said:\n${daemons.map((daemon) => daemon.output()).join("\n")}`, { cause });
    } finally {
      await stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
}

async function startWorker(
  { source }: Candidate,
  directory: string,
  options: readonly string[],
): Promise<{ readonly daemon: Daemon; readonly url: string }> {
  const port = await freePort();
  const args = [
    WRANGLER,
    "dev",
    ...options,
    `--config=${source.config}`,
    ...(source.environment === null ? [] : [`--env=${source.environment}`]),
    `--port=${port}`,
    "--ip=localhost",
    "--inspector-port=0",
    `--persist-to=${stateIn(directory)}`,
    "--show-interactive-dev-session=false",
  ];
  const env = { ...environment(), ...WRANGLER_SETTINGS };
  return { daemon: startDaemon(process.execPath, args, { cwd: directory, env }), url: `http://localhost:${port}` };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url + TRACE_PATH)).ok;
  } catch {
    return false;
  }
}
