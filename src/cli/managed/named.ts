import * as z from "zod";
import type { Command, CommandDeclaration } from "../command.ts";
import { CliError } from "../exit.ts";
import { yesInput, YES_OPTION } from "../input/options.ts";
import { confirm } from "../input/prompt.ts";
import { fields } from "../output/fields.ts";
import { spaceCommand, type SpaceScene } from "./shapes.ts";

/** A kind of thing in a space that has an id and a name given by people: targets, triggers, tokens. */
export interface Kind<T extends { readonly id: string; readonly name: string }> {
  readonly word: string;
  /** The group of its commands. */
  readonly group: string;
  /** The beginning of its ids. */
  readonly prefix: string;
  readonly all: (scene: SpaceScene) => AsyncIterable<T>;
}

type AnyKind = Kind<{ readonly id: string; readonly name: string }>;

/** Resolves an id or a name to an id. The name must belong to only one thing. */
export async function idOf(scene: SpaceScene, kind: AnyKind, given: string): Promise<string> {
  return given.startsWith(kind.prefix) ? given : idOfName(scene, kind, given);
}

async function idOfName(scene: SpaceScene, kind: AnyKind, given: string): Promise<string> {
  const ids: string[] = [];
  for await (const { id, name } of kind.all(scene)) if (name === given) ids.push(id);
  const [id] = ids;
  if (id === undefined) {
    throw new CliError("not-found", `the space ${scene.space} has no ${kind.word} "${given}"`, {
      hint: `List them: spacedock ${kind.group} list --space ${scene.space}`,
    });
  }
  if (ids.length === 1) return id;
  throw new CliError("usage", `several ${kind.word}s are called "${given}": ${ids.join(", ")}`, {
    hint: "Use the id.",
  });
}

/** Returns the name and id for people, as in `token "ci" (tok_0193…)`. */
export async function titleOf(scene: SpaceScene, kind: AnyKind, id: string): Promise<string> {
  for await (const item of kind.all(scene)) if (item.id === id) return `${kind.word} "${item.name}" (${id})`;
  return `${kind.word} ${id}`;
}

/** Reads all names, and returns a function from an id to its name, for showing. A deleted thing is shown by its id. */
export async function namesOf(scene: SpaceScene, kind: AnyKind): Promise<(id: string) => string> {
  const names = new Map<string, string>();
  for await (const { id, name } of kind.all(scene)) names.set(id, name);
  return (id) => names.get(id) ?? id;
}

type OneDeclaration<I extends z.ZodType> = Omit<CommandDeclaration<I>, "run" | "arguments" | "examples"> & {
  readonly kind: AnyKind;
  /** The examples. If there are none, the first is made from the command's name. */
  readonly examples?: CommandDeclaration<I>["examples"];
  readonly run: (scene: SpaceScene, id: string, input: z.output<I>) => Promise<void>;
};

/** Declares a command about one thing of a kind, given by id or name. */
export function oneCommand<I extends z.ZodType>({ kind, input, run, examples, ...rest }: OneDeclaration<I>): Command {
  return spaceCommand({
    ...rest,
    examples: examples ?? [`${kind.group} ${rest.name} ${EXAMPLE_NAMES[kind.word] ?? "it"}`],
    arguments: { [`<${kind.word}>`]: `the ${kind.word}'s name or id` },
    input: z.intersection(kindInput(kind), input),
    run: async (scene, given) => run(scene, await idOf(scene, kind, given.which), given),
  });
}

/** Parses the argument, which is named after the kind. */
function kindInput({ word }: AnyKind): z.ZodType<{ readonly which: string }> {
  return z.object({ [word]: z.string() }).transform((given) => ({ which: given[word] ?? "" }));
}

const EXAMPLE_NAMES: Readonly<Record<string, string>> = {
  target: "hook",
  trigger: "releases",
  token: "ci",
  rule: "builds",
};

interface DeleteDeclaration {
  readonly kind: AnyKind;
  readonly name: "delete" | "revoke";
  readonly summary: string;
  /** The consequence for others, shown before the question. */
  readonly consequence: string;
  /** A flag that deletes more: its notation, and its text. */
  readonly more?: { readonly option: `--with-${string}`; readonly does: string };
  readonly remove: (scene: SpaceScene, id: string, withMore: boolean) => Promise<unknown>;
}

/** Declares `delete`, or the kind's own word for it. It asks first. */
export function deleteCommand({ kind, name, summary, consequence, more, remove }: DeleteDeclaration): Command {
  return oneCommand({
    kind,
    name,
    summary,
    options: { ...YES_OPTION, ...(more && { [more.option]: more.does }) },
    input: z.intersection(yesInput, flagInput(more?.option ?? "")),
    run: async (scene, id, { yes, withMore }) => {
      const { space, management, context, output } = scene;
      if (!yes) {
        const title = await titleOf(scene, kind, id);
        const question = `${sentenceCase(name)} ${title} of ${space} at ${management.host}? ${consequence}`;
        await confirm(context, { question, yes });
      }
      await remove(scene, id, withMore);
      output.show({ [`${name}d`]: id }, () => `${name}d ${id}`);
    },
  });
}

/** Parses a flag, which the input has under its name in camel case. */
function flagInput(option: string): z.ZodType<{ readonly withMore: boolean }> {
  const name = option.replace(/^--/, "").replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return z.record(z.string(), z.unknown()).transform((given) => ({ withMore: given[name] === true }));
}

interface ShowDeclaration<T> {
  readonly kind: AnyKind;
  readonly get: (scene: SpaceScene, id: string) => Promise<T>;
  readonly describe: (item: T, scene: SpaceScene) => Readonly<Record<string, string | null>>;
}

/** Declares `show`, which prints everything about one thing. */
export function showCommand<T>({ kind, get, describe }: ShowDeclaration<T>): Command {
  return oneCommand({
    kind,
    name: "show",
    summary: `Show a ${kind.word}`,
    input: z.object({}),
    run: async (scene, id) => {
      const item = await get(scene, id);
      scene.output.show(item, () => fields(describe(item, scene), scene.output.width));
    },
  });
}

/** Declares `enable` and `disable`. */
export function switchCommands(
  kind: AnyKind,
  operations: Readonly<Record<"enable" | "disable", (scene: SpaceScene, id: string) => Promise<unknown>>>,
): readonly Command[] {
  return (["enable", "disable"] as const).map((name) =>
    oneCommand({
      kind,
      name,
      summary: `${sentenceCase(name)} a ${kind.word}`,
      input: z.object({}),
      run: async (scene, id) => {
        const item = await operations[name](scene, id);
        scene.output.show(item, () => `${name}d ${id}`);
      },
    }),
  );
}

function sentenceCase(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
