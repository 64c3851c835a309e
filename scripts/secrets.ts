import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { exportJWK, generateKeyPair } from "jose";

/** The Worker's secrets, by the names it knows them by. */
export interface Secrets {
  readonly ADMIN_TOKEN: string;
  readonly SIGNING_KEYS: string;
  readonly ENCRYPTION_KEY: string;
}

/** A key set with one new ES256 key; its id says when it was made. */
export async function generateSigningKeys(now: Date): Promise<string> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const kid = `${now.toISOString().slice(0, 10)}-${randomBytes(4).toString("hex")}`;
  return JSON.stringify({ keys: [{ ...(await exportJWK(privateKey)), kid }] });
}

/** For ADMIN_TOKEN and ENCRYPTION_KEY: 192 random bits. */
export function generateToken(): string {
  return randomBytes(24).toString("base64url");
}

/** The secrets in a file of NAME=value lines; none where there is no file. */
function readSecrets(file: string): NodeJS.Dict<string> {
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
}

/** The secrets in a file of NAME=value lines; what is missing is made, and kept there for its owner alone. */
export async function ensureSecrets(file: string): Promise<Secrets> {
  const known = readSecrets(file);
  const secrets: Secrets = {
    ADMIN_TOKEN: known["ADMIN_TOKEN"] ?? generateToken(),
    SIGNING_KEYS: known["SIGNING_KEYS"] ?? (await generateSigningKeys(new Date())),
    ENCRYPTION_KEY: known["ENCRYPTION_KEY"] ?? generateToken(),
  };
  const isComplete = Object.keys(secrets).every((name) => known[name] !== undefined);
  if (!isComplete) writeSecrets(file, { ...known, ...secrets });
  return secrets;
}

export function writeSecrets(file: string, secrets: NodeJS.Dict<string> | Secrets): void {
  const lines = Object.entries(secrets).map(([name, value]) => `${name}='${String(value)}'\n`);
  writeFileSync(file, lines.join(""), { mode: 0o600 });
}
