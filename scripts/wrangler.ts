import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const WRANGLER = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin", "wrangler.js");

export interface WranglerRun {
  /** What goes to the terminal; errors always do. */
  readonly output: "show" | "hide";
}

/** Starts wrangler with the Node that runs this script: the system's own may be too old for it. */
export function startWrangler(args: readonly string[], { output }: WranglerRun): ChildProcess {
  const stdout = output === "show" ? "inherit" : "ignore";
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", FORCE_COLOR: process.stdout.isTTY ? "1" : "0" };
  return spawn(process.execPath, [WRANGLER, ...args], { stdio: ["ignore", stdout, "inherit"], env });
}

/** Runs wrangler to its end. Throws when it fails. */
export async function runWrangler(args: readonly string[], run: WranglerRun): Promise<void> {
  const child = startWrangler(args, run);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject).once("exit", resolve);
  const code = await promise;
  if (code !== 0) throw new Error(`wrangler ${args.slice(0, 3).join(" ")} ended with ${String(code)}`);
}
