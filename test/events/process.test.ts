import { Webhook } from "standardwebhooks";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { processMessage, sweep } from "../../src/events/process.ts";
import type { Processing } from "../../src/events/processing.ts";
import type { Answer, TargetRequest } from "../../src/events/target.ts";
import { pushImage } from "../support/content.ts";
import { attemptsOf, deliveriesOf, makeTarget, makeTrigger } from "../support/deploy.ts";
import {
  BROKEN,
  drain,
  event,
  OK,
  openWorkshop,
  processingOf,
  pushTo,
  tagEventsOf,
  type Workshop,
} from "../support/processing.ts";
import { makeSpace, manage } from "../support/registry.ts";

/** These tests use the workshop of test/support: the database is real, the queue and the receivers are not. */

const HOOK = "https://receiver.example.com/hook";
const GONE: Answer = { status: 410, body: "", retryAfter: null };

let shop: Workshop;

beforeEach(async () => {
  shop = await openWorkshop("process");
});

const processing = (): Processing => processingOf(shop);
const push = (tag: string, seed = 1): Promise<string> => pushTo(shop, "web", tag, seed);

describe("an event", () => {
  it("becomes one signed delivery for each trigger and target that it matches", async () => {
    const { id: first, secret = "" } = await makeTarget(shop.space, HOOK);
    const { id: second } = await makeTarget(shop.space, `${HOOK}/2`);
    await makeTrigger(shop.space, [first, second]);
    await makeTrigger(shop.space, [first], { repositories: ["other"] });
    await processMessage(processing(), event(await push("1.0")));
    await drain(shop);
    expect(new Set(shop.sent.map(({ url }) => url))).toEqual(new Set([HOOK, `${HOOK}/2`]));
    expect(shop.sent.length).toBe(2);
    const request = shop.sent.find(({ url }) => url === HOOK);
    const document = new Webhook(secret).verify(request?.body ?? "", { ...request?.headers });
    expect(document).toMatchObject({
      type: "registry.tag.created",
      data: { repository: `${shop.space}/web`, tag: "1.0" },
    });
    expect((await deliveriesOf(shop.space)).map(({ status }) => status)).toEqual(["delivered", "delivered"]);
  });

  it("is delivered once, however often the queue brings it", async () => {
    await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id]);
    const id = await push("1.0");
    for (let time = 0; time < 3; time++) {
      await processMessage(processing(), event(id));
      await drain(shop);
    }
    await Promise.all([processMessage(processing(), event(id)), processMessage(processing(), event(id))]);
    await drain(shop);
    expect(shop.sent.length).toBe(1);
    expect((await deliveriesOf(shop.space)).length).toBe(1);
  });

  it("that no trigger matches is taken, and leads to nothing", async () => {
    await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id], { repositories: ["other"] });
    const id = await push("1.0");
    await processMessage(processing(), event(id));
    shop.clock += 3_600_000;
    await sweep(processing());
    expect(shop.queued.map(({ message }) => message)).not.toContainEqual(event(id));
    expect(await deliveriesOf(shop.space)).toEqual([]);
  });

  it("of another space reaches no trigger of this one", async () => {
    await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id]);
    const stranger = await makeSpace(`${shop.space}-stranger`);
    await pushImage(`${shop.space}-stranger/web`, stranger, "1.0");
    const [id = ""] = await tagEventsOf(`${shop.space}-stranger`);
    await processMessage(processing(), event(id));
    expect(shop.queued).toEqual([]);
  });

  it("that nobody knows is dropped", async () => {
    expect(await processMessage(processing(), event("evt_none"))).toBe("done");
    expect(await processMessage(processing(), { kind: "delivery", id: "dlv_none" })).toBe("done");
  });
});

