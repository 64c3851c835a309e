import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import type { Env } from "../../src/env.ts";
import type { QueueMessage } from "../../src/events/messages.ts";
import { processMessage } from "../../src/events/process.ts";
import { sendOut } from "../../src/storage/send-out.ts";
import worker from "../../src/worker.ts";
import { pushImage } from "../support/content.ts";
import { countedEnv, disturbCalls } from "../support/counting.ts";
import { deliveriesOf, makeTarget, makeTrigger, receive } from "../support/deploy.ts";
import { event, openWorkshop, processingOf, pushTo } from "../support/processing.ts";
import { ask, makeSpace } from "../support/registry.ts";

let as: string;

beforeAll(async () => {
  as = await makeSpace("queue");
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a push", () => {
  it("reaches its receiver through the queue, when the tag can be pulled", async () => {
    await makeTrigger("queue", [(await makeTarget("queue", "https://receiver.example.com/")).id]);
    const statuses: number[] = [];
    const received = receive(async () => {
      statuses.push((await ask("/v2/queue/web/manifests/1.0", { as })).status);
      return new Response("deployed");
    });
    await pushImage("queue/web", as, "1.0");
    await expect.poll(() => received.length, { timeout: 30_000 }).toBe(1);
    await expect.poll(() => deliveriesOf("queue"), { timeout: 30_000 }).toMatchObject([{ status: "delivered" }]);
    expect(statuses).toEqual([200]);
  });

  it("succeeds when the queue takes nothing: the event waits in the outbox", async () => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    await disturbCalls(
      async ({ kind }, proceed) => {
        if (kind === "queue") throw new Error("injected");
        return proceed();
      },
      async () => {
        await pushImage("queue/quiet", as, "1.0");
      },
    );
    const waiting = await env.DB.prepare(
      "SELECT COUNT(*) AS n FROM events e JOIN repositories r ON r.id = e.repository_id WHERE r.path = 'quiet' AND sent_at IS NULL",
    ).first("n");
    expect(waiting).toBe(2);
  });
});

type QueueResult = Awaited<ReturnType<typeof getQueueResult>>;

/** Consumes a batch. @param meanwhile runs after the batch, before the work that goes on after it */
async function consume(
  queue: string,
  body: unknown,
  bindings: Env = env,
  meanwhile = (): Promise<void> => Promise.resolve(),
): Promise<QueueResult> {
  // The form of a queue's message is not known, which is what this tests.
  const batch = createMessageBatch<QueueMessage>(queue, [
    { id: "m1", timestamp: new Date(), attempts: 1, body: asMessage(body) },
  ]);
  const context = createExecutionContext();
  await worker.queue(batch, bindings, context);
  await meanwhile();
  return getQueueResult(batch, context);
}

function asMessage(body: unknown): QueueMessage {
  return JSON.parse(JSON.stringify(body));
}

describe("a message", () => {
  it("that is none of ours is dropped, and logged", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    expect((await consume("spacedock-events", { kind: "other" })).explicitAcks).toEqual(["m1"]);
    expect(log).toHaveBeenCalledOnce();
  });

  it("about an event in the dead-letter queue is dropped and logged: the sweep finds the event", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    expect((await consume("spacedock-events-dead", { kind: "event", id: "evt_x" })).explicitAcks).toEqual(["m1"]);
    expect(log).toHaveBeenCalledOnce();
  });

  it("in the dead-letter queue is known by the name that the deployment gave that queue", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    const bindings = { ...env, DEAD_LETTER_QUEUE: "acme-lost" };
    await consume("acme-lost", { kind: "event", id: "evt_x" }, bindings);
    expect(log).toHaveBeenCalledWith(expect.stringContaining("dropped"));
    log.mockClear();
    await consume("spacedock-events-dead", { kind: "event", id: "evt_x" }, bindings);
    expect(log).not.toHaveBeenCalled();
  });

  it.each([
    ["is shown as failed once its time is over", 31, "pending", "failed", "the registry failed to send it"],
    ["stays for the sweep before", 1, "pending", "pending", null],
    ["goes on where the target has begun, however long that takes", 32, "running", "running", null],
  ])("about a delivery in the dead-letter queue: it %s", async (_, hours, before, status, reason) => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    const id = `dlv_dead${hours}`;
    const { space_id: space, id: repository } = z
      .object({ space_id: z.int(), id: z.int() })
      .parse(await env.DB.prepare("SELECT space_id, id FROM repositories LIMIT 1").first());
    const insert = env.DB.prepare(
      `INSERT INTO deliveries (id, space_id, event_id, trigger_id, target_id, repository_id, next_attempt_at, created_at, status)
       VALUES (?1, ?2, ?1, 't', 't', ?3, ?4, ?5, ?6)`,
    );
    await insert.bind(id, space, repository, Date.now() + 3_600_000, Date.now() - hours * 3_600_000, before).run();
    expect((await consume("spacedock-events-dead", { kind: "delivery", id })).explicitAcks).toEqual(["m1"]);
    const row = await env.DB.prepare("SELECT status, reason FROM deliveries WHERE id = ?").bind(id).first();
    expect(row).toEqual({ status, reason });
  });

  it("comes again when the database fails", async () => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    const results: QueueResult[] = [];
    await disturbCalls(
      () => Promise.reject(new Error("injected")),
      async () => {
        results.push(await consume("spacedock-events", { kind: "event", id: "evt_x" }, countedEnv(env)));
      },
    );
    expect(results).toMatchObject([{ explicitAcks: [], retryMessages: [{ msgId: "m1" }] }]);
  });
});

