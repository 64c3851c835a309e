import { connect } from "../client/connection.ts";
import { ping } from "../client/ping.ts";
import type { RegistryAddress } from "../client/reference.ts";
import { makeTransport } from "../client/transport.ts";
import type { Context } from "../context.ts";
import type { Credential } from "../credentials/credential.ts";
import { CliError } from "../exit.ts";
import { askApi } from "./discovery.ts";
import { openManagementApi } from "./api.ts";
import type { Whoami } from "../../contract/operations.ts";

/**
 * Asks the management API about a credential; null if the registry has no such API, or if the credential is not one of
 * Spacedock's. Throws a `denied` CliError if the registry refuses it.
 */
export async function askWhoami(
  { env, signal }: Pick<Context, "env" | "signal">,
  registry: RegistryAddress,
  credential: Credential,
): Promise<Whoami | null> {
  if (credential.kind !== "password") return null;
  const bearer: Credential = { kind: "bearer", secret: credential.secret };
  const management = openManagementApi(connect(registry, { env, signal, credential: bearer }));
  try {
    return await management.call("whoami", { path: {} });
  } catch (failure) {
    if (!(failure instanceof CliError)) throw failure;
    if (failure.kind === "unreachable" || failure.kind === "interrupted") throw failure;
    // Other registries refuse addresses that they do not know, so only their own API tells if the login is good.
    if (failure.kind === "denied") await checkLogin({ env, signal }, registry, credential);
    return null;
  } finally {
    await management.close();
  }
}

/** Describes a Spacedock's refresh token, which `docker login` keeps in place of the token itself. */
export const IDENTITY_TOKEN =
  "an identity token from docker: it can pull and push like the token it was made from, but not manage";

/** True if a login is only an identity token: good for a Spacedock's registry API, but not for its management API. */
export async function isIdentityToken(
  { env, signal }: Pick<Context, "env" | "signal">,
  { origin }: RegistryAddress,
  { credential }: { readonly credential: Credential },
): Promise<boolean> {
  if (credential.kind !== "refresh-token") return false;
  const transport = makeTransport(env);
  try {
    return (await askApi(transport, origin, signal)) !== null;
  } finally {
    await transport.close();
  }
}

/** Checks that a registry accepts a login. Throws a `denied` CliError if not. */
export async function checkLogin(
  { env, signal }: Pick<Context, "env" | "signal">,
  registry: RegistryAddress,
  credential: Credential,
): Promise<void> {
  const connection = connect(registry, { env, signal, credential });
  try {
    await ping(connection);
  } finally {
    await connection.close();
  }
}
