import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import * as z from "zod";
import type { Environment } from "../context.ts";
import { CliError } from "../exit.ts";
import type { Credential } from "./credential.ts";

/** The username that docker stores with a refresh token. */
const TOKEN_USER = "<token>";

const stored = z.object({ Username: z.string(), Secret: z.string() });

/** A `docker-credential-<name>` executable: a keychain, a password store, a cloud's own login. */
export interface CredentialProgram {
  /** Finds the server's credential; null if the program has none. */
  get(server: string): Promise<Credential | null>;
  store(server: string, credential: Credential): Promise<void>;
  erase(server: string): Promise<void>;
}

export function credentialProgram(name: string, env: Environment): CredentialProgram {
  const command = `docker-credential-${name}`;
  const call = (verb: string, input: string): Promise<Called> => run(command, verb, input, env);
  return {
    get: async (server) => {
      const { exitCode, output } = await call("get", server);
      if (exitCode !== 0) {
        if (/not found|no credentials/i.test(output)) return null;
        throw failed(command, "get", output);
      }
      return parseStored(command, output);
    },
    store: async (server, credential) => {
      const username = credential.kind === "password" ? credential.username : TOKEN_USER;
      const { exitCode, output } = await call(
        "store",
        JSON.stringify({ ServerURL: server, Username: username, Secret: credential.secret }),
      );
      if (exitCode !== 0) throw failed(command, "store", output);
    },
    erase: async (server) => {
      const { exitCode, output } = await call("erase", server);
      if (exitCode !== 0 && !/not found|no credentials/i.test(output)) throw failed(command, "erase", output);
    },
  };
}

function parseStored(command: string, output: string): Credential | null {
  const parsed = stored.safeParse(parseJson(output));
  if (!parsed.success) throw new CliError("failure", `${command} did not answer with a credential`);
  const { Username: username, Secret: secret } = parsed.data;
  if (secret === "") return null;
  return username === TOKEN_USER ? { kind: "refresh-token", secret } : { kind: "password", username, secret };
}

function parseJson(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return null;
  }
}

interface Called {
  readonly exitCode: number | null;
  readonly output: string;
}

async function run(command: string, verb: string, input: string, env: Environment): Promise<Called> {
  const child = spawn(command, [verb], { env: { ...env }, stdio: ["pipe", "pipe", "ignore"] });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  // A program that ends without reading its input is judged by its exit code.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  try {
    const [exitCode, output] = await Promise.all([exit, text(child.stdout)]);
    return { exitCode, output };
  } catch (cause) {
    throw new CliError("failure", `cannot run ${command}, which docker's configuration names for logins`, {
      hint: "Install it, or remove it from credsStore and credHelpers in docker's config.json.",
      cause,
    });
  }
}

/** Makes the failure from the program's stdout, where these programs report errors. It never holds the secret. */
function failed(command: string, verb: string, output: string): CliError {
  return new CliError("failure", `${command} ${verb}: ${output.trim().slice(0, 500) || "it failed"}`);
}
