/** Kinds of registries that the bench starts and compares. Each requires a login, as it would in use. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { WRANGLER, WRANGLER_SETTINGS } from "../../scripts/wrangler.ts";
import { htpasswdLine, password, startDistribution, username } from "../../harness/live/distribution.ts";
import { freePort } from "../../harness/live/port.ts";
import { startDaemon, waitUntilReady } from "../../harness/live/process.ts";
import { connect } from "../../harness/live/server.ts";
import { environment } from "../environment.ts";

/** Starts a registry and adds its end to the stack. Returns its address with its credential. */
type Start = (path: string, stack: AsyncDisposableStack) => Promise<string>;

const SPACE = "bench";

export const PEERS = {
  spacedock: startSpacedock,
  serverless: startServerless,
  distribution: async (command, stack) => {
    const registry = await startDistribution(command);
    stack.defer(() => registry.stop());
    return `http://${username}:${password}@${registry.host}`;
  },
  zot: startZot,
} as const satisfies Record<string, Start>;

export type PeerKind = keyof typeof PEERS;

export const isPeerKind = (name: string): name is PeerKind => Object.hasOwn(PEERS, name);

async function startSpacedock(checkout: string, stack: AsyncDisposableStack): Promise<string> {
  const endpoint = { url: `http://localhost:${await freePort()}`, adminToken: randomBytes(24).toString("base64url") };
  const env = {
    ...environment(),
    PORT: new URL(endpoint.url).port,
    STATE_DIR: await scratch(stack),
    ADMIN_TOKEN: endpoint.adminToken,
  };
  await serve(
    { command: "npm", args: ["start"], cwd: resolve(checkout), env, ready: `${endpoint.url}/healthz` },
    stack,
  );
  const registry = connect(endpoint);
  await registry.createSpace(SPACE);
  const secret = await registry.createToken(SPACE, { actions: ["pull", "push", "delete"] });
  return `http://ci:${secret}@${new URL(endpoint.url).host}/${SPACE}`;
}

/** Starts serverless-registry with our wrangler, so that both run on the same simulator. */
async function startServerless(checkout: string, stack: AsyncDisposableStack): Promise<string> {
  const port = String(await freePort());
  const state = await scratch(stack);
  const words =
    `dev --config wrangler.example.toml --env dev --port ${port} --ip localhost --inspector-port 0 ` +
    `--show-interactive-dev-session=false --var USERNAME:${username} --var PASSWORD:${password}`;
  const args = [WRANGLER, ...words.split(" "), "--persist-to", state];
  const env = { ...environment(), ...WRANGLER_SETTINGS };
  const ready = `http://localhost:${port}/v2/`;
  await serve({ command: process.execPath, args, cwd: resolve(checkout), env, ready }, stack);
  return `http://${username}:${password}@localhost:${port}`;
}

async function startZot(command: string, stack: AsyncDisposableStack): Promise<string> {
  const directory = await scratch(stack);
  const port = String(await freePort());
  await writeFile(join(directory, "htpasswd"), htpasswdLine);
  const configuration = {
    distSpecVersion: "1.1.1",
    storage: { rootDirectory: join(directory, "data"), gc: false },
    http: { address: "127.0.0.1", port, auth: { htpasswd: { path: join(directory, "htpasswd") } } },
    log: { level: "error", output: join(directory, "log") },
  };
  await writeFile(join(directory, "config.json"), JSON.stringify(configuration));
  const ready = `http://127.0.0.1:${port}/v2/`;
  const args = ["serve", join(directory, "config.json")];
  await serve({ command: resolve(command), args, cwd: directory, env: environment(), ready }, stack);
  return `http://${username}:${password}@127.0.0.1:${port}`;
}

interface Serving {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** An address that answers, with any status, once the registry is up. */
  readonly ready: string;
}

async function serve({ command, args, cwd, env, ready }: Serving, stack: AsyncDisposableStack): Promise<void> {
  const daemon = startDaemon(command, args, { cwd, env });
  stack.defer(() => daemon.stop());
  await waitUntilReady(daemon, command, () =>
    fetch(ready).then(
      ({ status }) => status < 500,
      () => false,
    ),
  );
}

async function scratch(stack: AsyncDisposableStack): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "spacedock-peers-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
