import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { plural } from "../../src/cli/output/words.ts";
import type { Tally } from "./each-object.ts";
import { openStorage, type Place, type Storage } from "./storage.ts";

interface CommandLine {
  readonly directory: string;
  readonly place: Place;
  readonly replace: boolean;
}

const OPTIONS = {
  remote: { type: "boolean" },
  "persist-to": { type: "string" },
  name: { type: "string" },
  help: { type: "boolean" },
} as const;
const REPLACE = { replace: { type: "boolean" } } as const;

/**
 * Reads a command's options. With --help it prints the usage and ends.
 * @param mayReplace true for a command that writes to the registry, and may replace its rows.
 */
export function parseCommand(usage: string, mayReplace = false): CommandLine {
  const { values, positionals } = parseOrFail(usage, { ...OPTIONS, ...(mayReplace && REPLACE) });
  if (values.help === true) {
    console.log(`usage: ${usage}`);
    process.exit(0);
  }
  const [directory, ...more] = positionals;
  if (directory === undefined || more.length > 0) fail(`name one directory\nusage: ${usage}`);
  const stateDir = values["persist-to"] ?? process.env["STATE_DIR"] ?? ".wrangler/state";
  return {
    directory: resolve(directory),
    place:
      values.remote === true ? { kind: "remote", name: values.name } : { kind: "local", stateDir: resolve(stateDir) },
    replace: values.replace === true,
  };
}

type Options = typeof OPTIONS & Partial<typeof REPLACE>;

function parseOrFail(usage: string, options: Options) {
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    fail(`${messageOf(error)}\nusage: ${usage}`);
  }
}

/** Runs an action on a registry's storage. A fault is printed without a stack, and ends the process. */
export async function withStorage<T>(place: Place, action: (storage: Storage) => Promise<T>): Promise<T> {
  try {
    const storage = await openStorage(place);
    try {
      return await action(storage);
    } finally {
      await storage.close();
    }
  } catch (error) {
    fail(messageOf(error));
  }
}

/** Prints the objects that could not be copied, and the number of the others. */
export function report({ there, copied, problems }: Tally): void {
  for (const problem of problems) console.error(`spacedock: ${problem}`);
  console.log(
    `${plural(copied, "object was", "objects were")} copied, ${there} ${there === 1 ? "was" : "were"} there already, ${problems.length} could not be copied.`,
  );
}

export function fail(message: string): never {
  console.error(`spacedock: ${message}`);
  process.exit(1);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