describe("a receiver that fails", () => {
  it("is tried again as the schedule says, under the same id, until it takes the delivery", async () => {
    await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id]);
    shop.answer = () => BROKEN;
    await processMessage(processing(), event(await push("1.0")));
    const message = shop.queued[0]?.message;
    if (message === undefined) throw new Error("nothing was queued");
    const first = await processMessage(processing(), message);
    expect(first).toEqual({ retryIn: expect.toBeOneOf([5, 6]) });
    expect(await processMessage(processing(), message)).toEqual({ retryIn: expect.toBeOneOf([5, 6]) });
    expect(shop.sent.length).toBe(1);
    shop.clock += 6000;
    shop.answer = () => OK;
    expect(await processMessage(processing(), message)).toBe("done");
    const ids = shop.sent.map(({ headers }) => headers["webhook-id"]);
    expect(ids).toEqual([message.id, message.id]);
    expect(await attemptsOf(shop.space, message.id)).toMatchObject([
      { number: 1, status: 500, outcome: "retry", detail: "no" },
      { number: 2, status: 200, outcome: "done", detail: "thanks" },
    ]);
  });

  it("has failed for good after eight attempts over more than a day, and may be redelivered", async () => {
    await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id]);
    shop.answer = () => BROKEN;
    await processMessage(processing(), event(await push("1.0")));
    const message = shop.queued[0]?.message;
    if (message === undefined) throw new Error("nothing was queued");
    const began = shop.clock;
    for (let outcome = await processMessage(processing(), message); outcome !== "done";) {
      shop.clock += outcome.retryIn * 1000;
      outcome = await processMessage(processing(), message);
    }
    expect(shop.sent.length).toBe(8);
    expect(shop.clock - began).toBeGreaterThan(86_400_000);
    expect(await deliveriesOf(shop.space)).toMatchObject([{ status: "failed", attempts: 8 }]);
    shop.answer = () => OK;
    expect((await manage("POST", `spaces/${shop.space}/deliveries/${message.id}/redeliver`)).status).toBe(200);
    shop.clock = Date.now() + 1000;
    expect(await processMessage(processing(), message)).toBe("done");
    expect(await deliveriesOf(shop.space)).toMatchObject([{ status: "delivered", attempts: 9 }]);
  });

  it.each([
    { name: "seconds", retryAfter: "120", wait: 120 },
    { name: "less than the schedule", retryAfter: "1", wait: 5 },
    { name: "longer than anybody may ask", retryAfter: "999999", wait: 36_000 },
  ])("may ask for patience by Retry-After: $name", async ({ retryAfter, wait }) => {
    await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id]);
    shop.answer = () => ({ status: 429, body: "", retryAfter });
    await processMessage(processing(), event(await push("1.0")));
    const message = shop.queued[0]?.message;
    if (message === undefined) throw new Error("nothing was queued");
    expect(await processMessage(processing(), message)).toEqual({ retryIn: expect.toBeOneOf([wait, wait + 1]) });
  });

  it("that is gone is switched off, says so, and is sent nothing more until it is switched on", async () => {
    const { id } = await makeTarget(shop.space, HOOK);
    await makeTrigger(shop.space, [id]);
    shop.answer = () => GONE;
    await processMessage(processing(), event(await push("1.0")));
    await drain(shop);
    const shown = await (await manage("GET", `spaces/${shop.space}/targets/${id}`)).json();
    expect(shown).toMatchObject({ enabled: false, disabledReason: "it answered 410 Gone" });
    await processMessage(processing(), event(await push("1.1", 2)));
    await drain(shop);
    expect(shop.sent.length).toBe(1);
    const [newest] = await deliveriesOf(shop.space);
    expect(newest?.status).toBe("failed");
    expect(await attemptsOf(shop.space, newest?.id ?? "")).toMatchObject([{ detail: "the target is disabled" }]);
    const on = await manage("POST", `spaces/${shop.space}/targets/${id}/enable`);
    expect(await on.json()).toMatchObject({ enabled: true, disabledReason: null, failingSince: null });
  });

  it("for five days without a success is switched off", async () => {
    const { id } = await makeTarget(shop.space, HOOK);
    await makeTrigger(shop.space, [id]);
    shop.answer = () => BROKEN;
    for (const [day, tag] of ["1.0", "1.1", "1.2"].entries()) {
      shop.clock = Date.now() + day * 3 * 86_400_000;
      await processMessage(processing(), event(await push(tag, day)));
      await drain(shop);
    }
    const shown = await (await manage("GET", `spaces/${shop.space}/targets/${id}`)).json();
    expect(shown).toMatchObject({ enabled: false, disabledReason: "all deliveries have failed for five days" });
  });

  it("delays no other", async () => {
    const { id: bad } = await makeTarget(shop.space, `${HOOK}/bad`);
    const { id: good } = await makeTarget(shop.space, `${HOOK}/good`);
    await makeTrigger(shop.space, [bad, good]);
    shop.answer = ({ url }) => (url.endsWith("bad") ? BROKEN : OK);
    await processMessage(processing(), event(await push("1.0")));
    await drain(shop);
    const statuses = (await deliveriesOf(shop.space))
      .map(({ status }) => status)
      .toSorted((a, b) => a.localeCompare(b));
    expect(statuses).toEqual(["delivered", "pending"]);
  });

  it("and sends the secret back does not get it shown", async () => {
    const { id, secret = "" } = await makeTarget(shop.space, HOOK);
    await makeTrigger(shop.space, [id]);
    shop.answer = () => ({ status: 400, body: `you sent ${secret}`, retryAfter: null });
    await processMessage(processing(), event(await push("1.0")));
    await drain(shop);
    const [delivery] = await deliveriesOf(shop.space);
    expect(await attemptsOf(shop.space, delivery?.id ?? "")).toMatchObject([{ detail: "you sent [redacted]" }]);
  });
});

