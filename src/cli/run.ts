import type { Readable, Writable } from "node:stream";
import { type Command as Program, CommanderError } from "commander";
import { RefusedError } from "./client/problem.ts";
import { meantBy } from "./command.ts";
import type { Context, Environment } from "./context.ts";
import { CliError, EXIT_CODES } from "./exit.ts";
import { makeOutput, type Output } from "./output/output.ts";
import { visible } from "./output/visible.ts";
import { type GlobalOptions, makeProgram } from "./program.ts";

type TerminalStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The part of `process` that the command line needs. */
export interface ProcessLike {
  readonly env: Environment;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly on: (signal: NodeJS.Signals, listener: () => void) => unknown;
  readonly off: (signal: NodeJS.Signals, listener: () => void) => unknown;
  readonly exit: (code: number) => never;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs a command line to its end and returns the exit code. Never rejects. */
export async function run(args: readonly string[], world: ProcessLike): Promise<number> {
  const interrupt = new AbortController();
  // The first signal lets the command stop in good order; a second one ends it at once.
  const onSignal = (): void => {
    if (interrupt.signal.aborted) world.exit(EXIT_CODES.interrupted);
    interrupt.abort(new CliError("interrupted", "interrupted"));
  };
  for (const signal of SIGNALS) world.on(signal, onSignal);
  // In `spacedock … | head` a reader that closes the pipe wants no more output.
  world.stdout.on("error", () => world.exit(0));
  try {
    await runProgram(args, world, interrupt.signal);
    return 0;
  } catch (error) {
    // An error in the options is still reported in the format that they ask for.
    const isJson = args.slice(0, args.includes("--") ? args.indexOf("--") : undefined).includes("--json");
    const output = makeOutput({ ...world, json: isJson, color: !args.includes("--no-color") });
    return report(error, output, world, interrupt.signal);
  } finally {
    for (const signal of SIGNALS) world.off(signal, onSignal);
  }
}

function makeContext(world: ProcessLike, options: GlobalOptions, signal: AbortSignal): Context {
  const { env, stdin, stdout, stderr } = world;
  const output = makeOutput({ stdout, stderr, env, json: options.json, color: options.color });
  const { registry, contextName, plainHttp } = options;
  return { env, stdin, output, signal, registry, contextName, plainHttp };
}

async function runProgram(args: readonly string[], world: ProcessLike, signal: AbortSignal): Promise<void> {
  let help = "";
  const program = makeProgram({
    context: (options) => makeContext(world, options, signal),
    writeOut: (text) => void world.stdout.write(text),
    // Commander's own error messages are reported below, like all others, so only a group's help is left here.
    writeErr: (text) => (help += text),
  });
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    const asked = error instanceof CommanderError ? groupHelp(error, program, help) : null;
    if (asked === null) throw error;
    world.stdout.write(asked);
  }
}

/**
 * Returns the help that commander made for a group that was named alone, as in `spacedock spaces`. The same goes for a
 * group that is a command as well, as `spacedock tags` is, when its argument is missing. Null: it is another error.
 */
function groupHelp({ code }: CommanderError, program: Program, made: string): string | null {
  if (code === "commander.help") return made;
  const group = program.commands.find((command) => command.name() === program.args[0]);
  const isAlone = code === "commander.missingArgument" && program.args.length === 1;
  return isAlone && group !== undefined && meantBy(group) !== null ? group.helpInformation() : null;
}

/** Turns an error into a sentence on stderr and an exit code. Nothing else does. */
function report(error: unknown, output: Output, { stderr, env }: ProcessLike, signal: AbortSignal): number {
  const failure = failureOf(error, signal);
  if (failure === null) return 0;
  const { kind, message, hint } = failure;
  const { status, code } = failure instanceof RefusedError ? failure : { status: null, code: null };
  const exitCode = EXIT_CODES[kind];
  output.fail({ kind, exitCode, message, hint, status, code });
  if (env["SPACEDOCK_DEBUG"] === "1") stderr.write(`${visible(stackOf(error))}\n`);
  return exitCode;
}

/** Returns the failure to report; null if the user asked for the help or the version. */
function failureOf(error: unknown, signal: AbortSignal): CliError | null {
  if (error instanceof CommanderError) return commandLineFailure(error);
  if (signal.aborted) return new CliError("interrupted", "interrupted", { cause: error });
  if (error instanceof CliError) return error;
  return new CliError("failure", `unexpected error: ${error instanceof Error ? error.message : String(error)}`, {
    hint: "This is a bug in spacedock: please report it. Set SPACEDOCK_DEBUG=1 to see where it happened.",
    cause: error,
  });
}

function commandLineFailure({ exitCode, message }: CommanderError): CliError | null {
  if (exitCode === 0) return null;
  return new CliError("usage", message.replace(/^error: /, "").replaceAll("\n", " "), {
    hint: "See spacedock --help.",
  });
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${stackOf(error.cause)}`;
}
