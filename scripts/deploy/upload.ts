import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { callWrangler } from "./call-wrangler.ts";
import { withPrivateDirectory } from "./private-directory.ts";
import type { KeptSecrets } from "./secrets-file.ts";

/** Uploads the Worker, with the secrets that are still to be deployed. It keeps its other secrets. */
export async function upload(configFile: string, { secrets, undeployed }: KeptSecrets): Promise<void> {
  await withPrivateDirectory(async (directory) => {
    const secretsFile = join(directory, "secrets.json");
    const brought = Object.fromEntries(undeployed.map((name) => [name, secrets[name]]));
    writeFileSync(secretsFile, JSON.stringify(brought), { mode: 0o600 });
    const withSecrets = undeployed.length > 0 ? ["--secrets-file", secretsFile] : [];
    await callWrangler(["deploy", "--config", configFile, ...withSecrets]);
  });
}
