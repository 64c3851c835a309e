import { connect, type Connection } from "./client/connection.ts";
import { parseRegistry, type RegistryAddress } from "./client/reference.ts";
import type { Context } from "./context.ts";
import type { Credential } from "./credentials/credential.ts";
import { dockerCredentials } from "./credentials/store.ts";
import { CliError } from "./exit.ts";
import { openManagementApi, type Management } from "./management/management.ts";
import { readLastRegistry } from "./settings.ts";

/** Opens a registry with what this machine is logged in as; anonymously where it is not. */
export async function openConnection(context: Context, registry: RegistryAddress): Promise<Connection> {
  const credential = await credentialFor(context, registry);
  return connect(registry, { env: context.env, signal: context.signal, credential });
}

/** Opens the management API of a registry: that of --registry, SPACEDOCK_REGISTRY or the last login, where none is named. */
export async function openManagement(context: Context, at?: RegistryAddress): Promise<Management> {
  const registry = at ?? (await managedRegistry(context));
  const credential = managementCredential(registry, await credentialFor(context, registry));
  return openManagementApi(connect(registry, { env: context.env, signal: context.signal, credential }));
}

/** The registry that management commands are about. Throws a usage error where none is known. */
export async function managedRegistry(context: Context): Promise<RegistryAddress> {
  const registry = await namedRegistry(context);
  if (registry !== null) return registry;
  throw new CliError("usage", "which registry? None is named, and nobody has logged in yet", {
    hint: "Use --registry <host> or SPACEDOCK_REGISTRY, or log in: spacedock login <host>",
  });
}

/** SPACEDOCK_TOKEN counts at that one registry, and goes nowhere else. */
export async function credentialFor(context: Context, registry: RegistryAddress): Promise<Credential | null> {
  const secret = context.env["SPACEDOCK_TOKEN"];
  if (secret && (await namedRegistry(context))?.host === registry.host) {
    return { kind: "password", username: "spacedock", secret };
  }
  return dockerCredentials(context.env).read(registry);
}

/** The registry that is managed; null where none is known. */
export async function namedRegistry({ registry, env, plainHttp }: Context): Promise<RegistryAddress | null> {
  const named = registry ?? (env["SPACEDOCK_REGISTRY"] || null);
  return named === null ? readLastRegistry(env) : parseRegistry(named, { plainHttp });
}

function managementCredential({ host }: RegistryAddress, credential: Credential | null): Credential {
  if (credential?.kind === "password") return { kind: "bearer", secret: credential.secret };
  const kept = credential === null ? "nobody is logged in" : "docker keeps no more than a refresh token";
  throw new CliError("denied", `${kept} at ${host}`, {
    hint: `Log in: spacedock login ${host}, or set SPACEDOCK_TOKEN.`,
  });
}
