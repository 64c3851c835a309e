import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../harness/live/port.ts";
import { type Daemon, type Environment, startDaemon, waitUntilReady } from "../../harness/live/process.ts";
import { run } from "../../harness/live/run.ts";
import { connect, type Connection } from "../../harness/live/server.ts";
import { commandsIn } from "./support/guide.ts";
import { type Home, openHome } from "./support/home.ts";
import { makeImageLayout, makeIndexLayout, readLayout } from "./support/layout.ts";
import { scratch } from "./support/scratch.ts";

const root = resolve(import.meta.dirname, "../..");
const GUIDE = "backup.md";

const daemons: Daemon[] = [];
let directory = "";
let home: Home;

/** The shell of a person who follows the guide. Its exports hold for the lines that follow. */
interface Shell {
  readonly env: Record<string, string>;
  /** The registry that the last `npm start` started. */
  registry: (Connection & { stop(): Promise<void> }) | null;
}

function openShell(state: string): Shell {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    env: {
      ...Object.fromEntries(inherited),
      GC_GRACE_HOURS: "0",
      KEEP_DELETED_DAYS: "0",
      STATE_DIR: join(directory, state),
    },
    registry: null,
  };
}

/** Types a line and returns its output. Paths in an `export` are taken as relative to the test's own directory. */
async function type(shell: Shell, line: string): Promise<string> {
  const [, name, path] = /^export (\w+)=\/(.*)$/.exec(line) ?? [];
  if (name !== undefined && path !== undefined) {
    shell.env[name] = join(directory, path);
    return "";
  }
  if (line === "npm start") {
    shell.registry = await start(shell.env);
    return "";
  }
  return run("sh", ["-c", line], { env: shell.env, cwd: root });
}

async function follow(shell: Shell, heading: string): Promise<string> {
  const printed: string[] = [];
  for (const line of await commandsIn(GUIDE, heading)) printed.push(await type(shell, line));
  return printed.join("");
}

async function start(env: Environment): Promise<Connection & { stop(): Promise<void> }> {
  const port = await freePort();
  const endpoint = { url: `http://localhost:${port}`, adminToken: randomBytes(24).toString("base64url") };
  const settings = { PORT: String(port), ADMIN_TOKEN: endpoint.adminToken };
  const daemon = startDaemon("npm", ["start"], { cwd: root, env: { ...env, ...settings } });
  daemons.push(daemon);
  await waitUntilReady(daemon, "npm start", () =>
    fetch(`${endpoint.url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return { ...connect(endpoint), stop: () => daemon.stop() };
}

function running({ registry }: Shell): NonNullable<Shell["registry"]> {
  if (registry === null) throw new Error("no registry was started");
  return registry;
}

async function login({ host }: Connection, token: string): Promise<void> {
  await home.run("crane", ["auth", "login", host, "--username", "ci", "--password-stdin"], token);
}

async function push({ host }: Connection, name: string, kind: "image" | "index", size: number): Promise<void> {
  const layout = scratch(home);
  await (kind === "index" ? makeIndexLayout(layout, [size]) : makeImageLayout(layout, [5000, size]));
  await home.run("crane", ["push", ...(kind === "index" ? ["--index"] : []), layout, `${host}/acme/${name}`]);
}

/** Pulls to an empty place and compares every digest. Returns the manifest's. */
async function pull({ host }: Connection, name: string): Promise<string> {
  const layout = scratch(home);
  await home.run("crane", ["pull", "--format=oci", `${host}/acme/${name}`, layout]);
  return readLayout(layout);
}

const NAMES = ["web:1", "web:multi", "tools/big:1"] as const;

function pullAll(registry: Connection): Promise<readonly string[]> {
  return Promise.all(NAMES.map((name) => pull(registry, name)));
}

async function collect({ url }: Connection): Promise<void> {
  for (let time = 0; time < 3; time++)
    expect(await (await fetch(`${url}/cdn-cgi/handler/scheduled`)).text()).toBe("ok");
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "spacedock-backup-"));
  home = await openHome();
});

afterAll(async () => {
  await Promise.all(daemons.map((daemon) => daemon.stop()));
  await Promise.all([home.remove(), rm(directory, { recursive: true, force: true })]);
});

describe("docs/backup.md, followed as it is written,", () => {
  it("brings every image back, into an empty registry and to an earlier moment", async () => {
    const shell = openShell("state");
    await type(shell, "npm start");
    const first = running(shell);
    await first.createSpace("acme");
    const token = await first.createToken("acme", { actions: ["pull", "push", "delete"] });
    await login(first, token);
    await push(first, "web:1", "image", 100_000);
    await push(first, "web:multi", "index", 50_000);
    await push(first, "tools/big:1", "image", 20_000_000);
    const digests = await pullAll(first);

    expect(await follow(shell, "Back up")).toContain("is complete");

    const elsewhere = openShell("nothing");
    elsewhere.env["BACKUP"] = shell.env["BACKUP"] ?? "";
    expect(await follow(elsewhere, "Restore into an empty registry")).toContain("is restored");
    const second = running(elsewhere);
    await login(second, token);
    expect(await pullAll(second)).toEqual(digests);
    await second.stop();

    // After the backup, content is deleted and collected, and more is added.
    await home.run("crane", ["delete", `${first.host}/acme/web@${digests[0]}`]);
    await home.run("crane", ["delete", `${first.host}/acme/tools/big@${digests[2]}`]);
    await push(first, "web:later", "image", 10_000);
    await collect(first);
    await expect(pull(first, "web:1")).rejects.toThrow("MANIFEST_UNKNOWN");
    await first.stop();

    // All bytes must come from the bucket, which is newer than the rows.
    await rm(join(shell.env["BACKUP"] ?? "", "objects"), { recursive: true });
    expect(await follow(shell, "Bring only the database back to an earlier moment")).toContain("0 objects were copied");
    await type(shell, "npm start");
    const third = running(shell);
    await login(third, token);
    await collect(third);
    expect(await pullAll(third)).toEqual(digests);
    await expect(pull(third, "web:later")).rejects.toThrow("MANIFEST_UNKNOWN");
  });
});
