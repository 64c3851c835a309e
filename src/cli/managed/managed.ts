import { parseRegistry, type RegistryAddress } from "../client/reference.ts";
import { makeTransport } from "../client/transport.ts";
import type { Context } from "../context.ts";
import { contextNamed, type NamedContext, readContexts } from "../contexts.ts";
import { loginHosts } from "../credentials/store.ts";
import { CliError } from "../exit.ts";
import { askApi } from "./discovery.ts";
import type { Output } from "../output/output.ts";

/** The registry that commands are about, and how it was chosen. */
export interface Managed {
  readonly registry: RegistryAddress;
  /** The context that it belongs to; null: it was named itself, or found. */
  readonly context: NamedContext | null;
}

/** The registry that management commands are about. Throws a usage error where none is known. */
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

/** The registry that is managed; null where none is known. */
export async function namedRegistry(context: Context): Promise<RegistryAddress | null> {
  return (await managedBy(context))?.registry ?? null;
}

/**
 * What is managed: what --registry or --context names; else SPACEDOCK_REGISTRY, else SPACEDOCK_CONTEXT; else the context in use; else the
 * one Spacedock that docker is logged in at. Null where none is known.
 */
export async function managedBy(context: Context): Promise<Managed | null> {
  return (await chosen(context)) ?? foundOnce(context);
}

/** What somebody chose to manage, by whatever way; without asking any registry. */
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

/** Commands that have said where they are. */
const SAID = new WeakSet<Output>();

/** Says where a command is, once, lest something is done at the wrong registry. */
export function sayPlace(output: Output, place: string): void {
  if (!SAID.has(output)) output.note(`at ${place}`);
  SAID.add(output);
}

/** As in "registry.example.com (context production)", where the name says more than the host. */
export function placeOf({ registry: { host }, context }: Managed): string {
  return context === null || context.name === host ? host : `${host} (context ${context.name})`;
}

function managedAs(context: NamedContext): Managed {
  return { registry: context.registry, context };
}

/** Looked for once a command. */
const FOUND = new WeakMap<Output, Promise<Managed | null>>();

function foundOnce(context: Context): Promise<Managed | null> {
  const found = FOUND.get(context.output) ?? findBesideDocker(context);
  FOUND.set(context.output, found);
  return found;
}

/** Milliseconds within which a registry that docker is logged in at has to say what it is. */
const PATIENCE = 3000;

/** Where somebody used `docker login` alone: the one Spacedock among its registries. Throws a usage error where there are several. */
async function findBesideDocker(context: Context): Promise<Managed | null> {
  const { env, plainHttp, output } = context;
  // A configuration that cannot be read is told where a login is needed.
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

/** Null where no Spacedock answers. */
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
