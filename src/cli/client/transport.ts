import type { Readable } from "node:stream";
import { type Dispatcher, EnvHttpProxyAgent, errors } from "undici";
import type { Environment } from "../context.ts";
import { CliError } from "../exit.ts";
import { version } from "../version.ts";
import { Silence } from "./silence.ts";

/** A request's body. It can be opened anew, since a request may have to be sent again. */
export interface Body {
  /** The length in bytes; null: unknown, so the body is sent with chunked transfer. */
  readonly length: number | null;
  readonly open: () => Readable | Uint8Array;
}

/** Headers, with names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** Headers, with names in lower case; a header that came more than once has several values. */
export type HeaderFields = Readonly<Record<string, string | string[] | undefined>>;

interface Outgoing {
  readonly method: Dispatcher.HttpMethod;
  readonly url: URL;
  /** The exact path and query to send; without it the URL's own are sent, which may be encoded anew. */
  readonly target?: string;
  readonly headers?: HeaderFields;
  /** The origin that owns the secrets among the headers. Without it, or to another origin, they are not sent. */
  readonly secretsOf?: string;
  readonly body?: Body;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of silence after which the connection counts as dead. */
  readonly answerWithin?: number;
}

/** An answer. Its body must be read, or dropped by {@link drain}. */
export interface Answer {
  readonly method: string;
  readonly url: URL;
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** The headers exactly as they came. */
  readonly fields: HeaderFields;
  readonly body: Readable;
}

/**
 * Sends requests without retries or redirects. All requests to registries pass through it, so it holds the one rule on
 * secrets: a secret goes only to the origin that owns it. Throws an `unreachable` CliError if no answer came.
 */
export interface Transport {
  send(outgoing: Outgoing): Promise<Answer>;
  close(): Promise<void>;
}

/** Milliseconds that an answer may take at most: to finish a large upload, a registry may have to read all of it. */
export const ANSWER_WITHIN = 600_000;

/** Milliseconds that an answer may take by default: longer than any proxy before a registry waits. */
const ANSWERED_WITHIN = 120_000;

/** Milliseconds of silence allowed while a body arrives; the answer's beginning may take longer. */
const SILENT_FOR = 30_000;

/** Headers whose values let anybody act as their owner. */
const SECRETS: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization", "x-registry-auth"]);

/** Makes a transport, which uses proxies as HTTPS_PROXY and its kin tell it to. */
export function makeTransport(env: Environment): Transport {
  const agent = new EnvHttpProxyAgent({
    headersTimeout: ANSWER_WITHIN,
    connect: { timeout: 20_000 },
    ...proxySettings(env),
  });
  return {
    send: (outgoing) => send(agent, outgoing),
    close: () => agent.destroy(),
  };
}

function proxySettings(env: Environment): EnvHttpProxyAgent.Options {
  const value = (name: string): string | undefined => env[name.toLowerCase()] ?? env[name];
  return {
    httpProxy: value("HTTP_PROXY") ?? "",
    httpsProxy: value("HTTPS_PROXY") ?? "",
    noProxy: [value("NO_PROXY"), "localhost,127.0.0.1,[::1]"].filter(Boolean).join(","),
  };
}

async function send(agent: Dispatcher, outgoing: Outgoing): Promise<Answer> {
  const { method, url, target, body, signal, answerWithin = ANSWERED_WITHIN } = outgoing;
  const length = body?.length ?? null;
  const silence = new Silence(answerWithin);
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: target ?? url.pathname + url.search,
      method,
      headers: {
        "user-agent": `spacedock/${version}`,
        ...withoutForeignSecrets(outgoing),
        ...(body !== undefined && length !== null && { "content-length": String(length) }),
      },
      body: silence.watch(body?.open() ?? null),
      bodyTimeout: Math.min(answerWithin, SILENT_FOR),
      signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
    });
    return {
      method,
      url,
      status: answer.statusCode,
      headers: flatten(answer.headers),
      fields: answer.headers,
      body: answer.body,
    };
  } catch (cause) {
    throw signal?.aborted ? signal.reason : unreachable(url, cause);
  } finally {
    silence.end();
  }
}

