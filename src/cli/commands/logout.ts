import * as z from "zod";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { forgetContextLogin } from "../contexts.ts";
import { dockerCredentials } from "../credentials/store.ts";
import { loginFor } from "../logins.ts";
import { chosen, placeOf } from "../managed/managed.ts";
import { registryOrManaged } from "../managed/reference.ts";

export const logout = defineCommand({
  name: "logout",
  summary: "Log out of a registry",
  description:
    "Removes the context's own login if it has one, otherwise docker's. The token stays valid; to end it, revoke it.",
  examples: ["logout registry.example.com", "logout --context production"],
  arguments: { "[registry]": "the registry's host (default: the registry in use)" },
  input: z.object({ registry: z.string().optional() }),
  run: async (context, { registry: named }) => {
    const { env, output } = context;
    const own = named === undefined ? await ownLogin(context) : null;
    if (own !== null) {
      await forgetContextLogin(env, own.name);
      const shown = { registry: own.registry.host, context: own.name, wasLoggedIn: true };
      return output.show(shown, () => `logged out of ${placeOf({ registry: own.registry, context: own })}`);
    }
    const registry = await registryOrManaged(context, named);
    const wasLoggedIn = await dockerCredentials(env).erase(registry);
    output.show({ registry: registry.host, wasLoggedIn }, () =>
      wasLoggedIn ? `logged out of ${registry.host}` : `you were not logged in at ${registry.host}`,
    );
    if (env["SPACEDOCK_TOKEN"])
      output.warn("SPACEDOCK_TOKEN is still set, and commands use it; unset it to log out completely");
    else {
      const left = await loginFor(context, registry);
      if (left !== null) output.warn(`another login for ${registry.host} remains: ${left.source}. ${left.advice}`);
    }
  },
});

/** Returns the chosen context if it has its own login; null otherwise. */
async function ownLogin(context: Context) {
  const managed = await chosen(context);
  return managed?.context?.login ? managed.context : null;
}
