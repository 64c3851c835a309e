import { Command as Commander } from "commander";
import * as z from "zod";
import type { Context } from "./context.ts";
import { CliError } from "./exit.ts";

/** A command, as its file in commands/ declares it. */
export interface CommandDeclaration<I extends z.ZodType> {
  readonly name: string;
  /** An earlier name of the command. It still works, but help does not show it. */
  readonly formerly?: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Text that the command's own help shows after the summary. */
  readonly description?: string;
  /** The end of its own help, made when that is shown: its lines are left as they are. */
  readonly epilogue?: () => string;
  /** Command lines without the leading `spacedock`. */
  readonly examples: readonly [string, ...string[]];
  /** A text for each argument, by its notation: `<reference>`, `[reference]`, `<references...>`. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** A text for each option, by its flags: `--chunk-size <size>`. An option that ends in `...>` may be repeated. */
  readonly options?: Readonly<Record<string, string>>;
  /** Parses arguments and options, named in camel case, and turns their texts into values. */
  readonly input: I;
  readonly run: (context: Context, input: z.output<I>) => Promise<void>;
}

/** A command that can add itself to its parent in the tree. */
export interface Command {
  readonly name: string;
  /** @param isDefault true if the parent runs this command when none of its commands is named */
  readonly addTo: (parent: Commander, context: () => Context, isDefault?: boolean) => void;
}

/** Declares a command. Its input is parsed before it runs; input that does not parse is a usage error. */
export function defineCommand<I extends z.ZodType>(declaration: CommandDeclaration<I>): Command {
  const { name, formerly, input, run } = declaration;
  return {
    name,
    addTo: (parent, context, isDefault = false) => {
      const add = (command: Commander): Commander =>
        describe(command, declaration).action(async () => run(context(), parseInput(input, command)));
      add(parent.command(name, { isDefault }));
      if (formerly !== undefined) add(parent.command(formerly, { hidden: true }));
    },
  };
}

/** The command that each group runs when none of its commands is named. */
const MEANT = new WeakMap<Commander, Commander>();

/** Returns the command that a group runs when none of its commands is named; null if there is none. */
export function meantBy(group: Commander): Commander | null {
  return MEANT.get(group) ?? null;
}

/** Declares a group of commands, as `spaces` holds `spaces list`. One of them may run by the group's name alone. */
export function defineGroup(
  name: string,
  summary: string,
  commands: readonly Command[],
  meant: Command | null = null,
): Command {
  return {
    name,
    addTo: (parent, context) => {
      const more = meant === null ? "" : `.\n\nOn its own, spacedock ${name} runs spacedock ${name} ${meant.name}.`;
      const group = parent.command(name).summary(summary).description(`${summary}${more}`);
      for (const command of commands) command.addTo(group, context, command === meant);
      const known = group.commands.find((command) => command.name() === meant?.name);
      if (known !== undefined) MEANT.set(group, known);
    },
  };
}

function describe(command: Commander, declaration: CommandDeclaration<z.ZodType>): Commander {
  const { summary, description, epilogue, examples, arguments: args = {}, options = {} } = declaration;
  // Help wraps lines at the terminal's width, so only the breaks between paragraphs are kept.
  const more = description === undefined ? "" : `\n\n${description.replaceAll(/(?<!\n)\n(?!\n)/g, " ")}`;
  command.summary(summary).description(`${summary}.${more}`);
  for (const [written, text] of Object.entries(args)) command.argument(written, text);
  for (const [flags, text] of Object.entries(options)) addOption(command, flags, text);
  const lines = examples.map((example) => `  $ spacedock ${example}`);
  command.addHelpText("after", `\n${lines.length === 1 ? "Example" : "Examples"}:\n${lines.join("\n")}`);
  return epilogue === undefined ? command : command.addHelpText("after", () => `\n${epilogue()}`);
}

/** Adds an option. Commander's own `<tags...>` would take the arguments after it as further tags. */
function addOption(command: Commander, flags: string, text: string): void {
  if (!flags.endsWith("...>")) command.option(flags, text);
  else command.option(flags.replace("...>", ">"), `${text} (repeatable)`, collectValue);
}

function collectValue(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function rawInput(command: Commander): Record<string, unknown> {
  const named = command.registeredArguments.map((argument, index) => [
    camelCase(argument.name()),
    command.processedArgs[index],
  ]);
  return { ...command.opts(), ...Object.fromEntries(named) };
}

function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function parseInput<I extends z.ZodType>(schema: I, command: Commander): z.output<I> {
  const raw = rawInput(command);
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    if (path.length === 0) return message;
    const name = String(path[0] ?? "");
    const flag = command.options.find((option) => option.attributeName() === name)?.long ?? `<${name}>`;
    return raw[name] === undefined ? `${flag} is missing` : `${flag}: ${message}`;
  });
  throw new CliError("usage", problems.join("; "), { hint: `See spacedock ${pathOf(command)} --help.` });
}

function pathOf(command: Commander): string {
  const { parent } = command;
  return parent?.parent ? `${pathOf(parent)} ${command.name()}` : command.name();
}
