/**
 * `npm run rehearse`: deploys the registry against the stand-in, runs what was uploaded, and backs it up and restores it with `--remote`, by
 * wrangler's own remote bindings. They want https://….workers.dev, so it runs in a network namespace with a hosts file and a
 * certificate of its own. Needs Linux, `unshare` and `openssl`.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startEdge } from "./edge.ts";
import { pullImage, pushImage } from "./image.ts";
import { makeCheckout } from "./run-deploy.ts";
import { startStandIn } from "./stand-in.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const NAMES = ["spacedock", "second"];
const hostOf = (name: string): string => `${name}.acme-team.workers.dev`;

/** A directory with certificates; set inside the namespace. */
const STAGE = process.env["SPACEDOCK_STAGE"];

/** Runs this script again in a namespace that reaches only itself. Returns its exit code. */
function enterNamespace(): number {
  const stage = mkdtempSync(join(tmpdir(), "spacedock-rehearsal-"));
  try {
    writeFileSync(join(stage, "hosts"), `127.0.0.1 localhost ${NAMES.map(hostOf).join(" ")}\n`);
    makeCertificate(stage);
    const enter = `ip link set lo up && mount --bind ${stage}/hosts /etc/hosts && exec "$@"`;
    const command = ["sh", "-c", enter, "sh", process.execPath, import.meta.filename];
    const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
    const { status } = spawnSync("unshare", [...user, "--net", "--mount", ...command], {
      stdio: "inherit",
      env: { ...process.env, SPACEDOCK_STAGE: stage, NODE_EXTRA_CA_CERTS: join(stage, "ca.pem") },
    });
    return status ?? 1;
  } finally {
    rmSync(stage, { recursive: true });
  }
}

/** Makes our own authority, and a certificate for the registries' names. */
function makeCertificate(stage: string): void {
  const openssl = (...args: readonly string[]): void =>
    void execFileSync("openssl", [...args], { cwd: stage, stdio: "ignore" });
  writeFileSync(join(stage, "names"), `subjectAltName=${NAMES.map((name) => `DNS:${hostOf(name)}`).join(",")}\n`);
  const key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=rehearsal");
  openssl("req", ...key.slice(0, 3), "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=rehearsal edge");
  const signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"];
  openssl("x509", "-req", "-in", "request.pem", ...signing, "-out", "cert.pem");
}

async function rehearse(stage: string): Promise<void> {
  const read = (name: string): string => readFileSync(join(stage, name), "utf8");
  const edge = await startEdge(join(stage, "state"), { key: read("key.pem"), cert: read("cert.pem") });
  const standIn = await startStandIn(edge);
  const person = makeCheckout(standIn, "real");
  const env = { NODE_EXTRA_CA_CERTS: join(stage, "ca.pem") };
  try {
    step("npm run deploy");
    expectDone(await person.deployWith(env));
    const image = await pushImage(hostOf("spacedock"), person.secrets()?.["ADMIN_TOKEN"] ?? "");
    step("npm run backup -- --remote");
    await run("backup", standIn.url, env, join(stage, "backup"), "--remote");
    step("npm run deploy -- --name second");
    expectDone(await person.deployWith(env, "--name", "second"));
    step("npm run restore -- --remote --name second");
    await run("restore", standIn.url, env, join(stage, "backup"), "--remote", "--name", "second");
    await pullImage(hostOf("second"), image);
    step("npm run deploy, again");
    expectDone(await person.deployWith(env));
    await pullImage(hostOf("spacedock"), image);
    step("All of it came to its end.");
  } finally {
    person.remove();
    await standIn.close();
    await edge.close();
  }
}

function step(text: string): void {
  console.log(`== ${text}`);
}

function expectDone({ code, output }: { readonly code: number | null; readonly output: string }): void {
  if (code !== 0) throw new Error(output);
}

async function run(script: string, api: string, env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, `scripts/${script}.ts`), ...args], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...env, CLOUDFLARE_API_BASE_URL: api, CLOUDFLARE_API_TOKEN: "token" },
  });
  const code = await new Promise((done) => child.once("close", done));
  if (code !== 0) throw new Error(`${script} ended with ${String(code)}`);
}

if (STAGE === undefined) process.exitCode = enterNamespace();
else await rehearse(STAGE);
