import * as z from "zod";
import { defineGroup } from "../command.ts";
import type { Context } from "../context.ts";
import { assign } from "../input/assignments.ts";
import { readJsonFile } from "../input/json-file.ts";
import { LIMIT_OPTION, limitInput } from "../input/options.ts";
import { readSecret } from "../input/prompt.ts";
import type { Target } from "../../contract/operations.ts";
import { fields } from "../output/fields.ts";
import type { Style } from "../output/style.ts";
import { age, ageOrUntil, onOff } from "../output/words.ts";
import { TARGETS } from "../managed/kinds.ts";
import { deleteCommand, oneCommand, showCommand, switchCommands } from "../managed/named.ts";
import { type Columns, pageQuery, showList, spaceCommand } from "../managed/shapes.ts";
import { TARGET_TYPES } from "../../contract/target-types.ts";
import { types, typesHelp } from "./target-types.ts";

const columns = (style: Style): Columns<Target> => ({
  target: ({ id }) => id,
  name: ({ name }) => name,
  type: ({ type }) => type,
  state: (target) => state(target, style),
});

const list = spaceCommand({
  name: "list",
  summary: "List a space's targets",
  examples: ["targets list --space acme"],
  options: LIMIT_OPTION,
  input: limitInput,
  run: async (scene, { limit }) => {
    const { management, space, output } = scene;
    const targets = management.list("listTargets", { path: { space }, query: pageQuery(limit) });
    await showList(scene, targets, columns(output.style), {
      limit,
      none: `${space} has no targets`,
      detail: ({ url }) => url,
    });
  },
});

const SECRET_OPTION = { "--secret-stdin": "read the secret from stdin, for types that need yours" } as const;
const secretInput = z.object({ secretStdin: z.boolean().default(false) });

const DEPLOYS_OPTIONS = {
  "--deploys": "the target deploys what it receives, and retention keeps it",
  "--no-deploys": "the target only notifies, like a chat: it hears of each push, and retention ignores it",
} as const;
const deploysInput = z.object({ deploys: z.boolean().optional() });

const create = spaceCommand({
  name: "create",
  summary: "Create a target: an address that is told about pushes",
  description:
    "If the registry creates the secret, it is shown once. spacedock targets types <type> tells what each setting means.",
  epilogue: typesHelp,
  examples: [
    "targets create hook --type standard-webhook --url https://hooks.example.com/registry",
    "targets create chat --type standard-webhook --url https://chat.example.com/hook --no-deploys",
    "targets create gh --type github-dispatch --config owner=acme --config repo=deploy --secret-stdin < token",
    "targets create octopus --type octopus --url https://acme.octopus.app --config @octopus.json --secret-stdin < key",
  ],
  arguments: { "<name>": "the target's name" },
  options: {
    "--type <type>": `the type of target: ${TARGET_TYPES.map(({ name }) => name).join(", ")}`,
    "--url <address>": "the target's address; some types have their own",
    "--config <key=value...>": "further settings; dots name nested keys, @file.json reads all from a file",
    ...SECRET_OPTION,
    ...DEPLOYS_OPTIONS,
  },
  input: secretInput.extend({
    ...deploysInput.shape,
    name: z.string(),
    type: z.string({ error: "name a type of target" }),
    url: z.string().optional(),
    config: z.array(z.string()).default([]),
  }),
  run: async ({ management, context, space, output }, { name, type, url, config, secretStdin, deploys }) => {
    const secret = await givenSecret(context, secretStdin);
    const body = { name, type, url, config: await readConfig(context, config), secret, deploys };
    const created = await management.call("createTarget", { path: { space }, body });
    output.show(created, () =>
      fields({ ...described(created, output.style), secret: shownOnce(created.secret) }, output.width),
    );
    output.note(`Next, create a trigger for it: spacedock triggers create <name> --space ${space} --target ${name}`);
  },
});

