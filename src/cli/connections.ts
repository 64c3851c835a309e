import { connect, type Connection } from "./client/connection.ts";
import type { RegistryAddress } from "./client/reference.ts";
import type { Context } from "./context.ts";
import type { Credential } from "./credentials/credential.ts";
import { CliError } from "./exit.ts";
import { explained, type Login, loginFor } from "./logins.ts";
import { chosen, managedRegistry, placeOf, sayPlace } from "./managed/managed.ts";
import { openManagementApi, type Management } from "./managed/api.ts";

export { managedRegistry } from "./managed/managed.ts";

/** Opens a registry with this machine's login, or anonymously if there is none. */
export async function openConnection(context: Context, registry: RegistryAddress): Promise<Connection> {
  return connectAs(context, registry, await loginFor(context, registry));
}

/** Opens the management API of `at`, else of --registry, SPACEDOCK_REGISTRY or the context in use. */
export async function openManagement(context: Context, at?: RegistryAddress): Promise<Management> {
  const registry = at ?? (await managedRegistry(context));
  const login = managementLogin(registry, await loginFor(context, registry));
  const place = await placeAt(context, registry);
  // A command that changes something says at which registry.
  return openManagementApi(connectAs(context, registry, login), () => sayPlace(context.output, place));
}

/** Tells the user which registry a command works at, if the command line does not name it. */
export async function sayWhere(context: Context, registry: RegistryAddress): Promise<void> {
  sayPlace(context.output, await placeAt(context, registry));
}

async function placeAt(context: Context, registry: RegistryAddress): Promise<string> {
  const managed = await chosen(context);
  return managed?.registry.host === registry.host ? placeOf(managed) : registry.host;
}

/** Returns this machine's credential for a registry; null if it has none. */
export async function credentialFor(context: Context, registry: RegistryAddress): Promise<Credential | null> {
  return (await loginFor(context, registry))?.credential ?? null;
}

/** Opens a connection whose errors say where a login that fails comes from. */
function connectAs({ env, signal }: Context, registry: RegistryAddress, login: Login | null): Connection {
  const connection = connect(registry, { env, signal, credential: login?.credential ?? null });
  return {
    ...connection,
    ask: (question) =>
      connection.ask(question).catch((failure: unknown) => {
        throw explained(failure, login, registry);
      }),
  };
}

function managementLogin({ host }: RegistryAddress, login: Login | null): Login {
  const { credential } = login ?? {};
  if (login !== null && credential?.kind === "password") {
    return { ...login, credential: { kind: "bearer", secret: credential.secret } };
  }
  if (login === null) {
    const hint = `Log in: spacedock login ${host}, or set SPACEDOCK_TOKEN.`;
    throw new CliError("denied", `you are not logged in at ${host}`, { hint });
  }
  throw new CliError("denied", `docker's login at ${host} is an identity token: it can pull and push, but not manage`, {
    hint: `Log in with the token itself: spacedock login ${host}, or set SPACEDOCK_TOKEN.`,
  });
}
