import { z } from "zod";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { forgetContextLogin } from "../contexts.ts";
import { dockerCredentials } from "../credentials/store.ts";
import { loginFor } from "../logins.ts";
import { chosen, placeOf } from "../managed.ts";
import { registryOrManaged } from "../managed-reference.ts";

export const logout = defineCommand({
  name: "logout",
  summary: "Forget the login at a registry",
  description:
    "Of a context that has a login of its own it forgets that, else docker's. The token itself stays good: to end it, revoke it.",
  examples: ["logout registry.example.com", "logout --context production"],
  arguments: { "[registry]": "its host; the registry that is managed, if not given" },
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
      wasLoggedIn ? `logged out of ${registry.host}` : `nobody was logged in at ${registry.host}`,
    );
    if (env["SPACEDOCK_TOKEN"]) output.warn("SPACEDOCK_TOKEN is still set, and counts where it is used");
    else {
      const left = await loginFor(context, registry);
      if (left !== null) output.warn(`there is still a login for ${registry.host}: ${left.source}. ${left.advice}`);
    }
  },
});

/** The context that is meant, where it has a login of its own. */
async function ownLogin(context: Context) {
  const managed = await chosen(context);
  return managed?.context?.login ? managed.context : null;
}
