import type { Writable } from "node:stream";
import type { Environment } from "../context.ts";
import { type Progress, quietProgress, terminalProgress } from "./progress.ts";
import { makeStyle, type Style } from "./style.ts";
import { visible, visibleJson } from "./visible.ts";

/**
 * A command's output: results on stdout, everything else on stderr. All text passes through here, and any characters
 * that act on a terminal are made visible.
 */
export interface Output {
  readonly isJson: boolean;
  /** True if a person watches stderr. */
  readonly isTerminal: boolean;
  /** The columns that a table may take. */
  readonly width: number;
  /** The style for results, without colours if stdout is no terminal. */
  readonly style: Style;
  /**
   * Shows a result: `data` as a line of JSON with --json, else the result of `text`. May be called for each of many.
   */
  show(data: unknown, text: () => string): void;
  /** Shows a remark to a person; nothing with --json. */
  note(text: string): void;
  /** Asks a question that a person answers on the same line, even with --json. */
  ask(text: string): void;
  /** Warns about something that went wrong without ending the command. */
  warn(text: string): void;
  /** Shows the failure that ended the command, as a line of JSON with --json. */
  fail(error: FailureReport): void;
  /** Opens bars for long work, which are drawn if a person watches. */
  progress(): Progress;
}

/** The reason why a command ended, as --json prints it. */
interface FailureReport {
  /** The name of the exit code, as `denied`. */
  readonly kind: string;
  readonly exitCode: number;
  readonly message: string;
  /** The next step for the user; null if it is not known. */
  readonly hint: string | null;
  /** The status and the code of the registry's answer; null if the failure came from elsewhere. */
  readonly status: number | null;
  readonly code: string | null;
}

type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

interface OutputOptions {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Environment;
  readonly json: boolean;
  readonly color: boolean;
}

/** Columns, if the terminal does not say how many it has. */
const WIDTH = 100;

/** Columns. A narrower table cannot be read. */
const NARROWEST = 60;

export function makeOutput({ stdout, stderr, env, json, color }: OutputOptions): Output {
  const colourful = (stream: Stream): boolean => color && !env["NO_COLOR"] && stream.isTTY === true;
  const style = makeStyle(colourful(stdout));
  const errorStyle = makeStyle(colourful(stderr));
  const isTerminal = stderr.isTTY === true && env["TERM"] !== "dumb";
  return {
    isJson: json,
    isTerminal,
    width: Math.max(NARROWEST, Number(env["COLUMNS"]) || (stdout.columns ?? WIDTH)),
    style,
    show: (data, text) => (json ? printJson(stdout, data) : print(stdout, `${text()}\n`)),
    note: (text) => {
      if (!json) print(stderr, `${text}\n`);
    },
    ask: (text) => print(stderr, text),
    warn: (text) => {
      if (json) printJson(stderr, { warning: text });
      else print(stderr, `${errorStyle.yellow("warning:")} ${indented(text)}\n`);
    },
    fail: (error) => {
      if (json) printJson(stderr, { error });
      else print(stderr, `spacedock: ${indented(error.message)}\n${error.hint === null ? "" : `${error.hint}\n`}`);
    },
    progress: () => (isTerminal && !json ? terminalProgress(stderr, errorStyle) : quietProgress),
  };
}

function print(stream: Stream, text: string): void {
  stream.write(visible(text));
}

function printJson(stream: Stream, data: unknown): void {
  stream.write(`${visibleJson(data)}\n`);
}

/** Indents further lines, so that text from elsewhere cannot pass for a sentence of ours. */
function indented(text: string): string {
  return text.replaceAll("\n", "\n  ");
}
