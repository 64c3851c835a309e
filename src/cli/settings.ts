import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { parseRegistry, type RegistryAddress } from "./client/reference.ts";
import type { Environment } from "./context.ts";

/** What spacedock itself remembers. Credentials are docker's to keep. */
const settings = z.looseObject({
  /** The address of the registry where somebody logged in last. */
  registry: z.string().optional(),
});

/** Where spacedock keeps its settings; state that can be lost goes to {@link cacheDirectory}. */
function settingsFile(env: Environment): string {
  return join(env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config"), "spacedock", "config.json");
}

/** For what helps a later run and may be deleted, such as positions of uploads. */
export function cacheDirectory(env: Environment): string {
  return join(env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache"), "spacedock");
}

/** Null where nobody has logged in, or the file is no more than rubbish. */
export async function readLastRegistry(env: Environment): Promise<RegistryAddress | null> {
  try {
    const { registry } = settings.parse(JSON.parse(await readFile(settingsFile(env), "utf8")));
    return registry === undefined ? null : parseRegistry(registry);
  } catch {
    return null;
  }
}

export async function writeLastRegistry(env: Environment, { origin }: RegistryAddress): Promise<void> {
  const file = settingsFile(env);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify({ registry: origin }, null, 2)}\n`);
}
