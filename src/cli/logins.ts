import { RefusedError } from "./client/problem.ts";
import type { RegistryAddress } from "./client/reference.ts";
import type { Context } from "./context.ts";
import { readContexts } from "./contexts.ts";
import type { Credential } from "./credentials/credential.ts";
import { dockerCredentials } from "./credentials/store.ts";
import { CliError } from "./exit.ts";
import { chosen } from "./managed/managed.ts";
import type { Output } from "./output/output.ts";

/** A login and its origin. */
export interface Login {
  readonly credential: Credential;
  /** The place where a person finds it: SPACEDOCK_TOKEN, a context, or docker's configuration. */
  readonly source: string;
  /** The next step for the user if the login fails. */
  readonly advice: string;
}

/**
 * Finds this machine's login for a registry. The first of these counts: SPACEDOCK_TOKEN, which is sent to the managed
 * registry only; the login of the context in use; docker's login; the login of the only context for the host.
 */
export async function loginFor(context: Context, registry: RegistryAddress): Promise<Login | null> {
  const managed = await chosen(context);
  const isManaged = managed?.registry.host === registry.host;
  const secret = context.env["SPACEDOCK_TOKEN"];
  if (secret && isManaged) {
    const credential: Credential = { kind: "password", username: "spacedock", secret };
    return { credential, source: "SPACEDOCK_TOKEN", advice: "Set SPACEDOCK_TOKEN to another token, or unset it." };
  }
  const own = managed?.context ?? null;
  if (own?.login && isManaged) return contextLogin(own.name, own.login, registry);
  return (await dockerLogin(context, registry)) ?? otherContextLogin(context, registry);
}

/** Warnings that were already shown, by output: a command looks for logins more than once. */
const WARNED = new WeakMap<Output, Set<string>>();

function warnOnce(output: Output, text: string): void {
  const known = WARNED.get(output) ?? new Set();
  if (!known.has(text)) output.warn(text);
  WARNED.set(output, known.add(text));
}

async function dockerLogin({ env, output }: Context, registry: RegistryAddress): Promise<Login | null> {
  const found = await dockerCredentials(env, (text) => warnOnce(output, text)).find(registry);
  if (found === null) return null;
  const { name, logout } = found.source;
  const { host } = registry;
  const advice =
    logout === null
      ? `Change the login in ${name}, or unset it.`
      : `Log in again: spacedock login ${host}. To continue without a login: ${logout(host)}${name.endsWith("config.json") ? `, or spacedock logout ${host}` : ""}`;
  return { credential: found.credential, source: name, advice };
}

async function otherContextLogin({ env }: Context, registry: RegistryAddress): Promise<Login | null> {
  const { all } = await readContexts(env);
  const fitting = all.filter((one) => one.login !== null && one.registry.host === registry.host);
  const [only] = fitting;
  return only?.login && fitting.length === 1 ? contextLogin(only.name, only.login, registry) : null;
}

function contextLogin(name: string, credential: Credential, { host }: RegistryAddress): Login {
  return {
    credential,
    source: `the context ${name}`,
    advice: `Log in again: spacedock login ${host} --context ${name}. To continue without a login: spacedock logout --context ${name}`,
  };
}

/** Adds to a refusal that the stored login failed, and the next step. Returns other failures unchanged. */
export function explained(failure: unknown, login: Login | null, { host }: RegistryAddress): unknown {
  if (login === null || !(failure instanceof CliError) || failure.kind !== "denied") return failure;
  const asIs = `The stored login failed (${login.source}).`;
  if (!(failure instanceof RefusedError)) {
    return new CliError("denied", failure.message, { hint: `${asIs} ${login.advice}`, cause: failure });
  }
  // With a 403 the registry knows the login, but the login may not do this.
  if (failure.status !== 401) return failure;
  const { status, code, reason } = failure;
  const isBearer = login.credential.kind === "bearer";
  const hint = isBearer
    ? `${asIs} ${login.advice}`
    : `The stored login (${login.source}) was refused, or does not permit this; see spacedock whoami ${host}. ${login.advice}`;
  return new RefusedError("denied", host, { status, code, reason, hint });
}
