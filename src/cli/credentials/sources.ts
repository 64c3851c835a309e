import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../context.ts";
import { CliError } from "../exit.ts";
import {
  type DockerConfig,
  dockerConfigFile,
  parseDockerConfig,
  readConfigFile,
  readDockerConfig,
} from "./docker-config.ts";

/** A place where other tools keep logins. */
export interface LoginSource {
  /** The name that a person knows: a file, or an environment variable. */
  readonly name: string;
  /** Returns the command that removes a login; null: the user has to edit the source. */
  readonly logout: ((host: string) => string) | null;
  readonly read: () => Promise<DockerConfig>;
}

/** Error codes that count as "no file" for a default path, which nobody named. */
const NOT_OURS = ["ENOENT", "ENOTDIR", "EACCES", "EPERM"];

/**
 * Lists the sources of logins, in the order in which they count: DOCKER_AUTH_CONFIG (before docker's configuration, as
 * in docker since 28), the file that REGISTRY_AUTH_FILE names, docker's configuration, and podman's own files
 * (containers-auth.json(5)).
 */
export function loginSources(env: Environment, warn: (text: string) => void): readonly LoginSource[] {
  const home = env["HOME"] || homedir();
  const named = env["REGISTRY_AUTH_FILE"];
  const podman = [
    env["XDG_RUNTIME_DIR"] ? join(env["XDG_RUNTIME_DIR"], "containers", "auth.json") : "",
    join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "containers", "auth.json"),
  ];
  return [
    ...fromEnvironment(env["DOCKER_AUTH_CONFIG"], warn),
    ...(named ? [podmanFile(named, ["ENOENT"])] : []),
    { name: dockerConfigFile(env), logout: dockerLogout, read: () => readDockerConfig(env) },
    ...podman.filter((file) => file !== "").map((file) => podmanFile(file, NOT_OURS)),
  ];
}

/** Returns docker's command to log out, which names no host for docker's own Hub. */
function dockerLogout(host: string): string {
  return host === "docker.io" ? "docker logout" : `docker logout ${host}`;
}

function podmanFile(file: string, absent: readonly string[]): LoginSource {
  return {
    name: file,
    logout: (host) => `podman logout --authfile ${file} ${host}`,
    read: () => readConfigFile(file, absent),
  };
}

/**
 * Reads a source from an environment variable. An invalid one is passed over with a warning, as in docker: a job's
 * variable should not fail the command.
 */
function fromEnvironment(content: string | undefined, warn: (text: string) => void): readonly LoginSource[] {
  if (!content?.trim()) return [];
  const name = "DOCKER_AUTH_CONFIG";
  const read = async (): Promise<DockerConfig> => {
    try {
      return parseDockerConfig(content, name);
    } catch (failure) {
      if (!(failure instanceof CliError)) throw failure;
      warn(`${failure.message}; ignoring it`);
      return {};
    }
  };
  return [{ name, logout: null, read }];
}
