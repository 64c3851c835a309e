import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import { type Engine, type EngineImage, engineImage, noEngine, unbroken } from "./engine.ts";
import { parseJson } from "./source.ts";
import { codeOf } from "./system-error.ts";

/** Opens the engine by the `docker` program, which reaches it when the API's socket is out of reach. */
export function engineProgram({ env, signal }: Pick<Context, "env" | "signal">): Engine {
  const start = (args: readonly string[]) =>
    spawn("docker", [...args], { env: { ...env }, signal, stdio: ["ignore", "pipe", "pipe"] });
  return {
    inspect: async (name) => {
      const child = start(["image", "inspect", "--format", "{{json .}}", name]);
      const [printed, failure] = await Promise.all([text(child.stdout), failureOf(child)]);
      if (failure === null) return requireImage(printed);
      if (/no such image/i.test(failure.message)) return null;
      throw failure;
    },
    save: async function* (name, platform) {
      const child = start(["save", ...(platform === null ? [] : ["--platform", platform]), name]);
      const ended = failureOf(child);
      try {
        yield* unbroken(child.stdout, signal);
        const failure = await ended;
        if (failure !== null) throw failure;
      } finally {
        child.kill();
      }
    },
  };
}

function requireImage(printed: string): EngineImage {
  const parsed = engineImage.safeParse(parseJson(Buffer.from(printed), "docker's description of the image"));
  if (parsed.success) return parsed.data;
  throw new CliError("failure", "docker's description of the image has an unknown form", { cause: parsed.error });
}

/** Waits for the program to end. Returns its failure; null: it succeeded. */
async function failureOf(child: ChildProcess): Promise<CliError | null> {
  try {
    const [said, [code]] = await Promise.all([child.stderr === null ? "" : text(child.stderr), once(child, "close")]);
    return code === 0 ? null : explain(said.trim());
  } catch (cause) {
    const isMissing = codeOf(cause) === "ENOENT";
    return isMissing ? noEngine("all", "the docker program is not installed", cause) : explain(String(cause));
  }
}

function explain(said: string): CliError {
  const last = said.split("\n").at(-1) ?? "";
  if (/cannot connect|connection refused|error during connect/i.test(said)) return noEngine("all", last);
  return new CliError("failure", `docker failed: ${last}`);
}
