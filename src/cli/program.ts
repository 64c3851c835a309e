import { Command as Commander } from "commander";
import type { Command } from "./command.ts";
import { importCommand } from "./commands/import.ts";
import { proxy } from "./commands/proxy.ts";
import { push } from "./commands/push.ts";
import { spaces } from "./commands/spaces.ts";
import { EXIT_CODES } from "./exit.ts";
import type { Context } from "./context.ts";
import { version } from "./version.ts";

/** The command tree: one line a command. */
const COMMANDS: readonly Command[] = [push, proxy, importCommand, spaces];

export interface GlobalOptions {
  readonly json: boolean;
  readonly color: boolean;
  readonly registry: string | null;
  readonly plainHttp: boolean;
}

export interface ProgramWorld {
  /** Makes the context of the command that runs, once the options for all commands are known. */
  readonly context: (options: GlobalOptions) => Context;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
}

/** The whole command line. It throws commander's error, instead of ending the process. */
export function makeProgram({ context, writeOut, writeErr }: ProgramWorld): Commander {
  const program = new Commander("spacedock");
  // Commands inherit these settings, so they come first.
  program
    .exitOverride()
    .configureOutput({ writeOut, writeErr })
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showHelpAfterError(false)
    .showSuggestionAfterError();
  program
    .description("Push, copy and manage what is in a Spacedock registry, whatever the size of a layer.")
    .version(version, "-V, --version", "print the version")
    .option("--json", "print results as JSON, for scripts")
    .option("--no-color", "print without colours (as NO_COLOR does)")
    .option("--registry <host>", "the registry to manage (SPACEDOCK_REGISTRY, or where you logged in last)")
    .option("--plain-http", "talk to registries without TLS (always so with localhost)")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show a command's help")
    .addHelpText("after", `\nExit codes: ${exitCodes()}.`);
  for (const command of COMMANDS) command.addTo(program, () => context(globalOptions(program)));
  return program;
}

function globalOptions(program: Commander): GlobalOptions {
  const { json, color, registry, plainHttp } = program.opts<Partial<GlobalOptions>>();
  return { json: json === true, color: color !== false, registry: registry ?? null, plainHttp: plainHttp === true };
}

function exitCodes(): string {
  return ["0 ok", ...Object.entries(EXIT_CODES).map(([kind, code]) => `${code} ${kind}`)].join(", ");
}
