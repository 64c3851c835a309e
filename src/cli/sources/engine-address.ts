import type { Environment } from "../context.ts";
import { readDockerConfig } from "../credentials/docker-config.ts";

/** Where an engine's API is: a socket's path, or an origin. Null: only the docker program knows how to reach it. */
export type EngineAddress = { readonly socketPath: string } | { readonly origin: string };

const DEFAULT_SOCKET = process.platform === "win32" ? "//./pipe/docker_engine" : "/var/run/docker.sock";

/** DOCKER_HOST, else the socket of this machine, unless docker is told to use another context. */
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
