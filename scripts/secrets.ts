import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { exportJWK, generateKeyPair } from "jose";

/** The Worker's secrets, by the names that it knows. */
export interface Secrets {
  readonly ADMIN_TOKEN: string;
  readonly SIGNING_KEYS: string;
  readonly ENCRYPTION_KEY: string;
}

/** Makes a key set with one new ES256 key. The key's id says when it was made. */
export async function generateSigningKeys(now: Date): Promise<string> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const kid = `${now.toISOString().slice(0, 10)}-${randomBytes(4).toString("hex")}`;
  return JSON.stringify({ keys: [{ ...(await exportJWK(privateKey)), kid }] });
}

/** Makes an ADMIN_TOKEN or ENCRYPTION_KEY: 192 random bits. */
export function generateToken(): string {
  return randomBytes(24).toString("base64url");
}

/** Reads the secrets in a file of NAME=value lines; none if there is no file. */
function readSecrets(file: string): NodeJS.Dict<string> {
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
}

/**
 * Reads the secrets in a file of NAME=value lines. It makes the missing ones, and keeps them there for their owner
 * alone.
 */
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
