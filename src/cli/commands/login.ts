import { z } from "zod";
import { parseRegistry, type RegistryAddress } from "../client/reference.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import type { Credential } from "../credentials/credential.ts";
import { dockerCredentials } from "../credentials/store.ts";
import { CliError } from "../exit.ts";
import { readSecret } from "../input/prompt.ts";
import type { Whoami } from "../management/operations.ts";
import { askWhoami, checkLogin } from "../management/whoami.ts";
import { writeLastRegistry } from "../settings.ts";
import { whoFields } from "./whoami.ts";
import { fields } from "../output/fields.ts";

/** Spacedock knows a token by itself: the name beside it is for clients that cannot do without one. */
const ANY_USER = "spacedock";

export const login = defineCommand({
  name: "login",
  summary: "Log in to a registry, for this command and for docker",
  description:
    "The token is asked for, or read from stdin; it is kept where docker keeps it. A Spacedock registry becomes the one\nthat management commands are about.",
  examples: [
    "login registry.example.com",
    "login registry.example.com --password-stdin < token",
    "login ghcr.io --username octocat",
  ],
  arguments: { "<registry>": "its host, as in registry.example.com" },
  options: {
    "-u, --username <name>": "for registries that know users; a Spacedock token goes with any name",
    "--password-stdin": "read the token from stdin",
  },
  input: z.object({
    registry: z.string(),
    username: z.string().min(1).default(ANY_USER),
    passwordStdin: z.boolean().default(false),
  }),
  run: async (context, { registry: named, username, passwordStdin }) => {
    const registry = parseRegistry(named, { plainHttp: context.plainHttp });
    const question = `Token for ${registry.host}`;
    const secret = await readSecret(context, { question, fromStdin: passwordStdin, flag: "--password-stdin" });
    const credential: Credential = { kind: "password", username, secret };
    const who = await checkedLogin(context, registry, credential);
    const kept = await dockerCredentials(context.env).write(registry, credential);
    if (who !== null) await writeLastRegistry(context.env, registry);
    const { output } = context;
    output.show({ registry: registry.host, kept, ...who }, () => fields(whoFields(registry, username, who)));
    for (const warning of warnings(context, kept, who)) output.warn(warning);
  },
});

function warnings({ env }: Context, kept: "program" | "file", who: Whoami | null): readonly string[] {
  return [
    kept === "file" &&
      "the token lies unencrypted in docker's config.json; a credential store of docker's would hide it",
    who?.kind === "installation" && "docker cannot pull or push with ADMIN_TOKEN: log in with a space's token for that",
    Boolean(env["SPACEDOCK_TOKEN"]) &&
      "SPACEDOCK_TOKEN is set, and counts before this login at the registry that is managed",
  ].filter((warning) => warning !== false);
}

/** What the registry says of the login. Throws where it does not take it. */
async function checkedLogin(
  context: Context,
  registry: RegistryAddress,
  credential: Credential,
): Promise<Whoami | null> {
  try {
    const who = await askWhoami(context, registry, credential);
    // ADMIN_TOKEN is good for the management API, and there alone.
    if (who?.kind !== "installation") await checkLogin(context, registry, credential);
    return who;
  } catch (failure) {
    if (!(failure instanceof CliError) || failure.kind !== "denied") throw failure;
    throw new CliError("denied", failure.message, {
      hint: "Is the token right, not expired and not revoked? Other registries than Spacedock want --username too.",
      cause: failure,
    });
  }
}
