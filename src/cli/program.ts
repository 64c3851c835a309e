import { Command as Commander } from "commander";
import type { Command } from "./command.ts";
import { importCommand } from "./commands/import.ts";
import { proxy } from "./commands/proxy.ts";
import { push } from "./commands/push.ts";
import { activity } from "./commands/activity.ts";
import { complete, completion } from "./commands/completion.ts";
import { contexts } from "./commands/context.ts";
import { deliveries } from "./commands/deliveries/deliveries.ts";
import { deployed } from "./commands/deployed.ts";
import { doctor } from "./commands/doctor.ts";
import { events } from "./commands/events.ts";
import { inspect } from "./commands/inspect.ts";
import { login } from "./commands/login.ts";
import { logout } from "./commands/logout.ts";
import { repos } from "./commands/repos.ts";
import { rm } from "./commands/rm.ts";
import { spaces } from "./commands/spaces/spaces.ts";
import { storage } from "./commands/storage.ts";
import { tags } from "./commands/tags/tags.ts";
import { targets } from "./commands/targets.ts";
import { tokens } from "./commands/tokens.ts";
import { triggers } from "./commands/triggers/triggers.ts";
import { whoami } from "./commands/whoami.ts";
import { deleted } from "./commands/deleted.ts";
import { history } from "./commands/history.ts";
import { revert } from "./commands/revert.ts";
import { undelete } from "./commands/undelete.ts";
import { retention } from "./commands/retention/retention.ts";
import { EXIT_CODES } from "./exit.ts";
import type { Context } from "./context.ts";
import { version } from "./version.ts";

/** The command tree, with one command a line. */
const COMMANDS: readonly Command[] = [
  login,
  logout,
  contexts,
  whoami,
  push,
  proxy,
  importCommand,
  spaces,
  tokens,
  repos,
  tags,
  inspect,
  rm,
  history,
  revert,
  deleted,
  undelete,
  retention,
  storage,
  activity,
  targets,
  triggers,
  events,
  deliveries,
  deployed,
  doctor,
  completion,
  complete,
];

export interface GlobalOptions {
  readonly json: boolean;
  readonly color: boolean;
  readonly registry: string | null;
  readonly contextName: string | null;
  readonly plainHttp: boolean;
}

export interface ProgramWorld {
  /** Makes the running command's context, once the global options are known. */
  readonly context: (options: GlobalOptions) => Context;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
}

/** Builds the whole command line. It throws commander's errors instead of ending the process. */
export function makeProgram({ context: makeContext, writeOut, writeErr }: ProgramWorld): Commander {
  const program = new Commander("spacedock");
  // Commands inherit these settings, so they come first.
  program
    .exitOverride()
    .configureOutput({ writeOut, writeErr })
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showHelpAfterError(false)
    .showSuggestionAfterError();
  program
    .description("Push, copy and manage images in a Spacedock registry, with layers of any size.")
    .version(version, "-V, --version", "print the version")
    .option("--json", "print results as JSON, for scripts")
    .option("--no-color", "print without colours (or set NO_COLOR)")
    .option("--registry <host>", "the registry to use (SPACEDOCK_REGISTRY; default: that of the context in use)")
    .option("--context <name>", "the context to use, or to log in to (SPACEDOCK_CONTEXT)")
    .option("--plain-http", "connect to registries without TLS (always for localhost)")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show a command's help")
    .addHelpText("after", `\nExit codes: ${exitCodes()}.`);
  for (const command of COMMANDS) command.addTo(program, () => makeContext(globalOptions(program)));
  return program;
}

type Options = Partial<GlobalOptions & { readonly context: string }>;

function globalOptions(program: Commander): GlobalOptions {
  const { json, color, registry, context, plainHttp } = program.opts<Options>();
  return {
    json: json === true,
    color: color !== false,
    registry: registry ?? null,
    contextName: context ?? null,
    plainHttp: plainHttp === true,
  };
}

function exitCodes(): string {
  return ["0 ok", ...Object.entries(EXIT_CODES).map(([kind, code]) => `${code} ${kind}`)].join(", ");
}
