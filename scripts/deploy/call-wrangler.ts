import { stripVTControlCharacters } from "node:util";
import { tryWrangler } from "../wrangler.ts";
import { permissionFor } from "./explain.ts";
import { Problem } from "./problem.ts";

/** Runs wrangler without showing its output. If it fails, ends the command with the error that it printed. */
export async function callWrangler(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  // Without a terminal, wrangler asks no questions; with CI set, it writes no ids into wrangler.toml either.
  const { ok, output } = await tryWrangler(args, { output: "keep-all", env: { CI: "1", FORCE_COLOR: "0", ...env } });
  if (ok) return;
  const message = errorsIn(output);
  throw new Problem(`wrangler ${args[0] ?? ""} failed: ${message}${adviceFor(message)}`);
}

/** Finds the text that wrangler prints after the mark of an error, without its advice on how to report it. */
function errorsIn(output: string): string {
  const lines = stripVTControlCharacters(output).split("\n");
  const first = lines.findIndex((line) => line.includes("[ERROR]"));
  const found = (first === -1 ? lines.slice(-5) : lines.slice(first))
    .map((line) => line.replace(/^.*\[ERROR\]/, "").trim())
    .filter((line) => line !== "" && !/^at |🪵|Logs were written|report this|github\.com/i.test(line));
  return found.slice(0, 12).join(" ") || "it does not say why";
}

function adviceFor(message: string): string {
  const path = /\/accounts\/\S+?(?=[\s)]|$)|\/zones\S*?(?=[\s)]|$)/.exec(message)?.[0] ?? "";
  if (/code: (?:10000|9109)/.test(message))
    return `. Give the API token the permission "${permissionFor(path)}", or log in as someone who has it, then run the command again`;
  return ". Run the command again: it goes on where this one ended";
}
