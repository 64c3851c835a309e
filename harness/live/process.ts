import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

export type Environment = Readonly<Record<string, string>>;

export interface Daemon {
  readonly pid: number;
  /** Returns the output so far, of both streams, for failure messages. */
  output(): string;
  running(): boolean;
  /** Sends SIGKILL to all of it, as if the machine lost power but kept its disks. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const graceMs = 20_000;
const outputLimit = 200_000;

function exited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The whole group is already gone.
  }
}

async function stopGroup(child: ChildProcess, pid: number): Promise<void> {
  if (!exited(child)) {
    const exit = once(child, "exit");
    signalGroup(pid, "SIGTERM");
    const inTime = await Promise.race([exit.then(() => true), sleep(graceMs, false, { ref: false })]);
    if (!inTime) {
      signalGroup(pid, "SIGKILL");
      await exit;
    }
  }
  // A leader can end before its children do.
  signalGroup(pid, "SIGKILL");
}

async function killGroup(child: ChildProcess, pid: number): Promise<void> {
  const exit = exited(child) ? Promise.resolve() : once(child, "exit");
  signalGroup(pid, "SIGKILL");
  await exit;
}

/** Starts a process as the leader of its own group, so that ending it also ends everything that it started. */
export function startDaemon(
  command: string,
  args: readonly string[],
  options: { env: Environment; cwd: string },
): Daemon {
  const child = spawn(command, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-outputLimit);
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  child.on("error", (error) => collect(Buffer.from(String(error))));
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  return {
    pid,
    output: () => output,
    running: () => !exited(child),
    kill: () => killGroup(child, pid),
    stop: () => stopGroup(child, pid),
  };
}

/** Waits until `ready` returns true. Throws with the daemon's output if the daemon ends or takes too long. */
export async function waitUntilReady(
  daemon: Daemon,
  what: string,
  ready: () => Promise<boolean>,
  patienceMs = 180_000,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await ready())) {
    if (!daemon.running()) throw new Error(`${what} ended before it was ready:\n${daemon.output()}`);
    if (Date.now() > deadline) throw new Error(`${what} is not ready after ${patienceMs} ms:\n${daemon.output()}`);
    await sleep(200);
  }
}
