import type { Environment } from "../context.ts";
import { readDockerConfig } from "../credentials/docker-config.ts";

/** The address of an engine's API: a socket's path, or an origin. */
export type EngineAddress = { readonly socketPath: string } | { readonly origin: string };

const DEFAULT_SOCKET = process.platform === "win32" ? "//./pipe/docker_engine" : "/var/run/docker.sock";

/**
 * Finds the engine's address: DOCKER_HOST, else this machine's socket. Null if docker is set to use another context:
 * then only the docker program knows the way.
 */
export async function engineAddress(env: Environment): Promise<EngineAddress | null> {
  const host = env["DOCKER_HOST"];
  if (host) return parseEngineHost(host, env);
  const context = env["DOCKER_CONTEXT"] || (await readDockerConfig(env))["currentContext"];
  return context && context !== "default" ? null : { socketPath: DEFAULT_SOCKET };
}

function parseEngineHost(host: string, env: Environment): EngineAddress | null {
  const [, scheme, rest = ""] = /^(\w+):\/\/(.+)$/.exec(host) ?? [];
  if (scheme === "unix" || scheme === "npipe") return { socketPath: rest };
  if (scheme === "tcp" && !env["DOCKER_TLS_VERIFY"] && !env["DOCKER_TLS"]) return { origin: `http://${rest}` };
  return null;
}
