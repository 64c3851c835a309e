import { Readable, Writable } from "node:stream";
import type { Environment } from "../../../src/cli/context.ts";
import { run } from "../../../src/cli/run.ts";

interface Said {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunningCli {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** As Ctrl-C does. */
  readonly interrupt: () => void;
  readonly ended: Promise<Said>;
}

interface Circumstances {
  /** Ctrl-C is pressed once this is settled. */
  readonly interrupt?: Promise<unknown>;
  /** A person watches. */
  readonly isTerminal?: boolean;
}

/** Runs a command line in this process, in a world of its own, and returns all that it said. */
export function runCli(
  args: readonly string[],
  env: Environment = {},
  { interrupt, isTerminal = false }: Circumstances = {},
): Promise<Said> {
  const running = startCli(args, env, isTerminal);
  void interrupt?.then(running.interrupt);
  return running.ended;
}

/** Likewise one that goes on until it is interrupted. */
export function startCli(args: readonly string[], env: Environment = {}, isTerminal = false): RunningCli {
  const stdout = new Collecting();
  const stderr = Object.assign(new Collecting(), { isTTY: isTerminal, columns: 100, rows: 40 });
  const listeners = new Set<() => void>();
  const running = run(args, {
    env,
    stdin: Readable.from([]),
    stdout,
    stderr,
    on: (signal, listener) => signal === "SIGINT" && listeners.add(listener),
    off: (_, listener) => listeners.delete(listener),
    exit: (code) => {
      throw new Error(`it ended with ${code}`);
    },
  });
  return {
    stdout: () => stdout.text,
    stderr: () => stderr.text,
    interrupt: () => listeners.forEach((listener) => listener()),
    ended: running.then((exitCode) => ({ exitCode, stdout: stdout.text, stderr: stderr.text })),
  };
}

class Collecting extends Writable {
  text = "";

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
