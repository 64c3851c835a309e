import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { table } from "../table.ts";

export interface Findings {
  /** What was counted, by its name in a table. */
  readonly figures: Readonly<Record<string, number>>;
  /** What must not be, in words. */
  readonly violations: readonly string[];
}

interface Program<Name extends string> {
  readonly title: string;
  readonly help: string;
  /** Its options, all of them numbers. */
  readonly defaults: Readonly<Record<Name, number>>;
  /** What is pushed onto the stack is ended when the run is, or is interrupted. */
  readonly run: (options: Readonly<Record<Name, number>>, stack: AsyncDisposableStack) => Promise<Findings>;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs a program with the options of the command line, prints what it found, and ends with 1 where that violates anything. */
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

/** Ends what was started, also when a signal ends us: servers lead process groups that Ctrl-C does not reach. */
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
  /** Where the findings go as JSON; null: nowhere. */
  readonly json: string | null;
  readonly numbers: Readonly<Record<Name, number>>;
}

/** Null where the options are not those of the program. */
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
