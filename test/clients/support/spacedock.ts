import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { run } from "../../../harness/live/run.ts";
import type { Home } from "./home.ts";

const root = resolve(import.meta.dirname, "../../..");
const bin = resolve(root, "dist/spacedock.js");

/** Builds the command for publishing. */
export async function buildSpacedock(): Promise<void> {
  await run(process.execPath, ["scripts/build-cli.ts"], { cwd: root, env: {} });
}

interface Running {
  readonly ended: Promise<Ended>;
  interrupt(): void;
}

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The most memory that it used, in bytes; 0 if the system does not tell. */
  readonly peak: number;
}

/** Starts the command, on the Node of a user's system. */
export function startSpacedock(
  home: Home,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn("node", [bin, ...args], {
    env: { ...home.env, ...env },
    cwd: home.directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let peak = 0;
  const timer = setInterval(() => {
    void peakOf(child.pid).then((bytes) => (peak = Math.max(peak, bytes)));
  }, 20);
  const end = async (): Promise<Ended> => {
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    clearInterval(timer);
    return { exitCode: child.exitCode, stdout, stderr, peak };
  };
  return { ended: end(), interrupt: () => void child.kill("SIGINT") };
}

/** Runs the command to its end, which must be a success. */
export async function spacedock(
  home: Home,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const ended = await startSpacedock(home, args, env).ended;
  if (ended.exitCode === 0) return ended;
  throw new Error(`spacedock ${args.join(" ")} ended with ${ended.exitCode}\n${ended.stderr}\n${ended.stdout}`);
}

async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid ?? 0}/status`, "utf8").catch(() => "");
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Returns the digest in the command's output. */
export function digestIn(printed: string): string {
  return /sha256:[0-9a-f]{64}/.exec(printed)?.[0] ?? "";
}
