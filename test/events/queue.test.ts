import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import type { QueueMessage } from "../../src/events/messages.ts";
import { sendOut } from "../../src/storage/send-out.ts";
import worker from "../../src/worker.ts";
import { pushImage } from "../support/content.ts";
import { countedEnv, disturbCalls } from "../support/counting.ts";
import { deliveriesOf, makeTarget, makeTrigger, receive } from "../support/deploy.ts";
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

async function consume(queue: string, body: unknown, bindings: Env = env): Promise<QueueResult> {
  // What a queue brings is not known to have our form: that is what is tested.
  const batch = createMessageBatch<QueueMessage>(queue, [
    { id: "m1", timestamp: new Date(), attempts: 1, body: asMessage(body) },
  ]);
  const context = createExecutionContext();
  await worker.queue(batch, bindings, context);
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

  it("in the dead-letter queue is dropped and logged: the sweep finds what it was about", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    expect((await consume("spacedock-events-dead", { kind: "event", id: "evt_x" })).explicitAcks).toEqual(["m1"]);
    expect(log).toHaveBeenCalledOnce();
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
