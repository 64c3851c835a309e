import type { Writable } from "node:stream";
import type { Environment } from "../context.ts";
import { type Progress, quietProgress, terminalProgress } from "./progress.ts";
import { makeStyle, type Style } from "./style.ts";
import { visible, visibleJson } from "./visible.ts";

/**
 * What a command says: results on stdout, everything else on stderr. All text goes through here, where what would act
 * on a terminal is made visible, whoever sent it.
 */
export interface Output {
  readonly isJson: boolean;
  /** True if a person watches stderr. */
  readonly isTerminal: boolean;
  /** Columns that a table may take. */
  readonly width: number;
  /** For results. Without colours where stdout is no terminal. */
  readonly style: Style;
  /** A result: `data` as a line of JSON with --json, else what `text` makes of it. May be called for each of many. */
  show(data: unknown, text: () => string): void;
  /** A remark, for a person: nothing with --json. */
  note(text: string): void;
  /** A question, for a person to answer on the same line: said even with --json. */
  ask(text: string): void;
  /** Something that went otherwise than wished, but did not end the command. */
  warn(text: string): void;
  /** What ended the command; `error` as a line of JSON with --json. */
  fail(error: FailureReport): void;
  /** Bars for what takes long; drawn where a person watches, else silent. */
  progress(): Progress;
}

/** Why a command ended, as --json prints it. */
interface FailureReport {
  /** As `denied`: what the exit code stands for. */
  readonly kind: string;
  readonly exitCode: number;
  readonly message: string;
  /** What to do; null where that is not known. */
  readonly hint: string | null;
  /** The status and the code that the registry answered with; null where it was not the registry. */
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

/** Columns, where nobody says how many there are. */
const WIDTH = 100;

/** Narrower than this no table can be read. */
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

/** Further lines do not look like sentences of their own, which somebody else may have wished. */
function indented(text: string): string {
  return text.replaceAll("\n", "\n  ");
}
