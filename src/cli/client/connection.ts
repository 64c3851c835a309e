import { setMaxListeners } from "node:events";
import type { Dispatcher } from "undici";
import type { Environment } from "../context.ts";
import type { Credential } from "../credentials/credential.ts";
import { CliError } from "../exit.ts";
import { Authorizer } from "./auth.ts";
import { type BackoffOptions, makeBackoff, mayChange } from "./backoff.ts";
import { locationIn } from "./location.ts";
import { refusedAnswer, RefusedError } from "./problem.ts";
import type { RegistryAddress } from "./reference.ts";
import {
  type Answer,
  type Body,
  drain,
  type Headers,
  makeTransport,
  mayPass,
  readBytes,
  type Transport,
} from "./transport.ts";

/** A request to a registry, before authorization. */
export interface Question {
  readonly method: Dispatcher.HttpMethod;
  /** The address: relative to the registry's origin, or absolute. */
  readonly address: string;
  /** The permissions that a token needs, as in `repository:acme/web:pull,push`. */
  readonly scopes: readonly string[];
  readonly headers?: Headers;
  readonly body?: Body;
  /** The statuses that are no error; without this list, no status is an error. */
  readonly expect?: readonly number[];
  /**
   * True if the request is sent again when the connection breaks or the registry is busy. Default: true if it has no
   * body.
   */
  readonly retry?: boolean;
  /**
   * Milliseconds of silence after which the connection counts as dead. Requests that are retried set this themselves.
   */
  readonly answerWithin?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** True if the content is read for use, which counts as a pull. */
  readonly isPull?: boolean;
}

/** Statuses that may mean that a registry refuses HEAD; it may still allow a GET. */
export const NO_HEAD: readonly number[] = [400, 403, 405, 406, 501];

/** Tells Spacedock that a request only looks at content and does not use it, so that it sets no pull time. */
export const LOOK = { "spacedock-look": "1" } as const;

/** A registry and its authorization. All parts of the client work through it. */
export interface Connection {
  readonly registry: RegistryAddress;
  readonly signal: AbortSignal | undefined;
  /**
   * Sends a request with authorization. Throws RefusedError for an unexpected answer, and an `unreachable` CliError for
   * none.
   */
  ask(question: Question): Promise<Answer>;
  /** The pauses between tries of requests that must go through, for example chunks. */
  readonly backoff: BackoffOptions;
  /** Milliseconds that a first try may be without an answer. */
  readonly answerWithin: number;
  close(): Promise<void>;
}

