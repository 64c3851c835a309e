import * as z from "zod";
import type { TargetType } from "../../contract/operations.ts";
import { type Setting, settingsOf } from "../../contract/settings.ts";
import { TARGET_TYPES } from "../../contract/target-types.ts";
import { CliError } from "../exit.ts";
import { type Columns, managementCommand, showList, tableOf } from "../managed/shapes.ts";
import { fields } from "../output/fields.ts";

const COLUMNS: Columns<TargetType> = {
  type: ({ name }) => name,
  title: ({ title }) => title,
  secret: secretWord,
};

const SETTING_COLUMNS: Columns<Setting> = {
  setting: ({ path }) => path,
  value: valueWord,
  meaning: ({ description }) => description,
};

export const types = managementCommand({
  name: "types",
  summary: "List the types of target, or show what one takes",
  examples: ["targets types", "targets types octopus"],
  arguments: { "[type]": "the type to show" },
  input: z.object({ type: z.string().optional() }),
  run: async (scene, { type: name }) => {
    const { management, output } = scene;
    const { types: all } = await management.call("listTargetTypes", { path: {} });
    if (name === undefined) {
      await showList(scene, all, COLUMNS, {
        none: `${management.host} has no types of target`,
        detail: ({ description }) => description,
      });
      return;
    }
    const type = all.find((one) => one.name === name);
    if (type === undefined) throw unknown(name, all);
    output.show(type, () => described(type, output.width));
  },
});

function unknown(name: string, all: readonly TargetType[]): CliError {
  const names = all.map((one) => one.name).join(", ");
  return new CliError("usage", `the registry has no type of target called ${name}`, { hint: `It has ${names}.` });
}

function described(type: TargetType, width: number): string {
  const { name, title, description, address, secret, followed } = type;
  const settings = settingsOf(type.settings);
  const facts = fields(
    {
      type: name,
      title,
      description,
      address: [address.description, address.default === null ? `Example: ${address.example}` : null]
        .filter(Boolean)
        .join("\n"),
      secret: [secretWord(type), secret && `${secret.title}: ${secret.description}`].filter(Boolean).join("\n"),
      followed: followed ? "to its end, so it always deploys" : "no",
      settings: settings.length === 0 ? "none" : null,
    },
    width,
  );
  return settings.length === 0 ? facts : `${facts}\n\n${tableOf(settings, SETTING_COLUMNS, { width })}`;
}

function secretWord({ secret, makesSecret }: TargetType): string {
  if (makesSecret) return "created by the registry";
  if (secret === null) return "none";
  return secret.required ? "required" : "optional";
}

function valueWord({ isRequired, choices, default: usual }: Setting): string {
  const values = choices.length === 0 ? null : choices.join(" or ");
  const isTold = typeof usual === "string" || typeof usual === "boolean" || typeof usual === "number";
  const words = [isRequired ? "required" : null, values, isTold ? `default ${String(usual)}` : null];
  return words.filter((word) => word !== null).join("; ");
}

/** Columns of help's own text; a terminal is at least as wide. */
const HELP_WIDTH = 96;

/** Lists the types and their settings, for help: of a registry of this version. */
export function typesHelp(): string {
  const listed = tableOf(
    TARGET_TYPES,
    { type: ({ name }) => name, settings: ({ settings }) => settingsOf(settings).map(shortly).join(" ") },
    { width: HELP_WIDTH },
  );
  return `Types, and the settings that --config takes; those in brackets are optional:\n${listed.replaceAll(/^/gm, "  ")}`;
}

function shortly({ path, isRequired }: Setting): string {
  return isRequired ? path : `[${path}]`;
}
