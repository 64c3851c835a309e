import * as z from "zod";
import type { RegistryAddress } from "../client/reference.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import type { Credential } from "../credentials/credential.ts";
import { CliError } from "../exit.ts";
import { explained, type Login, loginFor } from "../logins.ts";
import { chosen } from "../managed/managed.ts";
import { registryOrManaged } from "../managed/reference.ts";
import type { Whoami } from "../../contract/operations.ts";
import { askWhoami, checkLogin, IDENTITY_TOKEN, isIdentityToken } from "../managed/whoami.ts";
import { fields } from "../output/fields.ts";
import { ageOrUntil } from "../output/words.ts";

export const whoami = defineCommand({
  name: "whoami",
  summary: "Show who you are at a registry, and what your token may do",
  examples: ["whoami", "whoami registry.example.com --json"],
  arguments: { "[registry]": "the registry's host (default: the registry in use)" },
  input: z.object({ registry: z.string().optional() }),
  run: async (context, { registry: named }) => {
    const registry = await registryOrManaged(context, named);
    const login = await loginFor(context, registry);
    if (login === null) {
      throw new CliError("denied", `you are not logged in at ${registry.host}`, {
        hint: `Log in: spacedock login ${registry.host}, or set SPACEDOCK_TOKEN.`,
      });
    }
    const { output } = context;
    const managed = await chosen(context);
    const contextName = managed?.registry.host === registry.host ? (managed.context?.name ?? null) : null;
    const who = await askWho(context, registry, login);
    if (await isIdentityToken(context, registry, login)) {
      const shown = { registry: registry.host, login: IDENTITY_TOKEN, source: login.source };
      output.show({ registry: registry.host, username: null, login: "identity-token" }, () =>
        fields(shown, output.width),
      );
      return output.note(`To manage the registry, and to see what the token may do: spacedock login ${registry.host}`);
    }
    const username = usernameOf(login.credential);
    output.show({ registry: registry.host, username, ...who }, () =>
      fields(
        { ...whoFields(registry, username, who), context: contextName === registry.host ? null : contextName },
        output.width,
      ),
    );
  },
});

/** Asks the registry about the login. Throws if the registry refuses it, and says where the login comes from. */
async function askWho(context: Context, registry: RegistryAddress, login: Login): Promise<Whoami | null> {
  const { credential } = login;
  try {
    const who = await askWhoami(context, registry, credential);
    if (who === null) await checkLogin(context, registry, credential);
    return who;
  } catch (failure) {
    throw explained(failure, login, registry);
  }
}

/** Returns the username; null if only the registry knows it. */
function usernameOf(credential: Credential): string | null {
  return credential.kind === "password" ? credential.username : null;
}

/**
 * Returns a login's fields for showing.
 * @param who null if the registry says nothing
 */
export function whoFields(
  { host }: RegistryAddress,
  username: string | null,
  who: Whoami | null,
): Record<string, string | null> {
  if (who === null)
    return { registry: `${host} (not a Spacedock registry: it does not say what the login may do)`, username };
  const { space, token } = who;
  if (token === null) {
    return { registry: host, token: "ADMIN_TOKEN: manages all spaces, cannot pull or push" };
  }
  return {
    registry: host,
    space,
    token: `${token.name} (${token.id})`,
    "may do": token.actions.join(", "),
    repositories: token.repositories.join(", "),
    expires: token.expiresAt === null ? "never" : ageOrUntil(token.expiresAt),
  };
}
