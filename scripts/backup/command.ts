import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Tally } from "./each-object.ts";
import type { Place } from "./storage.ts";

interface CommandLine {
  readonly directory: string;
  readonly place: Place;
  readonly replace: boolean;
}

/** What `npm run backup` and `npm run restore` are told. */
export function parseCommand(usage: string): CommandLine {
  const { values, positionals } = parseCommandLine(usage);
  const [directory, ...more] = positionals;
  if (directory === undefined || more.length > 0) fail(usage);
  const stateDir = values["persist-to"] ?? process.env["STATE_DIR"] ?? ".wrangler/state";
  return {
    directory: resolve(directory),
    place: values.remote ? { kind: "remote" } : { kind: "local", stateDir: resolve(stateDir) },
    replace: values.replace,
  };
}

function parseCommandLine(usage: string): ReturnType<typeof parseArgs<typeof OPTIONS>> {
  try {
    return parseArgs(OPTIONS);
  } catch (error) {
    fail(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

const OPTIONS = {
  allowPositionals: true,
  options: {
    remote: { type: "boolean", default: false },
    "persist-to": { type: "string" },
    replace: { type: "boolean", default: false },
  },
} as const;

/** Says which objects could not be copied, and how many were. */
export function report({ there, copied, problems }: Tally): void {
  for (const problem of problems) console.error(`spacedock: ${problem}`);
  console.log(`${copied} objects were copied, ${there} were there already, ${problems.length} could not be copied.`);
}

export function fail(message: string): never {
  console.error(`spacedock: ${message}`);
  process.exit(1);
}

/** Runs a command to its end; what it throws is said without a stack. */
export async function run(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}
