import type { RegistryAddress } from "./client/reference.ts";
import type { Environment } from "./context.ts";
import type { Credential } from "./credentials/credential.ts";
import { CliError } from "./exit.ts";
import { addressIn, readSettings, type Settings, writeSettings } from "./settings.ts";

/** A registry under a name, perhaps with a login of its own, so that one host can have several logins. */
export interface NamedContext {
  readonly name: string;
  readonly registry: RegistryAddress;
  /** The context's own login; null: docker's login for the host is used. */
  readonly login: Credential | null;
}

export interface Contexts {
  readonly all: readonly NamedContext[];
  /** The context in use; null: none is. */
  readonly active: NamedContext | null;
}

/** Matches a context's name. A host with its port is a valid name, too. */
const NAME = /^[A-Za-z0-9[][\w.:\]-]{0,127}$/;

export async function readContexts(env: Environment): Promise<Contexts> {
  const { contexts = {}, context, registry } = await readSettings(env);
  const all = Object.entries(contexts).flatMap(([name, kept]) => {
    const found = addressIn(kept?.registry);
    const login: Credential | null = kept?.login === undefined ? null : { kind: "password", ...kept.login };
    return found === null ? [] : [{ name, registry: found, login }];
  });
  if (context !== undefined) return { all, active: all.find(({ name }) => name === context) ?? null };
  // A version without contexts wrote this.
  const last = addressIn(registry);
  const active = last && { name: last.host, registry: last, login: null };
  return { all: active === null ? all : [...all, active], active };
}

/** Finds a context by its name. Throws a `not-found` CliError. */
export async function contextNamed(env: Environment, wanted: string): Promise<NamedContext> {
  const { all } = await readContexts(env);
  const found = all.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  const known = all.map(({ name }) => name).join(", ");
  throw new CliError("not-found", `no context is named "${wanted}"`, {
    hint: known === "" ? `Create it: spacedock login <host> --context ${wanted}` : `Known contexts: ${known}`,
  });
}

/** Saves a context, with its own login or docker's, and puts it in use. Throws a usage error if the name is invalid. */
export async function saveContext(env: Environment, { name, registry, login }: NamedContext): Promise<void> {
  requireContextName(name);
  const settings = await readSettings(env);
  const own = login?.kind === "password" ? { login: { username: login.username, secret: login.secret } } : {};
  const contexts = { ...(await written(env)), [name]: { registry: registry.origin, ...own } };
  await writeSettings(env, { ...settings, context: name, contexts });
}

/** Puts a context in use. Throws a `not-found` CliError if none has that name. */
export async function useContext(env: Environment, name: string): Promise<NamedContext> {
  const found = await contextNamed(env, name);
  await writeSettings(env, { ...(await readSettings(env)), context: name, contexts: await written(env) });
  return found;
}

/**
 * Forgets the own login of a context. Returns false if it has none. Throws a `not-found` CliError if there is no such
 * context.
 */
export async function forgetContextLogin(env: Environment, name: string): Promise<boolean> {
  const { login, registry } = await contextNamed(env, name);
  if (login === null) return false;
  const contexts = { ...(await written(env)), [name]: { registry: registry.origin } };
  await writeSettings(env, { ...(await readSettings(env)), contexts });
  return true;
}

/** Forgets a context and its login. Throws a `not-found` CliError if none has that name. */
export async function forgetContext(env: Environment, name: string): Promise<void> {
  await contextNamed(env, name);
  const { active } = await readContexts(env);
  const { [name]: _, ...contexts } = await written(env);
  const { registry: __, ...settings } = await readSettings(env);
  await writeSettings(env, { ...settings, context: active?.name === name ? undefined : active?.name, contexts });
}

/** Throws a usage error if the name is invalid. */
export function requireContextName(name: string): void {
  if (NAME.test(name)) return;
  throw new CliError("usage", `"${name}" is not a valid context name: use letters, digits and . _ : -`);
}

/** Reads the contexts as they are to be saved, including the one that an older version wrote in its own form. */
async function written(env: Environment): Promise<NonNullable<Settings["contexts"]>> {
  const { contexts = {} } = await readSettings(env);
  const { active } = await readContexts(env);
  return active === null ? contexts : { [active.name]: { registry: active.registry.origin }, ...contexts };
}
