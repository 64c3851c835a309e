import type { Readable, Writable } from "node:stream";
import { CommanderError } from "commander";
import type { Context, Environment } from "./context.ts";
import { CliError, EXIT_CODES } from "./exit.ts";
import { makeOutput } from "./output/output.ts";
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

/** Runs a command line to its end; never rejects. Returns the exit code. */
export async function run(args: readonly string[], world: ProcessLike): Promise<number> {
  const interrupt = new AbortController();
  // The first signal lets the command stop in good order; whoever is impatient sends a second one.
  const onSignal = (): void => {
    if (interrupt.signal.aborted) world.exit(EXIT_CODES.interrupted);
    interrupt.abort(new CliError("interrupted", "interrupted"));
  };
  for (const signal of SIGNALS) world.on(signal, onSignal);
  // `spacedock … | head`: who reads no further is owed nothing more.
  world.stdout.on("error", () => world.exit(0));
  try {
    const program = makeProgram({
      context: (options) => makeContext(world, options, interrupt.signal),
      writeOut: (text) => void world.stdout.write(text),
      // Commander's own sentences; they are told below, like all others.
      writeErr: () => undefined,
    });
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    return report(error, world, interrupt.signal);
  } finally {
    for (const signal of SIGNALS) world.off(signal, onSignal);
  }
}

function makeContext(world: ProcessLike, options: GlobalOptions, signal: AbortSignal): Context {
  const { env, stdin, stdout, stderr } = world;
  const output = makeOutput({ stdout, stderr, env, json: options.json, color: options.color });
  return { env, stdin, output, signal, registry: options.registry, plainHttp: options.plainHttp };
}

/** The one place where an error becomes a sentence on stderr and an exit code. */
function report(error: unknown, { stderr, env }: ProcessLike, signal: AbortSignal): number {
  const failure = failureOf(error, signal);
  if (failure === null) return 0;
  stderr.write(`spacedock: ${failure.message}\n`);
  if (failure.hint !== null) stderr.write(`${failure.hint}\n`);
  if (env["SPACEDOCK_DEBUG"] === "1") stderr.write(`${stackOf(error)}\n`);
  return EXIT_CODES[failure.kind];
}

/** Null: not a failure at all, but the help or the version that was asked for. */
function failureOf(error: unknown, signal: AbortSignal): CliError | null {
  if (error instanceof CommanderError) return commandLineFailure(error);
  if (signal.aborted) return new CliError("interrupted", "interrupted", { cause: error });
  if (error instanceof CliError) return error;
  return new CliError("failure", `an unexpected fault: ${error instanceof Error ? error.message : String(error)}`, {
    hint: "This is a bug of spacedock's. SPACEDOCK_DEBUG=1 shows where it happened.",
    cause: error,
  });
}

function commandLineFailure({ code, exitCode, message }: CommanderError): CliError | null {
  if (exitCode === 0) return null;
  // A group without its command: the help has just been printed, and says it better.
  if (code === "commander.help") return new CliError("usage", "say what to do: see the commands above");
  return new CliError("usage", message.replace(/^error: /, "").replaceAll("\n", " "), {
    hint: "See spacedock --help.",
  });
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${stackOf(error.cause)}`;
}
