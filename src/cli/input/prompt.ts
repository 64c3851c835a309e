import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";

/** Longer than any secret, so longer input is a mistake. */
const MAX_SECRET_LENGTH = 64 * 1024;

interface Confirmation {
  /** A question about what will be done. */
  readonly question: string;
  /** The text that must be typed for an action that cannot be undone; without it, `y` is enough. */
  readonly typed?: string;
  /** True if --yes answered the question on the command line. */
  readonly yes: boolean;
}

/** Asks before something is destroyed. Throws unless the answer is yes, or if nobody is there to answer. */
export async function confirm(context: Context, { question, typed, yes }: Confirmation): Promise<void> {
  if (yes) return;
  if (context.stdin.isTTY !== true) {
    throw new CliError("usage", `cannot ask for confirmation without a terminal: ${question}`, {
      hint: "To confirm, add --yes.",
    });
  }
  const asked = typed === undefined ? `${question} [y/N]` : `${question}\nType ${typed} to confirm:`;
  const answer = (await readLine(context, asked, { echo: true })).trim();
  const agreed = typed === undefined ? /^y(?:es)?$/i.test(answer) : answer === typed;
  if (!agreed) throw new CliError("failure", "canceled; nothing was changed");
}

/** Reads a secret: all of stdin with `fromStdin`, else typed without being shown. Throws if neither is possible. */
export async function readSecret(
  context: Context,
  { question, fromStdin, flag }: { readonly question: string; readonly fromStdin: boolean; readonly flag: string },
): Promise<string> {
  if (fromStdin) return requireSecret((await text(context.stdin)).replace(/\r?\n$/, ""));
  if (context.stdin.isTTY !== true) {
    throw new CliError("usage", `cannot ask without a terminal: ${question}`, { hint: `Use ${flag}.` });
  }
  return requireSecret(await readLine(context, `${question}:`, { echo: false }));
}

function requireSecret(secret: string): string {
  if (secret === "") throw new CliError("usage", "the secret is empty");
  if (secret.length > MAX_SECRET_LENGTH || /[\r\n]/.test(secret)) {
    throw new CliError("usage", "a secret must be one line: check the file");
  }
  return secret;
}

async function readLine(context: Context, question: string, { echo }: { readonly echo: boolean }): Promise<string> {
  const { stdin, output, signal } = context;
  // With `terminal`, readline does the echo itself, here into nowhere; without it, the terminal's own echo stays.
  const lines = createInterface({ input: stdin, output: nowhere(), terminal: !echo });
  const ended = new AbortController();
  const interrupt = (): void => ended.abort(new CliError("interrupted", "interrupted"));
  signal.addEventListener("abort", interrupt);
  // In this mode the terminal does not handle Ctrl-C: it arrives as a key.
  lines.once("SIGINT", interrupt);
  lines.once("close", () => ended.abort(new CliError("usage", "no answer was given")));
  output.ask(`${question} `);
  try {
    return await lines.question("", { signal: ended.signal });
  } catch (failure) {
    ended.signal.throwIfAborted();
    throw failure;
  } finally {
    signal.removeEventListener("abort", interrupt);
    lines.close();
    if (!echo) output.ask("\n");
  }
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