describe("replaying a trigger", () => {
  it("sends what failed since a time again, under the same ids, and nothing else", async () => {
    const { id: trigger } = await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id]);
    for (const [tag, outcome] of [
      ["1.0", GONE],
      ["1.1", OK],
    ] as const) {
      shop.answer = () => outcome;
      await processMessage(processing(), event(await push(tag, tag.length + Number(tag) * 10)));
      await drain(shop);
      for (const { id } of await targetsOf()) await manage("POST", `spaces/${shop.space}/targets/${id}/enable`);
    }
    const failed = (await deliveriesOf(shop.space)).find(({ status }) => status === "failed");
    const replay = async (since: Date): Promise<unknown> =>
      (await manage("POST", `spaces/${shop.space}/triggers/${trigger}/replay`, { since: since.toISOString() })).json();
    expect(await replay(new Date(Date.now() + 60_000))).toEqual({ replayed: 0 });
    expect(await replay(new Date(Date.now() - 60_000))).toEqual({ replayed: 1 });
    shop.answer = () => OK;
    shop.clock = Date.now() + 1000;
    await processMessage(processing(), { kind: "delivery", id: failed?.id ?? "" });
    expect((await deliveriesOf(shop.space)).map(({ status }) => status)).toEqual(["delivered", "delivered"]);
    expect(shop.sent.filter(({ headers }) => headers["webhook-id"] === failed?.id).length).toBe(2);
  });

  it("needs a trigger that is there, and a time", async () => {
    const { id } = await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id]);
    const since = new Date().toISOString();
    expect((await manage("POST", `spaces/${shop.space}/triggers/trg_none/replay`, { since })).status).toBe(404);
    expect((await manage("POST", `spaces/${shop.space}/triggers/${id}/replay`, { since: "yesterday" })).status).toBe(
      400,
    );
  });
});

async function targetsOf(): Promise<readonly { id: string }[]> {
  const list = z.object({ items: z.array(z.object({ id: z.string() })) });
  return list.parse(await (await manage("GET", `spaces/${shop.space}/targets`)).json()).items;
}

describe("a space that was deleted", () => {
  it("is delivered nothing of any more", async () => {
    await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id]);
    await processMessage(processing(), event(await push("1.0")));
    await manage("DELETE", `spaces/${shop.space}`);
    await drain(shop);
    expect(shop.sent).toEqual([]);
  });

  it("leaves no event that the sweep would bring for ever", async () => {
    const id = await push("1.0");
    await manage("DELETE", `spaces/${shop.space}`);
    shop.clock += 3_600_000;
    await sweep(processing());
    expect(shop.queued.map(({ message }) => message)).toContainEqual(event(id));
    await drain(shop);
    await sweep(processing());
    expect(shop.queued.map(({ message }) => message)).not.toContainEqual(event(id));
  });
});

