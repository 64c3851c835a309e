import * as z from "zod";
import { parseRegistry, type RegistryAddress } from "../client/reference.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import type { Credential } from "../credentials/credential.ts";
import { contextNamed, requireContextName, saveContext } from "../contexts.ts";
import { dockerCredentials } from "../credentials/store.ts";
import { CliError } from "../exit.ts";
import { readSecret } from "../input/prompt.ts";
import type { Whoami } from "../../contract/operations.ts";
import { askWhoami, checkLogin } from "../managed/whoami.ts";
import { writeLastRegistry } from "../settings.ts";
import { whoFields } from "./whoami.ts";
import { fields } from "../output/fields.ts";

/** The username beside a token, which Spacedock itself does not need, but some clients do. */
const ANY_USER = "spacedock";

export const login = defineCommand({
  name: "login",
  summary: "Log in to a registry, for this command and for docker",
  description:
    "Asks for the token, or reads it from stdin, and stores it where docker stores logins. If it is a Spacedock registry,\nmanagement commands use it from then on. With --context, the login is stored under that name, for spacedock alone; this way one host can have several logins.",
  examples: [
    "login registry.example.com",
    "login registry.example.com --password-stdin < token",
    "login registry.example.com --context production",
    "login ghcr.io --username octocat",
  ],
  arguments: { "[registry]": "the registry's host, for example registry.example.com (default: that of --context)" },
  options: {
    "-u, --username <name>": "user name, for registries that need one; Spacedock accepts any",
    "--password-stdin": "read the token from stdin",
  },
  input: z.object({
    registry: z.string().optional(),
    username: z.string().min(1).default(ANY_USER),
    passwordStdin: z.boolean().default(false),
  }),
  run: async (context, { registry: named, username, passwordStdin }) => {
    const { contextName: name = null } = context;
    if (name !== null) requireContextName(name);
    const registry = await registryOf(context, named);
    const question = `Token for ${registry.host}${name === null ? "" : ` (context ${name})`}`;
    const secret = await readSecret(context, { question, fromStdin: passwordStdin, flag: "--password-stdin" });
    const credential: Credential = { kind: "password", username, secret };
    const who = await checkedLogin(context, registry, credential);
    const kept = await keep(context, registry, credential, who !== null);
    const { output } = context;
    const said = { registry: registry.host, ...(name !== null && { context: name }) };
    output.show({ ...said, kept, ...who }, () =>
      fields({ ...whoFields(registry, username, who), context: name }, output.width),
    );
    for (const warning of await warnings(context, kept, who, registry, credential)) output.warn(warning);
  },
});

/** Returns the named registry, else that of a context. */
async function registryOf(context: Context, named: string | undefined): Promise<RegistryAddress> {
  const { env, plainHttp, contextName } = context;
  if (named !== undefined) return parseRegistry(named, { plainHttp });
  if (contextName) return (await contextNamed(env, contextName)).registry;
  throw new CliError("usage", "missing required argument 'registry'", { hint: "Name one: spacedock login <host>" });
}

/** The place of a login: docker's, for all its clients, or a context, for this command alone. */
type Kept = "program" | "file" | "context";

async function keep(
  { env, contextName }: Context,
  registry: RegistryAddress,
  credential: Credential,
  isSpacedock: boolean,
): Promise<Kept> {
  if (contextName) {
    await saveContext(env, { name: contextName, registry, login: credential });
    return "context";
  }
  const kept = await dockerCredentials(env).write(registry, credential);
  if (isSpacedock) await writeLastRegistry(env, registry);
  return kept;
}

async function warnings(
  context: Context,
  kept: Kept,
  who: Whoami | null,
  registry: RegistryAddress,
  credential: Credential,
): Promise<readonly string[]> {
  const { env } = context;
  // A login from these variables counts before the one that docker keeps.
  const isTold = kept !== "context" && Boolean(env["DOCKER_AUTH_CONFIG"] || env["REGISTRY_AUTH_FILE"]);
  const found = isTold ? await dockerCredentials(env).find(registry) : null;
  return [
    kept === "context" && "the token is stored unencrypted in spacedock's config.json; docker does not use it",
    kept === "file" &&
      "the token is stored unencrypted in docker's config.json; to encrypt it, set up a docker credential store",
    found !== null &&
      found.credential.secret !== credential.secret &&
      `${found.source.name} has another login for ${registry.host}, which overrides this one; remove it to use this login`,
    kept !== "context" &&
      who?.kind === "installation" &&
      "docker cannot pull or push with ADMIN_TOKEN; for that, log in with a token of a space",
    Boolean(env["SPACEDOCK_TOKEN"]) &&
      "SPACEDOCK_TOKEN is set and overrides this login for the registry in use; unset it to use the login",
  ].filter((warning) => warning !== false);
}

/** Asks the registry about the login. Throws if the registry refuses it. */
async function checkedLogin(
  context: Context,
  registry: RegistryAddress,
  credential: Credential,
): Promise<Whoami | null> {
  try {
    const who = await askWhoami(context, registry, credential);
    // ADMIN_TOKEN works for the management API only.
    if (who?.kind !== "installation") await checkLogin(context, registry, credential);
    return who;
  } catch (failure) {
    if (!(failure instanceof CliError) || failure.kind !== "denied") throw failure;
    throw new CliError("denied", failure.message, {
      hint: "Check that the token is complete, has not expired and is not revoked. Registries other than Spacedock also need --username.",
      cause: failure,
    });
  }
}
