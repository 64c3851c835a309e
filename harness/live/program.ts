import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { table } from "../table.ts";

export interface Findings {
  /** Counts, by their names in a table. */
  readonly figures: Readonly<Record<string, number>>;
  /** Violations of the rules, in words. */
  readonly violations: readonly string[];
}

interface Program<Name extends string> {
  readonly title: string;
  readonly help: string;
  /** The program's options, which are all numbers. */
  readonly defaults: Readonly<Record<Name, number>>;
  /** Runs the program. Everything on the stack is ended with the run, even if that is interrupted. */
  readonly run: (options: Readonly<Record<Name, number>>, stack: AsyncDisposableStack) => Promise<Findings>;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs a program with the options of the command line and prints its findings. Ends with status 1 if there are violations. */
export async function runProgram<Name extends string>(program: Program<Name>): Promise<void> {
  const options = readOptions(process.argv.slice(2), program.defaults);
  if (options === null) {
    console.error(program.help);
    process.exitCode = 2;
  } else if (options.help) console.log(program.help);
  else process.exitCode = await perform(program, options.numbers, options.json);
}

async function perform<Name extends string>(
  { title, run }: Program<Name>,
  numbers: Readonly<Record<Name, number>>,
  json: string | null,
): Promise<number> {
  const begun = performance.now();
  const { figures, violations } = await untilInterrupted((stack) => run(numbers, stack));
  const seconds = Math.round((performance.now() - begun) / 1000);
  const rows = Object.entries({ ...numbers, ...figures, took: `${seconds} s`, violations: violations.length });
  console.log(
    `\n${table(
      [title, ""],
      rows.map(([name, value]) => [name, String(value)]),
    )}\n`,
  );
  for (const violation of violations) console.log(`VIOLATED  ${violation}`);
  if (json !== null) {
    await writeFile(json, `${JSON.stringify({ options: numbers, figures, seconds, violations }, null, 2)}\n`);
  }
  return violations.length === 0 ? 0 : 1;
}

/** Ends everything that was started, even on a signal: servers lead process groups that Ctrl-C does not reach. */
async function untilInterrupted<T>(use: (stack: AsyncDisposableStack) => Promise<T>): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const interrupt = (): void => void stack.disposeAsync().finally(() => process.exit(130));
  for (const signal of SIGNALS) process.once(signal, interrupt);
  stack.defer(() => {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  });
  return await use(stack);
}

interface Options<Name extends string> {
  readonly help: boolean;
  /** The file for the findings as JSON; null for none. */
  readonly json: string | null;
  readonly numbers: Readonly<Record<Name, number>>;
}

/** Reads the options; null if they are not the program's. */
function readOptions<Name extends string>(
  args: string[],
  defaults: Readonly<Record<Name, number>>,
): Options<Name> | null {
  const known = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: "string" as const }]));
  try {
    const { values } = parseArgs({
      args,
      options: { ...known, json: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
    const given = new Map<string, unknown>(Object.entries(values));
    const numbers: Record<Name, number> = { ...defaults };
    for (const name of names(defaults)) {
      numbers[name] = Number(given.get(name) ?? defaults[name]);
      if (!(numbers[name] >= 0)) return null;
    }
    return { help: values.help ?? false, json: values.json ?? null, numbers };
  } catch {
    return null;
  }
}

function names<Name extends string>(defaults: Readonly<Record<Name, number>>): readonly Name[] {
  const isName = (name: string): name is Name => name in defaults;
  return Object.keys(defaults).filter(isName);
}
