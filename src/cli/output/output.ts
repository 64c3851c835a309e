import type { Writable } from "node:stream";
import type { Environment } from "../context.ts";
import { type Progress, quietProgress, terminalProgress } from "./progress.ts";
import { makeStyle, type Style } from "./style.ts";

/** What a command says: results on stdout, everything else on stderr. */
export interface Output {
  readonly isJson: boolean;
  /** Whether a person watches stderr. */
  readonly isTerminal: boolean;
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
  /** Bars for what takes long; drawn where a person watches, else silent. */
  progress(): Progress;
}

type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

interface OutputOptions {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Environment;
  readonly json: boolean;
  readonly color: boolean;
}

export function makeOutput({ stdout, stderr, env, json, color }: OutputOptions): Output {
  const colourful = (stream: Stream): boolean => color && !env["NO_COLOR"] && stream.isTTY === true;
  const style = makeStyle(colourful(stdout));
  const errorStyle = makeStyle(colourful(stderr));
  const isTerminal = stderr.isTTY === true && env["TERM"] !== "dumb";
  return {
    isJson: json,
    isTerminal,
    style,
    show: (data, text) => void stdout.write(`${json ? JSON.stringify(data) : text()}\n`),
    note: (text) => {
      if (!json) stderr.write(`${text}\n`);
    },
    ask: (text) => void stderr.write(text),
    warn: (text) => void stderr.write(`${errorStyle.yellow("warning:")} ${text}\n`),
    progress: () => (isTerminal && !json ? terminalProgress(stderr, errorStyle) : quietProgress),
  };
}
