/**
 * `npm run deploy`: brings the registry to a Cloudflare account. What is missing there is made: database, bucket, queue,
 * and on the first run the signing key, the encryption key and the admin token.
 *
 *   --secrets <file>   keeps the secrets that are made in this file, and deploys those that it holds
 *   --dry-run   builds and checks everything that can be checked without an account
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { buildConsole } from "./console.ts";
import { generateSigningKeys, generateToken, readSecrets, type Secrets, writeSecrets } from "./secrets.ts";
import { runWrangler, tryWrangler } from "./wrangler.ts";

const { values: flags } = parseArgs({
  options: { "dry-run": { type: "boolean", default: false }, secrets: { type: "string" } },
});

await buildConsole();
if (flags["dry-run"]) {
  await runWrangler(["deploy", "--dry-run", "--outdir", "dist"], { output: "show" });
} else {
  await deploy();
}

async function deploy(): Promise<void> {
  const login = await tryWrangler(["whoami", "--json"], { output: "keep" });
  if (!login.ok) fail("log in first: npx wrangler login (or set CLOUDFLARE_API_TOKEN)");
  const known = await deployedSecrets();
  const kept = flags.secrets === undefined ? {} : readSecrets(flags.secrets);
  const made = await missingSecrets([...(known ?? []), ...Object.keys(kept)]);
  // Before they are deployed: from then on nobody is shown them.
  if (flags.secrets !== undefined) writeSecrets(flags.secrets, { ...kept, ...made });
  await ensureQueues();
  // The rows that new code needs must be there before it; on the first run there is no database before the code.
  if (known !== null) await migrate();
  const address = await upload({ ...kept, ...made });
  if (known === null) await migrate();
  console.log(nextStep(address, made.ADMIN_TOKEN));
}

/** The names of the secrets that the deployed Worker has; null when there is no Worker yet. */
async function deployedSecrets(): Promise<readonly string[] | null> {
  const { ok, output } = await tryWrangler(["secret", "list", "--format", "json"], { output: "keep" });
  if (!ok) return null;
  return z
    .array(z.object({ name: z.string() }))
    .parse(JSON.parse(output))
    .map(({ name }) => name);
}

async function missingSecrets(known: readonly string[]): Promise<Partial<Secrets>> {
  return {
    ...(!known.includes("ADMIN_TOKEN") && { ADMIN_TOKEN: generateToken() }),
    ...(!known.includes("ENCRYPTION_KEY") && { ENCRYPTION_KEY: generateToken() }),
    ...(!known.includes("SIGNING_KEYS") && { SIGNING_KEYS: await generateSigningKeys(new Date()) }),
  };
}

/** Wrangler makes what a binding names; a queue that is only consumed, as the one for dead letters, it wants to find. */
async function ensureQueues(): Promise<void> {
  for (const queue of ["spacedock-events", "spacedock-events-dead"]) {
    // It fails where the queue is there already; if it failed for another reason, the upload says so.
    await tryWrangler(["queues", "create", queue], { output: "keep" });
  }
}

async function migrate(): Promise<void> {
  // Without a terminal wrangler asks nothing.
  await runWrangler(["d1", "migrations", "apply", "DB", "--remote"], { output: "show", env: { CI: "1" } });
}

/** Uploads the Worker with these secrets; returns the address that it answers on, if wrangler says one. */
async function upload(secrets: Partial<Secrets>): Promise<string | null> {
  const directory = mkdtempSync(join(tmpdir(), "spacedock-deploy-"));
  try {
    const secretsFile = join(directory, "secrets.json");
    const report = join(directory, "report.ndjson");
    const withSecrets = Object.keys(secrets).length > 0 ? ["--secrets-file", secretsFile] : [];
    writeFileSync(secretsFile, JSON.stringify(secrets), { mode: 0o600 });
    await runWrangler(["deploy", ...withSecrets], { output: "show", env: { WRANGLER_OUTPUT_FILE_PATH: report } });
    return addressIn(readFileSync(report, "utf8"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const reportLine = z.looseObject({ type: z.string(), targets: z.array(z.string()).optional() });

function addressIn(report: string): string | null {
  const lines = report.split("\n").filter((line) => line !== "");
  const deployed = lines.map((line) => reportLine.parse(JSON.parse(line))).find(({ type }) => type === "deploy");
  return deployed?.targets?.find((target) => target.startsWith("https://")) ?? null;
}

function nextStep(address: string | null, adminToken: string | undefined): string {
  const url = address ?? "https://<the Worker's address>";
  const saved =
    adminToken === undefined ? "" : `\nThe admin token, shown this once; keep it safe:\n\n  ${adminToken}\n`;
  return `
Spacedock is deployed${address === null ? "" : ` on ${address}`}.
${saved}
Next, make a space and a token for it, and log in with that token as the password:

  curl -X POST ${url}/api/v1/spaces -H "Authorization: Bearer $ADMIN_TOKEN" -d '{"name":"acme"}'
  curl -X POST ${url}/api/v1/spaces/acme/tokens -H "Authorization: Bearer $ADMIN_TOKEN" \\
    -d '{"name":"ci","actions":["pull","push"]}'
  docker login ${url.replace("https://", "")} -u acme
`;
}

function fail(message: string): never {
  console.error(`spacedock: ${message}`);
  process.exit(1);
}
