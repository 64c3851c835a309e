import { spawn } from "node:child_process";
import { buffer, text } from "node:stream/consumers";
import type { Environment } from "./process.ts";

interface RunOptions {
  readonly env: Environment;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
}

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

export interface Outcome {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly exitCode: number | null;
}

// Some clients, among them the conformance suite, wait for a server for ever.
const patienceMs = 600_000;

/** Runs a command to its end, whatever its exit code. */
export async function attempt(command: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  const child = spawn(command, args, {
    env: options.env,
    cwd: options.cwd,
    stdio: "pipe",
    timeout: patienceMs,
    killSignal: "SIGKILL",
  });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  // A command that ends without reading its input is judged by its exit code alone.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const [exitCode, stdout, stderr] = await Promise.all([exit, buffer(child.stdout), text(child.stderr)]);
  return { stdout, stderr, exitCode };
}

/** Runs a command and returns the output of each stream. Throws with everything that it printed if it fails. */
export async function runAll(command: string, args: readonly string[], options: RunOptions): Promise<Printed> {
  const { stdout, stderr, exitCode } = await attempt(command, args, options);
  const printed = stdout.toString();
  if (exitCode === 0) return { stdout: printed, stderr };
  throw new Error(`${command} ${args.join(" ")} ended with ${exitCode}\n${stderr}\n${printed}`);
}

export async function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  return (await runAll(command, args, options)).stdout;
}
