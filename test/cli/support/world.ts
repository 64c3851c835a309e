import { Readable, Writable } from "node:stream";
import type { Environment } from "../../../src/cli/context.ts";
import { run } from "../../../src/cli/run.ts";

interface Said {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Events {
  /** Ctrl-C is pressed once this is settled. */
  readonly interrupt?: Promise<unknown>;
}

/** Runs a command line in this process, in a world of its own, and returns all that it said. */
export async function runCli(
  args: readonly string[],
  env: Environment = {},
  { interrupt }: Events = {},
): Promise<Said> {
  const stdout = new Collecting();
  const stderr = new Collecting();
  const exitCode = await run(args, {
    env,
    stdin: Readable.from([]),
    stdout,
    stderr,
    on: (signal, listener) => void (signal === "SIGINT" && interrupt?.then(listener)),
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