interface ConnectionOptions {
  readonly env: Environment;
  readonly credential: Credential | null;
  readonly signal?: AbortSignal;
  /** Milliseconds without progress after which an upload or download is given up; five minutes. */
  readonly patience?: number;
  /** Milliseconds that a first try may be without an answer; ten seconds. */
  readonly answerWithin?: number;
  /** For tests: how pauses pass. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

const PATIENCE = 300_000;
const FIRST_ANSWER_WITHIN = 10_000;

/** Milliseconds without progress after which a question is given up: sooner than an upload, since a person waits. */
const QUESTION_PATIENCE = 10_000;
const MAX_REDIRECTS = 5;
const MAX_LOGINS = 2;

/** Opens a registry. Sends nothing before the first question. */
export function connect(registry: RegistryAddress, options: ConnectionOptions): Connection {
  const { env, credential, signal, patience = PATIENCE, answerWithin = FIRST_ANSWER_WITHIN, wait } = options;
  const transport = makeTransport(env);
  const authorizer = new Authorizer(registry, transport, credential);
  // Each request under way listens to the same signal.
  if (signal !== undefined) setMaxListeners(0, signal);
  const backoff = { patience, signal, ...(wait && { wait }) };
  return {
    registry,
    signal,
    backoff,
    answerWithin,
    ask: (question) => ask({ registry, transport, authorizer, signal, backoff, answerWithin }, question),
    close: () => transport.close(),
  };
}

/** Returns the same registry, but reads count as pulls: by default a command only looks. */
export function pulling(connection: Connection): Connection {
  return { ...connection, ask: (question) => connection.ask({ ...question, isPull: true }) };
}

interface Parts {
  readonly registry: RegistryAddress;
  readonly transport: Transport;
  readonly authorizer: Authorizer;
  readonly signal: AbortSignal | undefined;
  readonly backoff: BackoffOptions;
  readonly answerWithin: number;
}

async function ask(parts: Parts, question: Question): Promise<Answer> {
  const backoff = makeBackoff({ ...parts.backoff, patience: Math.min(parts.backoff.patience, QUESTION_PATIENCE) });
  const retry = question.retry ?? question.body === undefined;
  for (;;) {
    const patient = retry ? { ...question, answerWithin: backoff.answerWithin(parts.answerWithin) } : question;
    const answer = await askOnce(parts, patient).catch(async (failure: unknown) => {
      // Only a token endpoint's refusal can be thrown here.
      const isBusy = failure instanceof RefusedError && mayChange(failure.status);
      if (!retry || !(isBusy || mayPass(failure))) throw failure;
      await backoff.pause(failure, isBusy ? failure.asked : null);
      return null;
    });
    if (answer === null) continue;
    if (question.expect?.includes(answer.status) ?? true) return answer;
    const refused = await refusedAnswer(answer);
    if (!retry || !mayChange(answer.status)) throw refused;
    await backoff.pause(refused, refused.asked);
  }
}

/** Asks, and reads the body of a 200 to its end, at most `limit` bytes. Starts anew if it breaks off. */
export async function askWhole(
  connection: Connection,
  question: Question,
  limit: number,
): Promise<{ readonly answer: Answer; readonly bytes: Buffer }> {
  const backoff = makeBackoff({
    ...connection.backoff,
    patience: Math.min(connection.backoff.patience, QUESTION_PATIENCE),
  });
  for (;;) {
    const answer = await connection.ask(question);
    try {
      if (answer.status === 200) return { answer, bytes: await readBytes(answer, limit) };
      await drain(answer);
      return { answer, bytes: Buffer.alloc(0) };
    } catch (failure) {
      if (!mayPass(failure)) throw failure;
      await backoff.pause(failure, null);
    }
  }
}

/** Sends the question and logs in as the registry asks: once at first, and once more if a token has expired. */
async function askOnce(parts: Parts, question: Question): Promise<Answer> {
  const { registry, authorizer } = parts;
  const url = new URL(question.address, registry.origin);
  for (let logins = 0; ; logins++) {
    const authorization = await authorizer.authorization(question.scopes, question.answerWithin);
    const answer = await follow(parts, question, url, authorization);
    const isOurs = answer.status === 401 && answer.url.origin === registry.origin && logins < MAX_LOGINS;
    if (!isOurs || !authorizer.learn(answer, question.scopes, authorization)) return answer;
    await drain(answer);
  }
}

/** Follows the redirects of a read, for example to a bucket, which does not get the login. */
async function follow(
  { registry, transport, signal }: Parts,
  { method, headers, body, answerWithin, signal: own, isPull = false }: Question,
  first: URL,
  authorization: string | null,
): Promise<Answer> {
  const isLook = !isPull && (method === "GET" || method === "HEAD") && first.pathname.startsWith("/v2/");
  let url = first;
  for (let redirects = 0; ; redirects++) {
    const answer = await transport.send({
      method,
      url,
      headers: {
        ...headers,
        ...(isLook && url.origin === registry.origin && LOOK),
        ...(authorization !== null && { authorization }),
      },
      secretsOf: registry.origin,
      ...(body && { body }),
      signal: signal && own ? AbortSignal.any([signal, own]) : (own ?? signal),
      ...(answerWithin !== undefined && { answerWithin }),
    });
    const location = locationIn(answer);
    const isRedirect = [301, 302, 303, 307, 308].includes(answer.status) && (method === "GET" || method === "HEAD");
    if (!isRedirect || location === null) return answer;
    await drain(answer);
    if (redirects === MAX_REDIRECTS) throw new CliError("failure", `${first.host} redirects too many times`);
    url = location;
  }
}