describe("a receiver that is slower than its batch waits", () => {
  it("is waited for after the batch, and asks for its own next message", async () => {
    const space = await openWorkshop("slow");
    await makeTrigger(space.space, [(await makeTarget(space.space, "https://receiver.example.com/")).id]);
    await processMessage(processingOf(space), event(await pushTo(space, "web", "1.0")));
    const message = space.queued[0]?.message;
    const { promise: answer, resolve } = Promise.withResolvers<Response>();
    receive(() => answer);
    const resent: unknown[] = [];
    const queue = { sendBatch: (messages: Iterable<unknown>) => Promise.resolve(resent.push(...messages)) };
    const bindings = { ...env, EVENTS: new Proxy(env.EVENTS, { get: (_, name) => Reflect.get(queue, name) }) };
    const acknowledged = await consume("spacedock-events", message, bindings, async () => {
      expect(await deliveriesOf(space.space)).toMatchObject([{ status: "pending", reason: null }]);
      resolve(new Response("no", { status: 500 }));
    });
    expect(acknowledged.explicitAcks).toEqual(["m1"]);
    expect(resent).toMatchObject([{ body: message, delaySeconds: expect.toBeOneOf([5, 6]) }]);
    expect(await deliveriesOf(space.space)).toMatchObject([{ status: "pending", reason: "it answered 500: no" }]);
  });
});

/** Makes a body that sends something and then goes wrong as given. */
const body = (then: (controller: ReadableStreamDefaultController<Uint8Array>) => void): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("begun"));
      then(controller);
    },
  });

describe("sending out", () => {
  const request = { url: "https://receiver.example.com/", method: "POST", headers: {}, body: "{}" } as const;

  it("does not follow a redirect", async () => {
    const received = receive(
      () => new Response(null, { status: 302, headers: { Location: "https://169.254.169.254/" } }),
    );
    expect((await sendOut(request, 1024)).status).toBe(302);
    expect(received.length).toBe(1);
  });

  it("keeps the first kilobyte of an answer without end", async () => {
    let pulls = 0;
    const endless = new ReadableStream({
      pull(controller) {
        pulls += 1;
        controller.enqueue(new TextEncoder().encode("x".repeat(1000)));
      },
    });
    receive(() => new Response(endless));
    expect((await sendOut(request, 1024)).body).toBe("x".repeat(1024));
    expect(pulls).toBeLessThan(20);
  });

  const FAULTS: [string, () => ReadableStream<Uint8Array>][] = [
    ["breaks off", () => body((controller) => setTimeout(() => controller.error(new Error("broken")), 10))],
    ["never ends", () => body(() => undefined)],
    [
      "dribbles nothing for ever",
      () => new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(0)) }),
    ],
  ];

  it.each(FAULTS)("keeps the status and Retry-After of an answer whose body %s", async (_, make) => {
    for (const status of [200, 503]) {
      receive(() => new Response(make(), { status, headers: { "Retry-After": "7" } }));
      const answer = await sendOut(request, 1024);
      expect(answer).toMatchObject({ status, retryAfter: "7" });
      expect(["begun", ""]).toContain(answer.body);
      vi.restoreAllMocks();
    }
  });

  it("keeps the status of an answer that is not compressed as it says", async () => {
    const network = env.PRIVATE_NETWORK;
    vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => network.fetch(input, init));
    const url = new URL("/broken-gzip", env.LOOPBACK_RECEIVER).href;
    expect(await sendOut({ ...request, url }, 1024)).toMatchObject({ status: 200, body: "" });
  });

  it("needs the whole body where a success says nothing without it, but not to know of a refusal", async () => {
    const [, broken] = FAULTS[0] ?? [];
    if (broken === undefined) throw new Error("there is no such fault");
    receive(() => new Response(broken()));
    await expect(sendOut(request, 1024, true)).rejects.toThrow("broken");
    vi.restoreAllMocks();
    receive(() => new Response(broken(), { status: 503 }));
    expect(await sendOut(request, 1024, true)).toMatchObject({ status: 503, body: "begun" });
  });

  // On the platform, a Worker's own fetch uses the first network; locally, both.
  it.each([
    ["the public network", env.PUBLIC_NETWORK, "refused"],
    ["any network", env.PRIVATE_NETWORK, "204"],
  ])("to a name that leads to loopback, over %s", async (_, network, expected) => {
    vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => network.fetch(input, init));
    const reached = sendOut({ ...request, url: env.LOOPBACK_RECEIVER }, 1024);
    expect(
      await reached.then(
        ({ status }) => String(status),
        () => "refused",
      ),
    ).toBe(expected);
  });

  it("gives up on a receiver that hangs", async () => {
    const signal = AbortSignal.abort(new Error("timed out"));
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(signal);
    vi.spyOn(globalThis, "fetch").mockImplementation(async (_input, init) => {
      init?.signal?.throwIfAborted();
      return new Response("late");
    });
    await expect(sendOut(request, 1024)).rejects.toThrow("timed out");
  });
});
