import { Readable, Writable } from "node:stream";
import type { Environment } from "../../../src/cli/context.ts";
import { run } from "../../../src/cli/run.ts";

interface Said {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Circumstances {
  /** What comes on stdin. */
  readonly input?: string;
  /** Whether a person sits there, who types the input. */
  readonly isTerminal?: boolean;
  /** Ctrl-C. */
  readonly interrupt?: AbortSignal;
}

/** Runs a command line in this process, in a world of its own, and returns all that it said. */
export async function runCli(
  args: readonly string[],
  env: Environment = {},
  { input, isTerminal = false, interrupt }: Circumstances = {},
): Promise<Said> {
  const stdout = new Collecting();
  const stderr = new Collecting();
  const exitCode = await run(args, {
    env,
    stdin: Object.assign(Readable.from(input === undefined ? [] : [input]), { isTTY: isTerminal }),
    stdout,
    stderr,
    on: (signal, listener) => {
      if (signal === "SIGINT") interrupt?.addEventListener("abort", listener);
    },
    off: () => undefined,
    exit: (code) => {
      throw new Error(`it ended with ${code}`);
    },
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

class Collecting extends Writable {
  text = "";

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
