import { z } from "zod";
import { defineCommand } from "../command.ts";
import { dockerCredentials } from "../credentials/store.ts";
import { registryOrManaged } from "../managed-reference.ts";

export const logout = defineCommand({
  name: "logout",
  summary: "Forget the login at a registry",
  description: "The token itself stays good: to end it, revoke it.",
  examples: ["logout registry.example.com"],
  arguments: { "[registry]": "its host; the registry that is managed, if not given" },
  input: z.object({ registry: z.string().optional() }),
  run: async (context, { registry: named }) => {
    const { env, output } = context;
    const registry = await registryOrManaged(context, named);
    const wasLoggedIn = await dockerCredentials(env).erase(registry);
    output.show({ registry: registry.host, wasLoggedIn }, () =>
      wasLoggedIn ? `logged out of ${registry.host}` : `nobody was logged in at ${registry.host}`,
    );
    if (env["SPACEDOCK_TOKEN"]) output.warn("SPACEDOCK_TOKEN is still set, and counts where it is used");
  },
});
