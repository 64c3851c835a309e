import * as z from "zod";
import { type Command, defineCommand, defineGroup } from "../command.ts";
import { forgetContext, readContexts, useContext } from "../contexts.ts";
import { CliError } from "../exit.ts";
import { YES_OPTION, yesInput } from "../input/options.ts";
import { confirm } from "../input/prompt.ts";
import { managedBy, placeOf } from "../managed/managed.ts";
import { type Columns, showList } from "../managed/shapes.ts";

/** A context for showing, without its secret. */
interface ContextLine {
  readonly name: string;
  readonly registry: string;
  readonly active: boolean;
  readonly login: "own" | "docker";
}

const COLUMNS: Columns<ContextLine> = {
  context: ({ name }) => name,
  registry: ({ registry }) => registry,
  login: ({ login }) => (login === "own" ? "its own" : "docker's"),
  "": ({ active }) => (active ? "in use" : ""),
};

const list = defineCommand({
  name: "list",
  summary: "List contexts and show which one is in use",
  examples: ["context list"],
  input: z.object({}),
  run: async (context) => {
    const { all, active } = await readContexts(context.env);
    const lines = all.map(({ name, registry, login }): ContextLine => ({
      name,
      registry: registry.host,
      active: name === active?.name,
      login: login === null ? "docker" : "own",
    }));
    await showList(context, lines, COLUMNS, { none: "no contexts yet; create one: spacedock login <host>" });
  },
});

const use = defineCommand({
  name: "use",
  summary: "Switch to a context: commands then use its registry",
  examples: ["context use production"],
  arguments: { "<context>": "the context's name" },
  input: z.object({ context: z.string() }),
  run: async ({ env, output }, { context: name }) => {
    const { registry } = await useContext(env, name);
    output.show({ context: name, registry: registry.host }, () => `switched to ${registry.host} (context ${name})`);
    for (const variable of ["SPACEDOCK_REGISTRY", "SPACEDOCK_CONTEXT"]) {
      if (env[variable]) output.warn(`${variable} is set and overrides this context; unset it to use the context`);
    }
  },
});

const show = defineCommand({
  name: "show",
  summary: "Show which registry commands use",
  examples: ["context show", "context show --context staging"],
  input: z.object({}),
  run: async (context) => {
    const managed = await managedBy(context);
    if (managed === null) {
      throw new CliError("not-found", "no registry is in use", { hint: "Log in: spacedock login <host>" });
    }
    const { registry } = managed;
    context.output.show({ context: managed.context?.name ?? null, registry: registry.host }, () => placeOf(managed));
  },
});

const remove = defineCommand({
  name: "delete",
  summary: "Delete a context and its login",
  description: "The token stays valid; to end it, revoke it. Docker's login does not change.",
  examples: ["context delete staging"],
  arguments: { "<context>": "the context's name" },
  options: YES_OPTION,
  input: yesInput.extend({ context: z.string() }),
  run: async (context, { context: name, yes }) => {
    await confirm(context, { question: `Delete context "${name}" and its login? The token stays valid.`, yes });
    await forgetContext(context.env, name);
    context.output.show({ deleted: name }, () => `deleted ${name}`);
  },
});

/** Registries under names, so that one host can have several logins. */
export const contexts: Command = defineGroup("context", "Show and choose the registry that commands use", [
  list,
  use,
  show,
  remove,
]);
