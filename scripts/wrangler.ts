import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";

/** What Node runs as wrangler. */
export const WRANGLER = join(
  dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
  "bin",
  "wrangler.js",
);

export interface WranglerRun {
  /** What becomes of its output; errors go to the terminal unless it is kept. */
  readonly output: "show" | "hide" | "keep";
  readonly env?: NodeJS.ProcessEnv;
}

export interface WranglerResult {
  readonly ok: boolean;
  /** What it printed, where that was kept. */
  readonly output: string;
}

/**
 * What the environment tells wrangler, whoever starts it. Local observability is off: it keeps a trace of each request, some
 * kilobytes, and takes none of them away again.
 */
export const WRANGLER_SETTINGS = { WRANGLER_SEND_METRICS: "false", X_LOCAL_OBSERVABILITY: "false" } as const;

/** Starts wrangler with the Node that runs this script: the system's own may be too old for it. */
export function startWrangler(args: readonly string[], { output, env }: WranglerRun): ChildProcess {
  const stdout = { show: "inherit", hide: "ignore", keep: "pipe" } as const;
  return spawn(process.execPath, [WRANGLER, ...args], {
    stdio: ["ignore", stdout[output], output === "keep" ? "ignore" : "inherit"],
    env: { ...process.env, ...WRANGLER_SETTINGS, FORCE_COLOR: process.stdout.isTTY ? "1" : "0", ...env },
  });
}

/** Runs wrangler to its end, which may be a failure. */
export async function tryWrangler(args: readonly string[], run: WranglerRun): Promise<WranglerResult> {
  const child = startWrangler(args, run);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject).once("close", resolve);
  const output = child.stdout === null ? "" : await text(child.stdout);
  return { ok: (await promise) === 0, output };
}

/** Runs wrangler to its end. Throws when it fails. */
export async function runWrangler(args: readonly string[], run: WranglerRun): Promise<void> {
  const { ok } = await tryWrangler(args, run);
  if (!ok) throw new Error(`wrangler ${args.slice(0, 3).join(" ")} failed`);
}
