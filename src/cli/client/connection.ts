import { setMaxListeners } from "node:events";
import type { Dispatcher } from "undici";
import type { Environment } from "../context.ts";
import type { Credential } from "../credentials/credential.ts";
import { CliError } from "../exit.ts";
import { Authorizer } from "./auth.ts";
import { type BackoffOptions, makeBackoff, mayChange, retryAfter } from "./backoff.ts";
import { locationIn } from "./location.ts";
import { refusedAnswer } from "./problem.ts";
import type { RegistryAddress } from "./reference.ts";
import { type Answer, type Body, drain, type Headers, makeTransport, mayPass, type Transport } from "./transport.ts";

/** A request to a registry, before authorization. */
interface Question {
  readonly method: Dispatcher.HttpMethod;
  /** Relative to the registry's origin, or absolute. */
  readonly address: string;
  /** What a token must permit, as in `repository:acme/web:pull,push`. */
  readonly scopes: readonly string[];
  readonly headers?: Headers;
  readonly body?: Body;
  /** The statuses that are no error; without it, none is. */
  readonly expect?: readonly number[];
  /** Whether it is sent again when the connection breaks or the registry is busy. So by default, unless there is a body. */
  readonly retry?: boolean;
}

/** One registry, and how to be let in. All parts of the client work through it. */
export interface Connection {
  readonly registry: RegistryAddress;
  readonly signal: AbortSignal | undefined;
  /** Asks, with authorization. Throws RefusedError for an answer that was not expected, and an `unreachable` CliError for none. */
  ask(question: Question): Promise<Answer>;
  /** Pauses between tries of what must go through, such as chunks. */
  readonly backoff: BackoffOptions;
  close(): Promise<void>;
}

interface ConnectionOptions {
  readonly env: Environment;
  readonly credential: Credential | null;
  readonly signal?: AbortSignal;
  /** Milliseconds without progress after which an upload or download is given up; five minutes. */
  readonly patience?: number;
  /** For tests: how pauses pass. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

const PATIENCE = 300_000;

/** Questions give up sooner than uploads: a person waits for the answer. */
const QUESTION_PATIENCE = 10_000;
const MAX_REDIRECTS = 5;
const MAX_LOGINS = 2;

/** Opens a registry. Nothing is sent before the first question. */
export function connect(registry: RegistryAddress, options: ConnectionOptions): Connection {
  const { env, credential, signal, patience = PATIENCE, wait } = options;
  const transport = makeTransport(env);
  const authorizer = new Authorizer(registry, transport, credential);
  // Each request under way listens to the same signal.
  if (signal !== undefined) setMaxListeners(0, signal);
  const backoff = { patience, signal, ...(wait && { wait }) };
  return {
    registry,
    signal,
    backoff,
    ask: (question) => ask({ registry, transport, authorizer, signal, backoff }, question),
    close: () => transport.close(),
  };
}

interface Parts {
  readonly registry: RegistryAddress;
  readonly transport: Transport;
  readonly authorizer: Authorizer;
  readonly signal: AbortSignal | undefined;
  readonly backoff: BackoffOptions;
}

async function ask(parts: Parts, question: Question): Promise<Answer> {
  const backoff = makeBackoff({ ...parts.backoff, patience: Math.min(parts.backoff.patience, QUESTION_PATIENCE) });
  const retry = question.retry ?? question.body === undefined;
  for (;;) {
    const answer = await askOnce(parts, question).catch(async (failure: unknown) => {
      if (!retry || !mayPass(failure)) throw failure;
      await backoff.pause(failure, null);
      return null;
    });
    if (answer === null) continue;
    if (question.expect?.includes(answer.status) ?? true) return answer;
    const refused = await refusedAnswer(answer);
    if (!retry || !mayChange(answer.status)) throw refused;
    await backoff.pause(refused, retryAfter(answer.headers.get("retry-after"), new Date()));
  }
}

/** Sends the question, logging in as the registry asks: once at first, and once more where a token has expired. */
async function askOnce(parts: Parts, question: Question): Promise<Answer> {
  const { registry, authorizer } = parts;
  const url = new URL(question.address, registry.origin);
  for (let logins = 0; ; logins++) {
    const authorization = await authorizer.authorization(question.scopes);
    const answer = await follow(parts, question, url, authorization);
    const isOurs = answer.status === 401 && answer.url.origin === registry.origin && logins < MAX_LOGINS;
    if (!isOurs || !authorizer.learn(answer, question.scopes, authorization)) return answer;
    await drain(answer);
  }
}

/** Follows redirects of what is read, as to a bucket, which is told nothing of the login. */
async function follow(
  { registry, transport, signal }: Parts,
  { method, headers, body }: Question,
  first: URL,
  authorization: string | null,
): Promise<Answer> {
  let url = first;
  for (let redirects = 0; ; redirects++) {
    const answer = await transport.send({
      method,
      url,
      headers: { ...headers, ...(authorization !== null && { authorization }) },
      secretsOf: registry.origin,
      ...(body && { body }),
      ...(signal && { signal }),
    });
    const location = locationIn(answer);
    const isRedirect = [301, 302, 303, 307, 308].includes(answer.status) && (method === "GET" || method === "HEAD");
    if (!isRedirect || location === null) return answer;
    await drain(answer);
    if (redirects === MAX_REDIRECTS) throw new CliError("failure", `${first.host} redirects without end`);
    url = location;
  }
}
