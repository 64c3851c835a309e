import type { RegistryAddress } from "../client/reference.ts";
import type { Environment } from "../context.ts";
import { credentialProgram, type CredentialProgram } from "./credential-program.ts";
import type { Credential } from "./credential.ts";
import { type DockerAuth, type DockerConfig, readDockerConfig, writeDockerConfig } from "./docker-config.ts";

/** Docker's own name for its Hub in the configuration. */
const HUB_KEY = "https://index.docker.io/v1/";

/** Docker's credentials: what `docker login` keeps, spacedock finds, and the other way round. */
export interface CredentialStore {
  /** Null: nobody is logged in there. */
  read(registry: RegistryAddress): Promise<Credential | null>;
  /** Returns where it went: a keychain's program, or docker's configuration, in which anybody who reads the file reads it. */
  write(registry: RegistryAddress, credential: Credential): Promise<"program" | "file">;
  /** False where there was none. */
  erase(registry: RegistryAddress): Promise<boolean>;
}

export function dockerCredentials(env: Environment): CredentialStore {
  return {
    read: async (registry) => {
      const config = await readDockerConfig(env);
      const kept = await programFor(config, registry, env)?.get(serverOf(registry));
      return kept ?? credentialIn(entryFor(config, registry));
    },
    write: async (registry, credential) => {
      const config = await readDockerConfig(env);
      const program = programFor(config, registry, env);
      await program?.store(serverOf(registry), credential);
      const entry = program === null ? entryOf(credential) : {};
      await writeDockerConfig(env, { ...config, auths: { ...others(config, registry), [serverOf(registry)]: entry } });
      return program === null ? "file" : "program";
    },
    erase: async (registry) => {
      const config = await readDockerConfig(env);
      const program = programFor(config, registry, env);
      const kept = (await program?.get(serverOf(registry))) ?? null;
      if (kept !== null) await program?.erase(serverOf(registry));
      const wasListed = entryFor(config, registry) !== null;
      if (wasListed) await writeDockerConfig(env, { ...config, auths: others(config, registry) });
      return wasListed || kept !== null;
    },
  };
}

function serverOf({ host }: RegistryAddress): string {
  return host === "docker.io" ? HUB_KEY : host;
}

function programFor(config: DockerConfig, registry: RegistryAddress, env: Environment): CredentialProgram | null {
  const name = config.credHelpers?.[serverOf(registry)] ?? config.credHelpers?.[registry.host] ?? config.credsStore;
  return name ? credentialProgram(name, env) : null;
}

/** Older clients wrote an address where newer ones write the host. */
function isFor(key: string, registry: RegistryAddress): boolean {
  const host = key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  return key === serverOf(registry) || host === registry.host;
}

function entryFor(config: DockerConfig, registry: RegistryAddress): DockerAuth | null {
  const entries = Object.entries(config.auths ?? {}).filter(([key]) => isFor(key, registry));
  const exact = entries.find(([key]) => key === serverOf(registry));
  return (exact ?? entries[0])?.[1] ?? null;
}

function others(config: DockerConfig, registry: RegistryAddress): Record<string, DockerAuth> {
  return Object.fromEntries(Object.entries(config.auths ?? {}).filter(([key]) => !isFor(key, registry)));
}

function credentialIn(entry: DockerAuth | null): Credential | null {
  if (entry === null) return null;
  if (entry.identitytoken) return { kind: "refresh-token", secret: entry.identitytoken };
  const pair = Buffer.from(entry.auth ?? "", "base64").toString("utf8");
  const colon = pair.indexOf(":");
  const username = colon < 0 ? (entry.username ?? "") : pair.slice(0, colon);
  const secret = colon < 0 ? (entry.password ?? "") : pair.slice(colon + 1).replace(/\0+$/, "");
  return secret === "" ? null : { kind: "password", username, secret };
}

function entryOf(credential: Credential): DockerAuth {
  if (credential.kind === "refresh-token") return { identitytoken: credential.secret };
  const username = credential.kind === "password" ? credential.username : "";
  return { auth: Buffer.from(`${username}:${credential.secret}`).toString("base64") };
}
