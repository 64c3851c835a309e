/** A client that logs in as clients do, and records its requests in their order. */
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, type Dispatcher, request } from "undici";
import * as z from "zod";
import { REQUEST_HEADER } from "./wrapper/protocol.ts";

/** A registry, with the login of a user who may push to it. */
export interface Account {
  readonly url: string;
  /** The login: "user:password". */
  readonly login: string;
}

interface Wish {
  readonly method: Dispatcher.HttpMethod;
  /** An absolute address, or one relative to the registry. */
  readonly address: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** True to send the body without telling its length. */
  readonly isChunked?: boolean;
  /** True for a request that only finds out how to log in. It is not sent again after the login. */
  readonly isPing?: boolean;
}

export interface Answer {
  readonly status: number;
  /** Returns a header's value; empty if the answer does not have it. */
  readonly header: (name: string) => string;
  readonly bytes: Uint8Array;
}

/** Sends one request. Fails if the answer has another status. */
export type Send = (wish: Wish) => Promise<Answer>;

/** Requests that one client makes one after the other. */
export type Task = (send: Send) => Promise<void>;

/** Tasks in their order, with the number of those that run at a time. */
interface Pool<T> {
  readonly lanes: number;
  readonly tasks: readonly T[];
}

/**
 * Pools that run beside each other. The client waits for all of them before it goes on. Requests are given by their
 * names.
 */
export type Stage = readonly Pool<readonly string[]>[];

export interface Session {
  readonly stages: readonly Stage[];
  /** Performs all tasks of some pools. */
  perform(...pools: readonly Pool<Task>[]): Promise<void>;
}

/** A server may close a connection that lies idle for longer. */
const agent = new Agent({ keepAliveTimeout: 500 });

let sent = 0;

/** Opens a session. @param roundTrip milliseconds that are added to each request */
export function openSession(account: Account, roundTrip: number, scope: string): Session {
  const stages: Stage[] = [];
  let authorization: string | null = null;

  const deliver = (wish: Wish, names: string[]): Promise<Answer> => {
    sent += 1;
    const name = String(sent);
    names.push(name);
    const authorized = authorization === null ? {} : { authorization };
    const headers = { ...authorized, ...wish.headers, [REQUEST_HEADER]: name };
    return deliverLate(account.url, { ...wish, headers }, roundTrip);
  };

  const sender =
    (names: string[]): Send =>
    async (wish) => {
      let answer = await deliver(wish, names);
      if (answer.status === 401 && authorization === null) {
        const challenge = answer.header("www-authenticate");
        authorization = await authorize(challenge, account, scope, (token) => deliver(token, names));
        if (wish.isPing === true) return answer;
        answer = await deliver(wish, names);
      }
      return expectStatus(wish, answer);
    };

  return {
    stages,
    perform: async (...pools) => {
      stages.push(await Promise.all(pools.map((pool) => performPool(pool, sender))));
    },
  };
}

async function performPool(
  { lanes, tasks }: Pool<Task>,
  sender: (names: string[]) => Send,
): Promise<Pool<readonly string[]>> {
  const waiting = tasks.map((task) => ({ task, names: new Array<string>() }));
  const all = [...waiting];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next.task(sender(next.names));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { lanes, tasks: all.map(({ names }) => names) };
}

async function deliverLate(url: string, wish: Wish, ms: number): Promise<Answer> {
  await sleep(ms);
  const { statusCode, headers, body } = await request(new URL(wish.address, url), {
    dispatcher: agent,
    method: wish.method,
    headers: wish.headers ?? {},
    body: bodyOf(wish),
  });
  return {
    status: statusCode,
    header: (name) => [headers[name] ?? ""].flat()[0] ?? "",
    bytes: new Uint8Array(await body.arrayBuffer()),
  };
}

function bodyOf({ body, isChunked = false }: Wish): Uint8Array | Readable | null {
  return isChunked ? Readable.from([body]) : (body ?? null);
}

function expectStatus({ method, address, status }: Wish, answer: Answer): Answer {
  if (answer.status === status) return answer;
  throw new Error(`${method} ${address}: ${answer.status} ${new TextDecoder().decode(answer.bytes)}`);
}

const tokenAnswer = z.object({ token: z.string() });

/** Answers a challenge with the value of the Authorization header. */
async function authorize(
  challenge: string,
  { login }: Account,
  scope: string,
  deliver: (wish: Wish) => Promise<Answer>,
): Promise<string> {
  const basic = `Basic ${Buffer.from(login).toString("base64")}`;
  if (!/^bearer /i.test(challenge)) return basic;
  const parameter = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? "";
  const address = new URL(parameter("realm"));
  address.searchParams.set("service", parameter("service"));
  address.searchParams.set("scope", scope);
  const wish: Wish = { method: "GET", address: address.href, headers: { authorization: basic }, status: 200 };
  const { bytes } = expectStatus(wish, await deliver(wish));
  return `Bearer ${tokenAnswer.parse(JSON.parse(new TextDecoder().decode(bytes))).token}`;
}
