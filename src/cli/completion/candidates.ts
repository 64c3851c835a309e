import type { Argument, Command as Commander, Option } from "commander";
import { meantBy } from "../command.ts";

/** A possible completion of a word on the command line. */
interface Candidate {
  readonly word: string;
  /** The description, for shells that show it. */
  readonly summary: string;
}

/** The candidates for the word to complete. */
export interface Completion {
  readonly words: readonly Candidate[];
  /** A kind of value, as in `<space>`, to complete instead of words; null: none. */
  readonly value: string | null;
  /** The part of the last word that stands before the value, as `--space=`. */
  readonly prefix: string;
}

/** Finds candidates for the last of these words, which may be empty; the words are those after `spacedock`. */
export function completionOf(program: Commander, words: readonly string[]): Completion {
  const current = words.at(-1) ?? "";
  const { command, position, awaiting } = placeOf(program, words.slice(0, -1));
  if (awaiting !== null) return { words: [], value: placeholderOf(awaiting), prefix: "" };
  const [prefix, flag] = /^(--[\w-]+)=/.exec(current) ?? [];
  if (prefix !== undefined) {
    const option = allOptions(meantBy(command) ?? command).find(({ long }) => long === flag);
    return { words: [], value: option === undefined ? null : placeholderOf(option), prefix };
  }
  if (current.startsWith("-")) return { words: optionsOf(meantBy(command) ?? command), value: null, prefix: "" };
  const subcommands = command.createHelp().visibleCommands(command);
  const argument = argumentAt((meantBy(command) ?? command).registeredArguments, position);
  return {
    words: subcommands.map((one) => ({ word: one.name(), summary: one.summary() })),
    value: argument?.name() ?? null,
    prefix: "",
  };
}

interface Place {
  readonly command: Commander;
  /** The number of arguments so far. */
  readonly position: number;
  /** The option whose value comes next. */
  readonly awaiting: Option | null;
}

function placeOf(program: Commander, words: readonly string[]): Place {
  let place: Place = { command: program, position: 0, awaiting: null };
  for (const word of words) place = after(place, word);
  return place;
}

function after({ command, position, awaiting }: Place, word: string): Place {
  if (awaiting !== null) return { command, position, awaiting: null };
  if (word.startsWith("-")) {
    const option =
      allOptions(meantBy(command) ?? command).find(({ short, long }) => word === short || word === long) ?? null;
    return { command, position, awaiting: option?.required === true ? option : null };
  }
  const subcommand = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
  return subcommand === undefined
    ? { command: meantBy(command) ?? command, position: position + 1, awaiting: null }
    : { command: subcommand, position: 0, awaiting: null };
}

/** Returns the options of the command itself and of all its parents. */
function allOptions(command: Commander): readonly Option[] {
  const help = command.createHelp();
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
}

function optionsOf(command: Commander): readonly Candidate[] {
  return allOptions(command).flatMap(({ long, description }) => (long ? [{ word: long, summary: description }] : []));
}

/** Returns an option's placeholder, as `space` for `--space <space>`. */
function placeholderOf({ flags }: Option): string {
  return /<([\w-]+)/.exec(flags)?.[1] ?? "";
}

function argumentAt(declared: readonly Argument[], position: number): Argument | null {
  const last = declared.at(-1);
  return declared[position] ?? (last?.variadic === true ? last : null);
}
