import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Environment } from "../context.ts";
import { CliError } from "../exit.ts";

const auth = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});

/** Docker's config.json, as far as credentials go; what else is in it stays as it is. */
const dockerConfig = z.looseObject({
  auths: z.record(z.string(), auth).optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});

export type DockerConfig = z.infer<typeof dockerConfig>;
export type DockerAuth = z.infer<typeof auth>;

/** $DOCKER_CONFIG/config.json, or the one in ~/.docker. */
function dockerConfigFile(env: Environment): string {
  return join(env["DOCKER_CONFIG"] || join(env["HOME"] || homedir(), ".docker"), "config.json");
}

/** The configuration; an empty one where there is no file. Throws where the file is not one. */
export async function readDockerConfig(env: Environment): Promise<DockerConfig> {
  const file = dockerConfigFile(env);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return "{}";
    throw new CliError("failure", `cannot read ${file}`, { cause });
  });
  try {
    return dockerConfig.parse(JSON.parse(text));
  } catch (cause) {
    throw new CliError("failure", `${file} is not a configuration of docker's`, { cause });
  }
}

/** Replaces the file at once, for its owner alone: another client may be reading it. */
export async function writeDockerConfig(env: Environment, config: DockerConfig): Promise<void> {
  const file = dockerConfigFile(env);
  const draft = `${file}.${process.pid}.tmp`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(draft, `${JSON.stringify(config, null, "\t")}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, file);
}
