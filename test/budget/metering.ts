/** Runs the Worker with its bindings and D1's rows counted, for the bench: one request after another, or some at once. */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Env } from "../../src/env.ts";
import type { QueueMessage } from "../../src/events/messages.ts";
import worker from "../../src/worker.ts";
import { countCalls, countedContext, countedEnv } from "../support/counting.ts";
import { metered } from "../../harness/metered.ts";
import { ORIGIN } from "../support/registry.ts";
import type { Usage } from "../../harness/budget/usage.ts";

export interface Step {
  readonly path: string;
  readonly status: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
}

export interface MeteredWorker {
  /** Sends a request and reads its whole answer; fails if that has another status. */
  readonly send: (request: Step) => Promise<Response>;
  /** Returns the usage of `act` and of the work after its answers; messages to the queue are consumed too. */
  readonly usageOf: (act: () => Promise<void>) => Promise<Usage>;
}

/** Makes the Worker. @param settings replace those of wrangler.toml */
export function meteredWorker(settings: Partial<Env> = {}): MeteredWorker {
  const counted = countedEnv(env);
  const { db, spent } = metered(counted.DB);
  const told: QueueMessage[] = [];
  const objects = timed(counted.UPLOADS);
  const bindings: Env = { ...counted, DB: db, EVENTS: capturing(told), UPLOADS: objects.namespace, ...settings };
  let requests = 0;

  const send: MeteredWorker["send"] = async ({ path, status, method = "GET", headers = {}, body = null }) => {
    requests += 1;
    const request = new Request<unknown, IncomingRequestCfProperties>(new URL(path, ORIGIN), {
      method,
      headers,
      body,
      redirect: "manual",
    });
    const response = await worker.fetch(request, bindings, countedContext(createExecutionContext()));
    const content = await response.arrayBuffer();
    if (response.status !== status) {
      throw new Error(`${method} ${path} answered ${response.status}: ${new TextDecoder().decode(content)}`);
    }
    return new Response([204, 304].includes(status) ? null : content, { status, headers: response.headers });
  };

  const consume = async (messages: readonly QueueMessage[]): Promise<void> => {
    const batch = createMessageBatch<QueueMessage>(
      "spacedock-events",
      messages.map((body, index) => ({ id: String(index), timestamp: new Date(), attempts: 1, body })),
    );
    const context = createExecutionContext();
    await worker.queue(batch, bindings, countedContext(context));
    await getQueueResult(batch, context);
  };

  const usageOf: MeteredWorker["usageOf"] = async (act) => {
    spent();
    objects.forget();
    [requests, told.length] = [0, 0];
    const calls = [...(await countCalls(act))];
    const messages = told.splice(0);
    if (messages.length > 0) calls.push(...(await countCalls(() => consume(messages))));
    const { queries, rowsRead, rowsWritten, ms } = spent();
    const count = (kind: (typeof calls)[number]["kind"]): number => calls.filter((call) => call.kind === kind).length;
    return {
      requests: requests + (messages.length > 0 ? 1 : 0),
      classA: count("classA"),
      classB: count("classB"),
      d1: count("d1"),
      queries,
      rowsRead,
      rowsWritten,
      databaseMs: ms,
      objectRequests: count("durableObject"),
      objectMs: objects.ms(),
      messages: messages.length + told.splice(0).length,
    };
  };
  return { send, usageOf };
}

/** Makes a queue that keeps messages, so that they are consumed when the usage is counted. */
function capturing(told: QueueMessage[]): Queue<QueueMessage> {
  return new Proxy(env.EVENTS, {
    get: (target, property) => {
      if (property !== "sendBatch") return Reflect.get(target, property);
      return async (messages: Iterable<MessageSendRequest<QueueMessage>>) =>
        void told.push(...[...messages].map(({ body }) => body));
    },
  });
}

/** Wraps a namespace to add up the time that calls on Durable Objects take. */
function timed(namespace: Env["UPLOADS"]): { namespace: Env["UPLOADS"]; ms: () => number; forget: () => void } {
  let sum = 0;
  const stub = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (_, property) => {
        const method: unknown = Reflect.get(target, property);
        if (typeof method !== "function") return method;
        return async (...args: readonly unknown[]): Promise<unknown> => {
          const begun = Date.now();
          const result: unknown = await Reflect.apply(method, target, args);
          sum += Date.now() - begun;
          return result;
        };
      },
    });
  return {
    namespace: new Proxy(namespace, {
      get: (target, property) =>
        property === "getByName" ? (name: string) => stub(target.getByName(name)) : Reflect.get(target, property),
    }),
    ms: () => sum,
    forget: () => {
      sum = 0;
    },
  };
}
