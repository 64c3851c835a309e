import { parseRegistry, type RegistryAddress } from "../client/reference.ts";
import { makeTransport } from "../client/transport.ts";
import type { Context } from "../context.ts";
import { contextNamed, type NamedContext, readContexts } from "../contexts.ts";
import { loginHosts } from "../credentials/store.ts";
import { CliError } from "../exit.ts";
import { askApi } from "./discovery.ts";
import type { Output } from "../output/output.ts";

/** The registry that a command manages, and how it was chosen. */
export interface Managed {
  readonly registry: RegistryAddress;
  /** The context of the registry; null: the registry was named itself, or found. */
  readonly context: NamedContext | null;
}

/** Returns the registry that management commands use. Throws a usage error if none is known. */
export async function managedRegistry(context: Context): Promise<RegistryAddress> {
  const registry = await namedRegistry(context);
  if (registry !== null) return registry;
  const hosts = await loginHosts(context.env);
  const known =
    hosts.length === 0 ? "you have not logged in yet" : `no Spacedock registry answers at ${hosts.join(", ")}`;
  throw new CliError("usage", `no registry is selected, and ${known}`, {
    hint: "Use --registry <host> or SPACEDOCK_REGISTRY, or log in: spacedock login <host>",
  });
}

/** Returns the registry that management commands use; null if none is known. */
export async function namedRegistry(context: Context): Promise<RegistryAddress | null> {
  return (await managedBy(context))?.registry ?? null;
}

/**
 * Finds the managed registry: the one that --registry or --context names, else SPACEDOCK_REGISTRY, else
 * SPACEDOCK_CONTEXT, else the context in use, else the one Spacedock with a docker login. Null if none is known.
 */
export async function managedBy(context: Context): Promise<Managed | null> {
  return (await chosen(context)) ?? foundOnce(context);
}

/** Returns the registry that the user chose in any way; null if none. Asks no registry. */
export async function chosen(context: Context): Promise<Managed | null> {
  const { registry, contextName, env, plainHttp } = context;
  if (registry !== null && contextName) throw new CliError("usage", "use either --registry or --context, not both");
  if (registry !== null) return { registry: parseRegistry(registry, { plainHttp }), context: null };
  if (contextName) return managedAs(await contextNamed(env, contextName));
  if (env["SPACEDOCK_REGISTRY"]) {
    return { registry: parseRegistry(env["SPACEDOCK_REGISTRY"], { plainHttp }), context: null };
  }
  if (env["SPACEDOCK_CONTEXT"]) return managedAs(await contextNamed(env, env["SPACEDOCK_CONTEXT"]));
  const { active } = await readContexts(env);
  return active === null ? null : managedAs(active);
}

/** Outputs that already show the place. */
const SHOWN = new WeakSet<Output>();

/** Shows the registry once for each command, so that nobody changes the wrong one by mistake. */
export function sayPlace(output: Output, place: string): void {
  if (!SHOWN.has(output)) output.note(`at ${place}`);
  SHOWN.add(output);
}

/** Names the registry, and the context if its name says more: "registry.example.com (context production)". */
export function placeOf({ registry: { host }, context }: Managed): string {
  return context === null || context.name === host ? host : `${host} (context ${context.name})`;
}

function managedAs(context: NamedContext): Managed {
  return { registry: context.registry, context };
}

/** Keeps the search's result, so that a command searches only once. */
const FOUND = new WeakMap<Output, Promise<Managed | null>>();

function foundOnce(context: Context): Promise<Managed | null> {
  const found = FOUND.get(context.output) ?? findBesideDocker(context);
  FOUND.set(context.output, found);
  return found;
}

/** Milliseconds within which a registry with a docker login must say if it is a Spacedock. */
const PATIENCE = 3000;

/**
 * Finds the one Spacedock among the registries of `docker login`, for users who logged in only there. Throws a usage
 * error if there are several.
 */
async function findBesideDocker(context: Context): Promise<Managed | null> {
  const { env, plainHttp, output } = context;
  // An unreadable configuration is reported where a login is needed.
  const hosts = await loginHosts(env).catch(() => []);
  const asked = await Promise.all(hosts.map((host) => spacedockAt(context, host, plainHttp)));
  const found = asked.filter((registry) => registry !== null);
  const [registry] = found;
  if (registry === undefined) return null;
  if (found.length > 1) {
    throw new CliError(
      "usage",
      `no registry is selected, and docker is logged in at ${found.map(({ host }) => host).join(", ")}`,
      {
        hint: "Use --registry <host> or SPACEDOCK_REGISTRY, or select one: spacedock login <host>",
      },
    );
  }
  sayPlace(output, `${registry.host}, where docker is logged in`);
  return { registry, context: null };
}

/** Returns the host's address if a Spacedock answers there; null otherwise. */
async function spacedockAt(
  { env, signal }: Context,
  host: string,
  plainHttp: boolean,
): Promise<RegistryAddress | null> {
  const transport = makeTransport(env);
  try {
    const registry = parseRegistry(host, { plainHttp });
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
    return (await askApi(transport, registry.origin, patience)) === null ? null : registry;
  } catch {
    signal.throwIfAborted();
    return null;
  } finally {
    await transport.close();
  }
}
