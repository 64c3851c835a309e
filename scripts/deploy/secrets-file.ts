import { execFileSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseEnv } from "node:util";
import * as z from "zod";
import { Problem } from "./problem.ts";

/** Names of the secrets that a deployment makes. */
export const SECRET_NAMES = ["ADMIN_TOKEN", "ENCRYPTION_KEY", "SIGNING_KEYS"] as const;
export type SecretName = (typeof SECRET_NAMES)[number];

const secretName = z.enum(SECRET_NAMES);

const content = z.strictObject({
  /** The installation that the secrets belong to. */
  name: z.string().optional(),
  account: z.string().optional(),
  /** The id of the installation's first deployment, until that has ended. */
  firstDeploy: z.string().optional(),
  /** Secrets to deploy with the next upload, in place of the Worker's own. */
  undeployed: z.array(secretName).default([]),
  /** True if the admin token has not been shown since it was made. */
  isTokenUnshown: z.boolean().default(false),
  secrets: z.partialRecord(secretName, z.string()),
});

/** The file's content. It is the one place where a secret is made and changed; the Worker gets a copy. */
export type KeptSecrets = z.infer<typeof content>;

/** Reads the file. It also accepts NAME='value' lines, as older versions wrote them. */
export function readSecretsFile(file: string): KeptSecrets | null {
  if (!existsSync(file)) return null;
  const text = readFileSync(file, "utf8");
  const parsed = content.safeParse(text.trimStart().startsWith("{") ? parseJson(text) : fromLines(text));
  if (parsed.success) return parsed.data;
  throw new Problem(
    `${file} is not a file of secrets, or is damaged. Put back a copy of it, or name another file with --secrets <file>`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function fromLines(text: string): unknown {
  const lines = Object.entries(parseEnv(text)).filter(([name]) => secretName.safeParse(name).success);
  return lines.length === 0 ? null : { secrets: Object.fromEntries(lines) };
}

/** Writes the file for its owner alone, in one step: the file has either its old content or the new one. */
export function writeSecretsFile(file: string, kept: KeptSecrets): void {
  const part = `${file}.part`;
  rmSync(part, { force: true });
  writeFileSync(part, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(part, file);
}

/** False if git would add the file to the repository that contains it. */
export function isIgnoredByGit(file: string): boolean {
  try {
    execFileSync("git", ["check-ignore", "--quiet", file], { cwd: dirname(file), stdio: "ignore" });
    return true;
  } catch (error) {
    // Status 1 means that git would add it; any other that there is no git, or no repository.
    return !(error instanceof Error && "status" in error && error.status === 1);
  }
}

/** Locks other deployments on this machine out of the file. Returns the function that unlocks it. */
export function lockSecretsFile(file: string): () => void {
  const lock = `${resolve(file)}.lock`;
  for (;;) {
    try {
      const handle = openSync(lock, "wx", 0o600);
      writeFileSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const owner = existsSync(lock) ? Number(readFileSync(lock, "utf8")) : null;
    if (owner !== null && (owner === 0 || isAlive(owner)))
      throw new Problem(
        `another deployment with ${file} is under way (process ${owner}). Wait until it has ended; if there is none, delete ${lock}`,
      );
    rmSync(lock, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
