import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import type { QueueMessage } from "../../src/events/messages.ts";
import worker from "../../src/worker.ts";
import { HOUR, type MovedClock, startClock } from "../support/clock.ts";
import { countedEnv, disturbCalls } from "../support/counting.ts";
import { deliveriesOf, makeTarget, makeTrigger, receive } from "../support/deploy.ts";
import { event, openWorkshop, pushTo, type Workshop } from "../support/processing.ts";
import { runUpkeep } from "../support/upkeep.ts";
import { failCall, TIME_LIMIT, WHEN } from "./fail-call.ts";

let clock: MovedClock;

afterEach(() => {
  clock.stop();
  vi.restoreAllMocks();
});

/** Makes a queue that keeps messages until they are asked for; the real one would bring them at any time. */
function keepingQueue(kept: QueueMessage[]): Queue<QueueMessage> {
  return new Proxy(env.EVENTS, {
    get: (target, property) =>
      property === "sendBatch"
        ? async (messages: Iterable<MessageSendRequest<QueueMessage>>): Promise<void> => {
            kept.push(...[...messages].map(({ body }) => body));
          }
        : Reflect.get(target, property),
  });
}

/** Makes a push without a message to the queue. */
async function pushUnheard(shop: Workshop, tag: string, seed: number): Promise<string> {
  let id = "";
  await disturbCalls(
    ({ kind }, proceed) => (kind === "queue" ? Promise.resolve() : proceed()),
    async () => {
      id = await pushTo(shop, "web", tag, seed);
    },
  );
  return id;
}

/** Consumes the kept messages, and those that follow, until none is left. Messages that ask to come again are lost. */
async function consumeAll(kept: QueueMessage[], bindings: Env): Promise<void> {
  for (let body = kept.shift(); body !== undefined; body = kept.shift()) {
    const context = createExecutionContext();
    const batch = createMessageBatch<QueueMessage>("spacedock-events", [
      { id: "m", timestamp: new Date(), attempts: 1, body },
    ]);
    await worker.queue(batch, bindings, context);
    await getQueueResult(batch, context);
  }
}

describe.each(WHEN)("when one call fails $when", ({ takesEffect }) => {
  it("a delivery arrives all the same, under one id, and is shown as delivered", { timeout: TIME_LIMIT }, async () => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    clock = startClock();
    const kept: QueueMessage[] = [];
    const bindings = countedEnv({ ...env, EVENTS: keepingQueue(kept) });
    const shop = await openWorkshop(`delivery-${takesEffect}-`);
    await makeTrigger(shop.space, [(await makeTarget(shop.space, "https://receiver.example.com/")).id]);
    const received = receive(() => new Response());
    let count = 0;
    for (let goesOn = true; goesOn;) {
      count += 1;
      received.length = 0;
      kept.push(event(await pushUnheard(shop, `1.${count}`, count)));
      goesOn = await failCall(count, takesEffect, () => consumeAll(kept, bindings));
      // All messages on their way are lost, so only the sweep is left.
      kept.length = 0;
      for (let sweep = 0; sweep < 2; sweep++) {
        clock.advance(HOUR);
        await runUpkeep(bindings);
        await consumeAll(kept, bindings);
      }
      const mine = (await deliveriesOf(shop.space)).filter(({ tag }) => tag === `1.${count}`);
      expect(
        mine.map(({ status }) => status),
        `call ${count}`,
      ).toEqual(["delivered"]);
      const ids = new Set(received.map(({ headers }) => headers.get("webhook-id")));
      expect(ids, `call ${count}`).toEqual(new Set([mine[0]?.id]));
    }
    expect(count).toBeGreaterThan(5);
  });
});