const edit = oneCommand({
  kind: TARGETS,
  name: "edit",
  formerly: "update",
  summary: "Change a target's name, address or settings",
  description:
    "A new address needs a new secret: if the registry creates it, it is shown once; if it is yours, you are asked for it again.\nTo change only the secret, rotate it.",
  examples: [
    "targets edit hook --name receiver",
    "targets edit kargo --url https://kargo.example.com/webhooks/2 --secret-stdin < secret",
    'targets edit octopus --config deploy.environments=["Test"]',
  ],
  options: {
    "--name <name>": "the new name",
    "--url <address>": "the new address",
    "--config <key=value...>": "settings to change; dots name nested keys, @file.json reads all from a file",
    ...SECRET_OPTION,
    "--no-secret": "remove the secret",
    ...DEPLOYS_OPTIONS,
  },
  input: z.object({
    name: z.string().optional(),
    url: z.string().optional(),
    config: z.array(z.string()).optional(),
    secretStdin: z.boolean().default(false),
    secret: z.boolean().default(true),
    ...deploysInput.shape,
  }),
  run: async ({ management, context, space, output }, id, { name, url, config, secretStdin, secret, deploys }) => {
    const old =
      config &&
      z.record(z.string(), z.unknown()).parse((await management.call("getTarget", { path: { space, id } })).config);
    const body = {
      name,
      url,
      config: config && (await readConfig(context, config, old)),
      secret: secret ? await givenSecret(context, secretStdin) : null,
      deploys,
    };
    const edited = await management.call("updateTarget", { path: { space, id }, body });
    output.show(edited, () =>
      fields({ ...described(edited, output.style), secret: shownOnce(edited.secret) }, output.width),
    );
  },
});

const rotate = oneCommand({
  kind: TARGETS,
  name: "rotate-secret",
  summary: "Replace a target's secret; the old one also signs for another day",
  examples: ["targets rotate-secret hook", "targets rotate-secret flux --secret-stdin < secret"],
  options: SECRET_OPTION,
  input: secretInput,
  run: async ({ management, context, space, output }, id, { secretStdin }) => {
    const body = { secret: await givenSecret(context, secretStdin) };
    const rotated = await management.call("rotateTargetSecret", { path: { space, id }, body });
    const { secret, previousUntil } = rotated;
    output.show(rotated, () =>
      fields({ secret: shownOnce(secret), "old secret ends": ageOrUntil(previousUntil) }, output.width),
    );
  },
});

async function givenSecret(context: Context, fromStdin: boolean): Promise<string | undefined> {
  return fromStdin ? readSecret(context, { question: "Secret", fromStdin, flag: "--secret-stdin" }) : undefined;
}

/** Reads the values of `--config` in their order: later ones override earlier ones. */
async function readConfig(
  context: Context,
  entries: readonly string[],
  old: Readonly<Record<string, unknown>> = {},
): Promise<Record<string, unknown>> {
  let config = old;
  for (const entry of entries) {
    config = entry.startsWith("@")
      ? { ...config, ...(await readJsonFile(context, entry.slice(1), z.record(z.string(), z.unknown()))) }
      : assign(config, entry);
  }
  return { ...config };
}

function described(target: Target, style: Style): Record<string, string | null> {
  const { id, name, type, url, config, deploys, identity, disabledReason, failingSince, createdAt } = target;
  return {
    target: id,
    name,
    type,
    address: url,
    deploys: deploys ? "yes" : "no, it only notifies",
    state: state(target, style),
    disabled: disabledReason,
    "failing since": failingSince === null ? null : age(failingSince),
    config: JSON.stringify(config, null, 2),
    "identity, issuer": identity.issuer,
    "identity, subject": identity.subject,
    created: age(createdAt),
  };
}

function state({ enabled, failingSince }: Target, style: Style): string {
  return enabled && failingSince !== null ? style.red("failing") : onOff(enabled, style);
}

function shownOnce(secret: string | undefined): string | null {
  return secret === undefined ? null : `${secret}\n(shown only once)`;
}

export const targets = defineGroup("targets", "Show and change where pushes are delivered", [
  list,
  types,
  create,
  showCommand({
    kind: TARGETS,
    get: ({ management, space }, id) => management.call("getTarget", { path: { space, id } }),
    describe: (target, { output }) => described(target, output.style),
  }),
  ...switchCommands(TARGETS, {
    enable: ({ management, space }, id) => management.call("enableTarget", { path: { space, id } }),
    disable: ({ management, space }, id) => management.call("disableTarget", { path: { space, id } }),
  }),
  edit,
  rotate,
  deleteCommand({
    kind: TARGETS,
    name: "delete",
    summary: "Delete a target",
    consequence: "Pending deliveries to it end.",
    remove: ({ management, space }, id) => management.call("deleteTarget", { path: { space, id } }),
  }),
]);