describe("the newest push of a tag", () => {
  it.each(["in order", "in reverse"])(
    "wins over older deliveries that are pending, when the queue brings them %s",
    async (order) => {
      await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id]);
      shop.answer = () => BROKEN;
      const events = [await push("latest", 1), await push("latest", 2)];
      for (const id of order === "in order" ? events : events.toReversed())
        await processMessage(processing(), event(id));
      const listed = await deliveriesOf(shop.space);
      expect(listed.map((one) => [one["event"], one.status])).toEqual(
        expect.arrayContaining([
          [events[1], "pending"],
          [events[0], "superseded"],
        ]),
      );
      shop.answer = () => OK;
      await drain(shop);
      expect(shop.sent.map(({ body }) => z.object({ type: z.string() }).parse(JSON.parse(body ?? "")).type)).toEqual([
        "registry.tag.updated",
      ]);
    },
  );
});

function verify(key: string, request: TargetRequest | undefined): unknown {
  return new Webhook(key).verify(request?.body ?? "", { ...request?.headers });
}

describe("a secret that was rotated", () => {
  it("signs beside its successor for a day, and then no more", async () => {
    const { id, secret: old = "" } = await makeTarget(shop.space, HOOK);
    await makeTrigger(shop.space, [id]);
    const rotated = await manage("POST", `spaces/${shop.space}/targets/${id}/rotate-secret`, {});
    const { secret } = z.object({ secret: z.string() }).parse(await rotated.json());
    await processMessage(processing(), event(await push("1.0")));
    await drain(shop);
    expect(verify(old, shop.sent[0])).toEqual(verify(secret, shop.sent[0]));
    shop.clock += 86_400_000 + 1000;
    await processMessage(processing(), event(await push("1.1", 2)));
    await drain(shop);
    expect(shop.sent[1]?.headers["webhook-signature"]?.split(" ").length).toBe(1);
  });
});

const OCTOPUS_CONFIG = { project: "Web", deploy: { environments: ["Dev"] } };

/** The answer of every receiver below. */
const DONE: Answer = {
  status: 200,
  body: JSON.stringify({
    ReleaseId: "Releases-1",
    ReleaseVersion: "1.0",
    DeploymentServerTasks: [{ ServerTaskId: "ServerTasks-1" }],
    State: "Success",
  }),
  retryAfter: null,
};

describe("whatever fails on the way", () => {
  it.each([
    ["a webhook", true, {}],
    ["a target that is followed", false, { type: "octopus", secret: "API-KEY-1", config: OCTOPUS_CONFIG }],
  ])(
    "before or after each step in turn, nothing is lost, and nothing goes out under a second id: %s",
    async (_, isWebhook, more) => {
      shop.answer = () => DONE;
      await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK, more)).id]);
      for (let step = 1, goesOn = true; goesOn; step++) {
        const id = await push(`1.${step}`, step);
        shop.sent.length = 0;
        shop.queued.push({ message: event(id), delay: 0 });
        let calls = 0;
        shop.fault = (call) => {
          calls += 1;
          if (calls === step) throw new Error(`injected: ${call}`);
        };
        const message = shop.queued[0]?.message;
        if (message === undefined) throw new Error("nothing was queued");
        await drain(shop).catch(() => undefined);
        goesOn = calls >= step;
        shop.fault = () => undefined;
        // The failed message is lost, with all that were queued: only the sweep is left.
        shop.queued.length = 0;
        shop.clock = Date.now() + 3_600_000;
        await sweep(processing());
        await drain(shop);
        await sweep(processing());
        await drain(shop);
        const mine = (await deliveriesOf(shop.space)).filter(({ tag }) => tag === `1.${step}`);
        expect(
          mine.map(({ status }) => status),
          `step ${step}`,
        ).toEqual(["delivered"]);
        // The sweep also brings events of other tests.
        const ours = shop.sent.filter(({ body }) => body?.includes(`"${shop.space}/web","tag":"1.${step}"`));
        const ids = new Set(ours.map(({ headers }) => headers["webhook-id"]));
        expect(ids, `step ${step}`).toEqual(new Set(isWebhook ? [mine[0]?.id] : []));
        shop.clock = Date.now();
      }
    },
  );
});