/** Enforces the rule: a secret goes only to the origin that owns it; a secret without an owner is not sent. */
function withoutForeignSecrets({ headers = {}, url, secretsOf }: Outgoing): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || (SECRETS.has(name) && url.origin !== secretsOf)) continue;
    kept[name] = value;
  }
  return kept;
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}

/**
 * Limits on reading an unneeded body so that the connection can be reused: beyond them, a new connection costs less.
 */
const DRAINED = { bytes: 64 * 1024, milliseconds: 1000 };

/** Reads the rest of an answer and drops it. The status has decided, so a faulty body is no failure. */
export async function drain(answer: Answer): Promise<void> {
  await readStart(answer, DRAINED);
}

/** Reads as much of an answer's body as comes within these bounds. Never fails. */
export async function readStart(
  { body }: Answer,
  { bytes, milliseconds }: { readonly bytes: number; readonly milliseconds: number },
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => body.destroy(), milliseconds);
  body.on("error", () => undefined);
  try {
    for await (const piece of body) {
      pieces.push(Buffer.from(piece));
      size += pieces.at(-1)?.length ?? 0;
      if (size >= bytes) break;
    }
  } catch {
    // The bytes that have come by then are the result.
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(pieces).subarray(0, bytes);
}

/** Reads the answer's body as text, at most `limit` bytes of it. */
export async function readText(answer: Answer, limit: number): Promise<string> {
  const bytes = await readBytes(answer, limit);
  return bytes.toString("utf8");
}

/** Reads the answer's body and cuts it off after `limit` bytes. Throws an `unreachable` CliError if it breaks off. */
export async function readBytes(answer: Answer, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of answer.body) {
      const bytes = Buffer.from(piece);
      pieces.push(bytes);
      size += bytes.length;
      if (size >= limit) break;
    }
  } catch (cause) {
    throw unreachable(answer.url, cause);
  }
  return Buffer.concat(pieces).subarray(0, limit);
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "host not found",
  EAI_AGAIN: "the host name could not be looked up",
  ECONNRESET: "the connection broke",
  EPIPE: "the connection broke",
  UND_ERR_SOCKET: "the connection broke",
  ETIMEDOUT: "no answer in time",
  UND_ERR_CONNECT_TIMEOUT: "no answer in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer in time",
  UND_ERR_BODY_TIMEOUT: "the answer broke off",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no network",
};

/** Returns the failure for a request that got no answer, or lost it half-way. */
export function unreachable(url: URL, cause: unknown): CliError {
  if (cause instanceof CliError) return cause;
  const code = codeOf(cause);
  const known = code === null ? undefined : REASONS[code];
  const text = cause instanceof Error && cause.message !== "" ? cause.message : String(cause);
  return new CliError("unreachable", `cannot reach ${url.origin}: ${known ?? text}`, {
    hint: hintFor(code, text, url),
    cause,
  });
}

function codeOf(cause: unknown): string | null {
  if (cause instanceof AggregateError) return codeOf(cause.errors[0]);
  if (!(cause instanceof Error) || !("code" in cause)) return null;
  return typeof cause.code === "string" ? cause.code : null;
}

function hintFor(code: string | null, text: string, url: URL): string | undefined {
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || /wrong version number|packet length too long/.test(text))
    return "It does not use TLS. If that is intended, add --plain-http.";
  if (code?.startsWith("CERT_") || code?.includes("CERT") || code === "UNABLE_TO_VERIFY_LEAF_SIGNATURE")
    return "Its certificate is not trusted. To trust an authority of your own, set NODE_EXTRA_CA_CERTS=<file>.";
  if (code === "ECONNREFUSED" || code === "ENOTFOUND")
    return `Check that ${url.host} is the right address and that it is running.`;
  return undefined;
}

/** True if a failure may pass by itself: a connection that broke, but not an invalid certificate. */
export function mayPass(failure: unknown): boolean {
  if (!(failure instanceof CliError) || failure.kind !== "unreachable") return false;
  const code = codeOf(failure.cause);
  return (code !== null && Object.hasOwn(REASONS, code)) || failure.cause instanceof errors.UndiciError;
}
