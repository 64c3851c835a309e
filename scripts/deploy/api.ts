import { setTimeout as wait } from "node:timers/promises";
import * as z from "zod";

const API = "https://api.cloudflare.com/client/v4";

/** Milliseconds before each further try of a call that may be repeated. */
const WAITS = [500, 1500];

/** Milliseconds to wait for Cloudflare's API. */
const PATIENCE = 60_000;

export interface Credentials {
  /** True if they are an API token, whose permissions a person chose. */
  readonly isToken: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

interface Call {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Cloudflare's API, as wrangler calls it. */
export interface Api {
  /** True if the login is an API token. */
  readonly isToken: boolean;
  /** Calls the API and returns the result. Throws `ApiFailure`. */
  call(path: string, call?: Call): Promise<unknown>;
  /** Like `call`, but returns null if the API answers with one of these codes. Throws any other failure. */
  find(path: string, absent: readonly number[], call?: Call): Promise<unknown>;
}

/** A call that failed. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";

  /** Method and path. */
  readonly what: string;
  /** The status of the answer; zero: no answer came. */
  readonly status: number;
  readonly codes: readonly number[];

  constructor(what: string, status: number, codes: readonly number[], message: string) {
    super(message);
    this.what = what;
    this.status = status;
    this.codes = codes;
  }
}

const envelope = z.object({
  success: z.boolean(),
  errors: z.array(z.looseObject({ code: z.number().optional(), message: z.string().optional() })).default([]),
  result: z.unknown(),
});

/** Opens the API. `CLOUDFLARE_API_BASE_URL` sets its address, as it does for wrangler. */
export function openApi({ headers, isToken }: Credentials): Api {
  const base = process.env["CLOUDFLARE_API_BASE_URL"] ?? API;
  const call: Api["call"] = async (path, options = {}) => {
    for (let tries = 0; ; tries += 1) {
      const failure = await ask(`${base}${path}`, path, { ...options, headers: { ...headers, ...options.headers } });
      if (!(failure instanceof ApiFailure)) return failure.result;
      const pause = WAITS[tries];
      if (pause === undefined || !mayRepeat(failure, options)) throw failure;
      await wait(pause);
    }
  };
  return {
    isToken,
    call,
    async find(path, absent, options) {
      try {
        return await call(path, options);
      } catch (error) {
        if (error instanceof ApiFailure && error.codes.some((code) => absent.includes(code))) return null;
        throw error;
      }
    },
  };
}

/**
 * True if a failed call may be repeated: a read after any fault of the other side, a write only if it was refused for
 * being too fast.
 */
function mayRepeat({ status }: ApiFailure, { method = "GET" }: Call): boolean {
  return status === 429 || (method === "GET" && (status === 0 || status >= 500));
}

async function ask(
  url: string,
  path: string,
  { method = "GET", body, headers }: Call,
): Promise<{ readonly result: unknown } | ApiFailure> {
  const what = `${method} ${path}`;
  const fail = (status: number, codes: readonly number[], message: string): ApiFailure =>
    new ApiFailure(what, status, codes, message);
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(body !== undefined && { "Content-Type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const answer = envelope.safeParse(parseJson(await response.text()));
    if (!answer.success) return fail(response.status, [], "the answer is not the API's JSON");
    const { success, errors, result } = answer.data;
    if (response.ok && success) return { result };
    const message = errors.map((error) => error.message ?? "").join("; ");
    return fail(
      response.status,
      errors.flatMap(({ code }) => (code === undefined ? [] : [code])),
      message,
    );
  } catch (error) {
    return fail(0, [], reasonOf(error));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Returns the reason of a failed connection, which fetch hides in the error's cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
