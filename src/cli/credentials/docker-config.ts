import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import * as z from "zod";
import type { Environment } from "../context.ts";
import { CliError } from "../exit.ts";

/**
 * Treats null as absent, as Go does when it reads JSON. An empty list is absent too: PHP writes an empty object as one.
 */
function absentOr<S extends z.ZodType>(schema: S): z.ZodType<z.output<S> | undefined> {
  return z.preprocess(
    (value) => (value === null || (Array.isArray(value) && value.length === 0) ? undefined : value),
    schema.optional(),
  );
}

/** The logins of many registries. Each entry is parsed only when its own registry is asked for. */
const entries = z.record(z.string(), z.unknown());

/** Docker's config.json, as far as it is about credentials; its other content stays as it is. */
const dockerConfig = absentOr(
  z.looseObject({
    auths: absentOr(entries).optional(),
    credsStore: absentOr(z.string()).optional(),
    credHelpers: absentOr(entries).optional(),
  }),
).transform((config) => config ?? {});

export type DockerConfig = z.output<typeof dockerConfig>;

const text = absentOr(z.string()).optional();

const dockerAuth = absentOr(z.looseObject({ auth: text, username: text, password: text, identitytoken: text }));

/** One registry's login. */
export type DockerAuth = NonNullable<z.output<typeof dockerAuth>>;

/** Returns the path of $DOCKER_CONFIG/config.json, or of the one in ~/.docker. */
export function dockerConfigFile(env: Environment): string {
  return join(env["DOCKER_CONFIG"] || join(env["HOME"] || homedir(), ".docker"), "config.json");
}

/** Reads docker's configuration; an empty one if there is no file. Throws if the file is invalid. */
export async function readDockerConfig(env: Environment): Promise<DockerConfig> {
  return readConfigFile(dockerConfigFile(env), ["ENOENT"]);
}

/**
 * Reads a configuration like docker's; an empty one if reading fails with one of the codes in `absent`. Throws if the
 * file is invalid.
 */
export async function readConfigFile(file: string, absent: readonly string[]): Promise<DockerConfig> {
  const content = await readFile(file, "utf8").catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && absent.includes(String(cause.code))) return "";
    throw new CliError("failure", `cannot read ${file}`, { cause });
  });
  return parseDockerConfig(content, file);
}

/** Parses a configuration's text, which comes from `where`; an empty text has no logins. */
export function parseDockerConfig(content: string, where: string): DockerConfig {
  const json = content.replace(/^\uFEFF/, "").trim();
  if (json === "") return {};
  try {
    return dockerConfig.parse(JSON.parse(json));
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : [];
    const part = issue === undefined || issue.path.length === 0 ? "" : `, at ${issue.path.join(".")}`;
    throw new CliError("failure", `${where} is not a valid docker configuration${part}`, { cause });
  }
}

/** Parses one registry's entry; null if there is none. Throws if it is not a login. */
export function parseDockerAuth(entry: unknown, server: string, where: string): DockerAuth | null {
  const parsed = dockerAuth.safeParse(entry);
  if (parsed.success) return parsed.data ?? null;
  throw new CliError("failure", `the entry for ${server} in ${where} is not a login`, {
    hint: `Log in again: spacedock login ${server}`,
    cause: parsed.error,
  });
}

/** Replaces the file atomically, since another client may be reading it. Only its owner may read it. */
export async function writeDockerConfig(env: Environment, config: DockerConfig): Promise<void> {
  await replaceFile(dockerConfigFile(env), `${JSON.stringify(config, null, "\t")}\n`);
}

/** Writes a file with secrets, whole or not at all. Only its owner may read it. */
export async function replaceFile(file: string, content: string): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(draft, content, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, file);
}
