import type { RegistryAddress } from "../client/reference.ts";
import type { Environment } from "../context.ts";
import { credentialProgram, type CredentialProgram } from "./credential-program.ts";
import type { Credential } from "./credential.ts";
import {
  type DockerAuth,
  type DockerConfig,
  parseDockerAuth,
  readDockerConfig,
  writeDockerConfig,
} from "./docker-config.ts";
import { type LoginSource, loginSources } from "./sources.ts";

/** The key of docker's own Hub in the configuration. */
const HUB_KEY = "https://index.docker.io/v1/";

/** A login that was found. */
interface FoundLogin {
  readonly credential: Credential;
  readonly source: Pick<LoginSource, "name" | "logout">;
  /** The credential program that holds it; null: the source itself holds it, unencrypted. */
  readonly program: string | null;
}

/**
 * Docker's credentials: spacedock finds the logins of `docker login`, and docker finds spacedock's. Podman's logins are
 * found too.
 */
export interface CredentialStore {
  /** Finds the login for a registry; null: nobody is logged in there. */
  find(registry: RegistryAddress): Promise<FoundLogin | null>;
  /** Returns only the credential of {@link CredentialStore.find}. */
  read(registry: RegistryAddress): Promise<Credential | null>;
  /**
   * Stores a credential and returns the place: a keychain's program, or docker's configuration file, which holds it in
   * the clear.
   */
  write(registry: RegistryAddress, credential: Credential): Promise<"program" | "file">;
  /** Removes the login from docker's configuration and its credential program. Returns false if there was none. */
  erase(registry: RegistryAddress): Promise<boolean>;
}

/**
 * Opens docker's credentials.
 * @param warn is told about sources that are passed over
 */
export function dockerCredentials(env: Environment, warn: (text: string) => void = () => undefined): CredentialStore {
  const find = (registry: RegistryAddress): Promise<FoundLogin | null> =>
    findIn(loginSources(env, warn), registry, env);
  return {
    find,
    read: async (registry) => (await find(registry))?.credential ?? null,
    write: async (registry, credential) => {
      const config = await readDockerConfig(env);
      const program = programFor(config, registry, env)?.program ?? null;
      await program?.store(serverOf(registry), credential);
      const entry = program === null ? entryOf(credential) : {};
      await writeDockerConfig(env, { ...config, auths: { ...others(config, registry), [serverOf(registry)]: entry } });
      return program === null ? "file" : "program";
    },
    erase: async (registry) => {
      const config = await readDockerConfig(env);
      const program = programFor(config, registry, env)?.program ?? null;
      const kept = (await program?.get(serverOf(registry))) ?? null;
      if (kept !== null) await program?.erase(serverOf(registry));
      const wasListed = entriesFor(config, registry).length > 0;
      if (wasListed) await writeDockerConfig(env, { ...config, auths: others(config, registry) });
      return wasListed || kept !== null;
    },
  };
}

/** Returns the hosts with a docker login, except docker's Hub. */
export async function loginHosts(env: Environment): Promise<readonly string[]> {
  const hosts = new Set<string>();
  for (const source of loginSources(env, () => undefined)) {
    const { auths = {}, credHelpers = {} } = await source.read();
    for (const key of [...Object.keys(auths), ...Object.keys(credHelpers)]) if (key !== HUB_KEY) hosts.add(hostIn(key));
  }
  return [...hosts];
}

async function findIn(
  sources: readonly LoginSource[],
  registry: RegistryAddress,
  env: Environment,
): Promise<FoundLogin | null> {
  for (const source of sources) {
    const config = await source.read();
    const kept = programFor(config, registry, env);
    const secret = (await kept?.program.get(serverOf(registry))) ?? null;
    if (kept !== null && secret !== null) return { credential: secret, source, program: kept.name };
    const [credential = null] = entriesFor(config, registry).flatMap(
      ([server, entry]) => credentialIn(parseDockerAuth(entry, server, source.name)) ?? [],
    );
    if (credential !== null) return { credential, source, program: null };
  }
  return null;
}

function serverOf({ host }: RegistryAddress): string {
  return host === "docker.io" ? HUB_KEY : host;
}

interface NamedProgram {
  readonly name: string;
  readonly program: CredentialProgram;
}

function programFor(config: DockerConfig, registry: RegistryAddress, env: Environment): NamedProgram | null {
  const helper = config.credHelpers?.[serverOf(registry)] ?? config.credHelpers?.[registry.host];
  const name = typeof helper === "string" && helper !== "" ? helper : config.credsStore;
  return name ? { name, program: credentialProgram(name, env) } : null;
}

/** Returns the host in a key: older clients wrote a whole address. */
function hostIn(key: string): string {
  return key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}

function isFor(key: string, registry: RegistryAddress): boolean {
  return key === serverOf(registry) || hostIn(key) === registry.host;
}

/** Returns the entries of a registry, first the one in today's form. */
function entriesFor({ auths = {} }: DockerConfig, registry: RegistryAddress): readonly (readonly [string, unknown])[] {
  const found = Object.entries(auths).filter(([key]) => isFor(key, registry));
  const isExact = ([key]: readonly [string, unknown]): boolean => key === serverOf(registry);
  return [...found.filter((one) => isExact(one)), ...found.filter((one) => !isExact(one))];
}

function others({ auths = {} }: DockerConfig, registry: RegistryAddress): Record<string, unknown> {
  return Object.fromEntries(Object.entries(auths).filter(([key]) => !isFor(key, registry)));
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
