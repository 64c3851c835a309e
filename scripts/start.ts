/**
 * `npm start`: the whole registry on this machine, simulated by wrangler and kept on disk.
 *
 *   PORT         the port that it listens on (8787)
 *   STATE_DIR    the directory that keeps everything (.wrangler/state)
 *   INSPECTOR_PORT  the port that a debugger can attach to (none)
 *   UPKEEP       0: no upkeep by itself; otherwise it runs as often as on a deployed registry
 *   ALLOW_LOCAL_TARGETS  1: deployment targets may be on this machine, over plain http (the default); 0: the rules of a deployed registry
 *   ADMIN_TOKEN  the management API's key; without it, one is made and kept in .dev.vars
 *
 * and each setting under [vars] in wrangler.toml, like GC_GRACE_HOURS. MAX_BODY_MB is 0 here: no limit.
 */
import { adminTokenProblem } from "../src/auth/admin-token.ts";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import * as z from "zod";
import { buildConsole } from "./console.ts";
import { ensureSecrets, writeSecrets } from "./secrets.ts";
import { endWithNpm } from "./parent.ts";
import { CRONS, SETTINGS } from "./settings.ts";
import { runUpkeep } from "./upkeep.ts";
import { runWrangler, startWrangler } from "./wrangler.ts";

const SPACE = "demo";

const port = Number(process.env["PORT"] ?? 8787);
const stateDir = resolve(process.env["STATE_DIR"] ?? ".wrangler/state");
const url = `http://localhost:${port}`;

if (!Number.isInteger(port) || port < 1 || port > 65_535)
  fail(`PORT is "${String(process.env["PORT"])}"; it must be a port's number`);
if (await isTaken(port)) fail(`port ${port} is in use. Choose another one: PORT=${port + 1} npm start`);
mkdirSync(stateDir, { recursive: true });

const kept = await ensureSecrets(".dev.vars");
const secrets = { ...kept, ADMIN_TOKEN: process.env["ADMIN_TOKEN"] ?? kept.ADMIN_TOKEN };
if (secrets.ADMIN_TOKEN === "") fail("ADMIN_TOKEN is empty; leave it out to have one made");
const problem = adminTokenProblem(secrets.ADMIN_TOKEN);
if (problem !== null) fail(`${problem}, or leave it out to have one made`);
const secretsFile = join(stateDir, "secrets.env");
writeSecrets(secretsFile, secrets);

console.log("Preparing the console and the database …");
await buildConsole();
const local = ["--local", "--persist-to", stateDir];
await runWrangler(["d1", "migrations", "apply", "DB", ...local], { output: "hide" });

const server = startWrangler(
  [
    "dev",
    "--port",
    String(port),
    "--ip",
    "localhost",
    "--persist-to",
    stateDir,
    "--env-file",
    secretsFile,
    ...Object.entries(vars()).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    "--inspector-port",
    process.env["INSPECTOR_PORT"] ?? "0",
    "--show-interactive-dev-session=false",
  ],
  { output: "show" },
);
server.once("exit", (code) => process.exit(code ?? 1));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => server.kill(signal));
endWithNpm(() => server.kill("SIGTERM"));

await waitUntilHealthy();
console.log(instructions(await demoToken()));
if (process.env["UPKEEP"] !== "0") void runUpkeep(url, CRONS);

/** True if a server listens on the port, by either protocol. */
async function isTaken(wanted: number): Promise<boolean> {
  const taken = await Promise.all(
    ["127.0.0.1", "::1"].map(
      (host) =>
        new Promise<boolean>((answer) => {
          const probe = createServer();
          probe.once("error", (fault) => answer("code" in fault && fault.code === "EADDRINUSE"));
          probe.listen({ port: wanted, host }, () => probe.close(() => answer(false)));
        }),
    ),
  );
  return taken.includes(true);
}

/** Returns this machine's settings, which override those of wrangler.toml. */
function vars(): Record<string, string> {
  const { ALLOW_LOCAL_TARGETS = "1" } = process.env;
  const given = SETTINGS.flatMap((name) => {
    const value = process.env[name];
    return value === undefined || value === "" ? [] : [[name, value]];
  });
  return { ALLOW_LOCAL_TARGETS, MAX_BODY_MB: "0", ...Object.fromEntries(given) };
}

async function waitUntilHealthy(): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    const isUp = await fetch(`${url}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((wake) => setTimeout(wake, 200));
  }
  server.kill();
  fail(`the registry did not answer on ${url} within two minutes`);
}

/** Returns a working token for the demo space: the last start's if it still works, otherwise a new one. */
async function demoToken(): Promise<string> {
  const file = join(stateDir, "demo-token");
  const known = existsSync(file) ? readFileSync(file, "utf8") : null;
  if (known !== null && (await isGood(known))) return known;
  await manage("spaces", { name: SPACE }, [201, 409]);
  const answer = await manage(
    `spaces/${SPACE}/tokens`,
    { name: "npm start", actions: ["pull", "push", "delete", "admin"] },
    [201],
  );
  const { token } = z.object({ token: z.string() }).parse(await answer.json());
  writeFileSync(file, token, { mode: 0o600 });
  return token;
}

/** True if the token works. Tokens of older versions could not open the console. */
async function isGood(token: string): Promise<boolean> {
  const response = await fetch(`${url}/api/v1/spaces/${SPACE}`, { headers: { Authorization: `Bearer ${token}` } });
  return response.ok;
}

async function manage(path: string, body: object, expected: readonly number[]): Promise<Response> {
  const response = await fetch(`${url}/api/v1/${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${secrets.ADMIN_TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!expected.includes(response.status))
    fail(`POST /api/v1/${path} answered ${response.status}: ${await response.text()}`);
  return response;
}

function instructions(token: string): string {
  const adminToken = process.env["ADMIN_TOKEN"] === undefined ? "in .dev.vars" : "the one in ADMIN_TOKEN";
  return `
Spacedock is running. Its console is ${url}: sign in with this token of the space "${SPACE}":

  ${token}

With the same token, from a terminal:

  echo ${token} | docker login localhost:${port} -u ${SPACE} --password-stdin
  docker tag my-image localhost:${port}/${SPACE}/my-image:1.0
  docker push localhost:${port}/${SPACE}/my-image:1.0
  docker pull localhost:${port}/${SPACE}/my-image:1.0

To make more spaces, sign in with the admin token (${adminToken}). The API: ${url}/api/v1/docs
All state is in ${stateDir}. Ctrl-C ends it.
`;
}

function fail(message: string): never {
  console.error(`spacedock: ${message}`);
  process.exit(1);
}
