import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

/** The script that Node runs as wrangler. */
export const WRANGLER = join(
  dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
  "bin",
  "wrangler.js",
);

export interface WranglerRun {
  /**
   * Destination of wrangler's output. "show": the terminal. "hide": dropped, but errors are shown. "keep": returned,
   * and errors are dropped. "keep-all": returned with the errors.
   */
  readonly output: "show" | "hide" | "keep" | "keep-all";
  readonly env?: NodeJS.ProcessEnv;
}

export interface WranglerResult {
  readonly ok: boolean;
  /** The printed text, if it was kept. */
  readonly output: string;
}

/**
 * Environment variables for every run of wrangler. Local observability is off, since it keeps a trace of some kilobytes
 * for each request and never deletes any.
 */
export const WRANGLER_SETTINGS = { WRANGLER_SEND_METRICS: "false", X_LOCAL_OBSERVABILITY: "false" } as const;

/** Starts wrangler with the Node that runs this script, since the system's own may be too old for it. */
export function startWrangler(args: readonly string[], { output, env }: WranglerRun): ChildProcess {
  const stdout = { show: "inherit", hide: "ignore", keep: "pipe", "keep-all": "pipe" } as const;
  const stderr = { show: "inherit", hide: "inherit", keep: "ignore", "keep-all": "pipe" } as const;
  return spawn(process.execPath, [WRANGLER, ...args], {
    stdio: ["ignore", stdout[output], stderr[output]],
    env: { ...process.env, ...WRANGLER_SETTINGS, FORCE_COLOR: process.stdout.isTTY ? "1" : "0", ...env },
  });
}

/** Runs wrangler to its end, which may be a failure. */
export async function tryWrangler(args: readonly string[], run: WranglerRun): Promise<WranglerResult> {
  const child = startWrangler(args, run);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject).once("close", resolve);
  const [output, errors] = await Promise.all([read(child.stdout), read(child.stderr)]);
  return { ok: (await promise) === 0, output: `${output}${errors}` };
}

async function read(stream: Readable | null): Promise<string> {
  return stream === null ? "" : text(stream);
}

/** Runs wrangler to its end. Throws if it fails. */
export async function runWrangler(args: readonly string[], run: WranglerRun): Promise<void> {
  const { ok } = await tryWrangler(args, run);
  if (!ok) throw new Error(`wrangler ${args.slice(0, 3).join(" ")} failed`);
}
