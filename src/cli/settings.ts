import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { parseRegistry, type RegistryAddress } from "./client/reference.ts";
import type { Environment } from "./context.ts";
import { replaceFile } from "./credentials/docker-config.ts";

const context = z.looseObject({
  /** The registry's address. */
  registry: z.string(),
  /** The context's own login; without it, docker's is used. */
  login: z.looseObject({ username: z.string(), secret: z.string() }).optional().catch(undefined),
});

/** Spacedock's own settings: the names of known registries, and which of them is in use. */
const settings = z.looseObject({
  /** The name of the context in use. */
  context: z.string().optional().catch(undefined),
  contexts: z.record(z.string(), context.optional().catch(undefined)).optional().catch(undefined),
  /** The address of the registry of the last login, as versions without contexts wrote it. */
  registry: z.string().optional().catch(undefined),
});

export type Settings = z.output<typeof settings>;

/** Returns the file of spacedock's settings. State that may be lost goes to {@link cacheDirectory}. */
function settingsFile(env: Environment): string {
  return join(env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config"), "spacedock", "config.json");
}

/** Returns the directory for files that help a later run and may be deleted, for example positions of uploads. */
export function cacheDirectory(env: Environment): string {
  return join(env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache"), "spacedock");
}

/** Reads the settings; empty if nobody has logged in or the file is invalid. */
export async function readSettings(env: Environment): Promise<Settings> {
  try {
    return settings.parse(JSON.parse(await readFile(settingsFile(env), "utf8")));
  } catch {
    return {};
  }
}

/** Replaces the settings. Only their owner may read them, since a context may have a login. */
export async function writeSettings(env: Environment, changed: Settings): Promise<void> {
  await replaceFile(settingsFile(env), `${JSON.stringify(changed, null, 2)}\n`);
}

/** Puts a registry in use under its own name, with docker's login for it. */
export async function writeLastRegistry(env: Environment, { host, origin }: RegistryAddress): Promise<void> {
  const { contexts = {}, ...others } = await readSettings(env);
  await writeSettings(env, { ...others, contexts: { ...contexts, [host]: { registry: origin } }, context: host });
}

/** Parses a stored address; null if it is invalid. */
export function addressIn(text: string | undefined): RegistryAddress | null {
  try {
    return text === undefined ? null : parseRegistry(text);
  } catch {
    return null;
  }
}
