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
  /** Interrupts the command, like Ctrl-C. */
  readonly interrupt: () => void;
  readonly ended: Promise<Said>;
}

interface Circumstances {
  /** The text on stdin. */
  readonly input?: string;
  /** True if a person watches and types the input. */
  readonly isTerminal?: boolean;
  /** Ctrl-C is pressed once this is settled. */
  readonly interrupt?: Promise<unknown>;
}

/** Runs a command line in this process, in a world of its own. Returns everything that it printed. */
export function runCli(
  args: readonly string[],
  env: Environment = {},
  circumstances: Circumstances = {},
): Promise<Said> {
  return startCli(args, env, circumstances).ended;
}

/** Starts a command line that goes on until it is interrupted. */
export function startCli(
  args: readonly string[],
  env: Environment = {},
  { input, isTerminal = false, interrupt }: Circumstances = {},
): RunningCli {
  const stdout = new Collecting();
  const stderr = Object.assign(new Collecting(), { isTTY: isTerminal, columns: 100, rows: 40 });
  const listeners = new Set<() => void>();
  const running = run(args, {
    env,
    stdin: Object.assign(Readable.from(input === undefined ? [] : [input]), { isTTY: isTerminal }),
    stdout,
    stderr,
    on: (signal, listener) => signal === "SIGINT" && listeners.add(listener),
    off: (_, listener) => listeners.delete(listener),
    exit: (code) => {
      throw new Error(`it ended with ${code}`);
    },
  });
  const pressed = (): void => listeners.forEach((listener) => listener());
  void interrupt?.then(pressed);
  return {
    stdout: () => stdout.text,
    stderr: () => stderr.text,
    interrupt: pressed,
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
