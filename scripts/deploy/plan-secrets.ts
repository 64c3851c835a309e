import { adminTokenProblem } from "../../src/auth/admin-token.ts";
import { generateSigningKeys, generateToken } from "../secrets.ts";
import { rotateSigningKeys } from "./signing-keys.ts";
import { Problem } from "./problem.ts";
import { type KeptSecrets, SECRET_NAMES, type SecretName } from "./secrets-file.ts";

/** Secrets by their names in `--rotate`. */
const ROTATABLE: Readonly<Record<string, SecretName>> = {
  "admin-token": "ADMIN_TOKEN",
  "encryption-key": "ENCRYPTION_KEY",
  "signing-keys": "SIGNING_KEYS",
};

export interface Wish {
  /** Values of `--rotate`. */
  readonly rotate: readonly string[];
  /** `--forget-old-keys`: earlier signing keys stop verifying. */
  readonly forgetOldKeys: boolean;
  /** `--yes`: a rotation may end whatever depends on the old secret. */
  readonly yes: boolean;
}

/**
 * Decides which secrets the next upload brings: those that the Worker lacks, and those to rotate. A secret that it has
 * is replaced only on request.
 * @param deployed names of the secrets that the Worker has.
 */
export async function planSecrets(
  kept: KeptSecrets,
  deployed: readonly string[],
  wish: Wish,
  now: Date,
): Promise<KeptSecrets> {
  const rotated = new Set(wish.rotate.map(secretNamed));
  const made: Partial<Record<SecretName, string>> = {};
  for (const name of SECRET_NAMES) {
    const isMissing = kept.secrets[name] === undefined && !deployed.includes(name);
    if (rotated.has(name)) made[name] = await rotate(name, kept, deployed, wish, now);
    else if (isMissing) made[name] = await make(name, now);
  }
  const undeployed = SECRET_NAMES.filter(
    (name) => made[name] !== undefined || kept.undeployed.includes(name) || !deployed.includes(name),
  );
  const secrets = { ...kept.secrets, ...made };
  if (undeployed.includes("ADMIN_TOKEN")) requireStrong(secrets.ADMIN_TOKEN);
  return { ...kept, undeployed, isTokenUnshown: kept.isTokenUnshown || made.ADMIN_TOKEN !== undefined, secrets };
}

/** Throws for an admin token that the Worker would refuse. */
function requireStrong(adminToken = ""): void {
  const problem = adminTokenProblem(adminToken);
  if (problem !== null) throw new Problem(`${problem}. --rotate admin-token does that`);
}

function secretNamed(name: string): SecretName {
  const secret = ROTATABLE[name];
  if (secret !== undefined) return secret;
  throw new Problem(`"${name}" cannot be rotated. --rotate takes ${Object.keys(ROTATABLE).join(", ")}`);
}

function make(name: SecretName, now: Date): string | Promise<string> {
  return name === "SIGNING_KEYS" ? generateSigningKeys(now) : generateToken();
}

async function rotate(
  name: SecretName,
  { secrets }: KeptSecrets,
  deployed: readonly string[],
  { forgetOldKeys, yes }: Wish,
  now: Date,
): Promise<string> {
  if (name === "ENCRYPTION_KEY" && deployed.includes(name) && !yes)
    throw new Problem(
      "a new encryption key makes the secrets and addresses of all targets unreadable: their deliveries fail until each target is given them anew. If that is what you want, add --yes",
    );
  if (name !== "SIGNING_KEYS" || forgetOldKeys) return make(name, now);
  if (secrets.SIGNING_KEYS === undefined && deployed.includes(name))
    throw new Problem(
      "the secrets file does not hold the signing keys that are deployed, so they cannot go on verifying beside a new one. Put them into the file, or add --forget-old-keys: then every client logs in again",
    );
  return rotateSigningKeys(secrets.SIGNING_KEYS, now);
}
