import type { Readable } from "node:stream";
import { Agent, request } from "undici";
import * as z from "zod";
import { CliError } from "../exit.ts";
import { type Engine, type EngineImage, engineImage, noEngine, unbroken } from "./engine.ts";
import type { EngineAddress } from "./engine-address.ts";
import { codeOf } from "./system-error.ts";

const WHY: Readonly<Record<string, string>> = {
  ENOENT: "no such socket",
  ECONNREFUSED: "connection refused",
  EACCES: "you may not use it",
  ENOTFOUND: "host not found",
};

const problem = z.looseObject({ message: z.string() });

interface EngineAnswer {
  readonly status: number;
  readonly body: Readable & { readonly json: () => Promise<unknown> };
}

/**
 * Opens the engine by its HTTP API, in the newest version that it has. Every version has the requests that are used
 * here.
 */
export function engineApi(address: EngineAddress, signal: AbortSignal): Engine {
  const where = "socketPath" in address ? address.socketPath : address.origin;
  const origin = "socketPath" in address ? "http://docker" : address.origin;
  // An engine may gather an image for minutes before it sends the first byte.
  const patient = { headersTimeout: 0, bodyTimeout: 0 };
  const connect = { timeout: 10_000, ...("socketPath" in address && { socketPath: address.socketPath }) };

  const get = async (path: string): Promise<EngineAnswer> => {
    // The agent closes by itself once the answer is read.
    const dispatcher = new Agent({ ...patient, connect, keepAliveTimeout: 1 });
    try {
      const { statusCode, body } = await request(`${origin}${path}`, { dispatcher, signal });
      return { status: statusCode, body };
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw noEngine(where, WHY[codeOf(cause) ?? ""] ?? String(cause), cause);
    }
  };

  return {
    inspect: async (name) => {
      const { status, body } = await get(`/images/${encodePath(name)}/json`);
      if (status === 200) return requireImage(await body.json(), where);
      const message = await messageOf(body);
      // An invalid name cannot be found either.
      if (status === 404 || status === 400) return null;
      throw failed(message);
    },
    save: async function* (name, platform) {
      const query = platform === null ? "" : `?${new URLSearchParams({ platform: platformJson(platform) }).toString()}`;
      const { status, body } = await get(`/images/${encodePath(name)}/get${query}`);
      if (status !== 200) throw failed(await messageOf(body));
      yield* unbroken(body, signal);
    },
  };
}

function encodePath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

/** Formats a platform as API 1.48 takes it; older versions ignore it. */
function platformJson(platform: string): string {
  const [os, architecture, variant] = platform.split("/");
  return JSON.stringify({ os, architecture, variant });
}

function requireImage(answer: unknown, where: string): EngineImage {
  const parsed = engineImage.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new CliError("failure", `${where} is not a Docker engine`, { cause: parsed.error });
}

async function messageOf(body: EngineAnswer["body"]): Promise<string> {
  const parsed = problem.safeParse(await body.json().catch(() => null));
  return parsed.data?.message ?? "no reason given";
}

function failed(message: string): CliError {
  return new CliError("failure", `the Docker engine failed: ${message}`);
}
