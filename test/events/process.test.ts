import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { QueueMessage } from "../../src/events/messages.ts";
import { processMessage, sweep } from "../../src/events/process.ts";
import type { Processing } from "../../src/events/processing.ts";
import type { Answer, TargetRequest } from "../../src/events/target.ts";
import { d1Deliveries } from "../../src/storage/d1/deliveries.ts";
import { d1Outbox } from "../../src/storage/d1/outbox.ts";
import { d1Targets } from "../../src/storage/d1/targets.ts";
import { d1Triggers } from "../../src/storage/d1/triggers.ts";
import { secretBox } from "../../src/storage/secret-box.ts";
import { pushImage } from "../support/content.ts";
import { attemptsOf, deliveriesOf, makeTarget, makeTrigger } from "../support/deploy.ts";
import { makeSpace, manage } from "../support/registry.ts";

/** On the real database; the queue and the receivers are stood in for, so that a test decides what fails and when. */

const HOOK = "https://receiver.example.com/hook";
const OK: Answer = { status: 200, body: "thanks", retryAfter: null };
const GONE: Answer = { status: 410, body: "", retryAfter: null };
const BROKEN: Answer = { status: 500, body: "no", retryAfter: null };

let space = "";
let as = "";
let spaces = 0;
let sent: TargetRequest[] = [];
let answer: (request: TargetRequest) => Answer = () => OK;
let queued: QueueMessage[] = [];
let clock = Date.now();
/** Called before each call to a store or the queue; throws to make it fail. */
let fault: (call: string) => void = () => undefined;

beforeEach(async () => {
  spaces += 1;
  space = `process${spaces}`;
  as = await makeSpace(space);
  sent = [];
  queued = [];
  answer = () => OK;
  clock = Date.now();
  fault = () => undefined;
});

/** Every method may fail before it runs. */
function faulty<T extends object>(name: string, store: T): T {
  return new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== "function") return value;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        fault(`${name}.${String(property)}`);
        return Reflect.apply(value, target, args);
      };
    },
  });
}

function processing(): Processing {
  const box = secretBox(env.ENCRYPTION_KEY);
  return {
    stores: {
      outbox: faulty("outbox", d1Outbox(env.DB)),
      targets: faulty("targets", d1Targets(env.DB, box)),
      triggers: faulty("triggers", d1Triggers(env.DB)),
      deliveries: faulty("deliveries", d1Deliveries(env.DB, box)),
      queue: faulty("queue", {
        send: async (messages) => {
          queued.push(...messages);
        },
      }),
    },
    send: async (request) => {
      sent.push(request);
      return answer(request);
    },
    rules: { allowLocal: false, ownHost: "registry.test" },
    now: () => new Date(clock),
    identityToken: async ({ id }, _event, audience) => `${id} for ${audience}`,
  };
}

const idRows = z.array(z.looseObject({ id: z.string() }));

/** The ids of a space's tag events, oldest first. */
async function eventsOf(name: string): Promise<readonly string[]> {
  const sql = `SELECT e.id FROM events e JOIN spaces s ON s.id = e.space_id WHERE s.name = ? AND e.tag IS NOT NULL ORDER BY e.id`;
  return idRows.parse((await env.DB.prepare(sql).bind(name).all()).results).map(({ id }) => id);
}

async function push(tag: string, seed = 1): Promise<string> {
  await pushImage(`${space}/web`, as, tag, seed);
  return (await eventsOf(space)).at(-1) ?? "";
}

const event = (id: string): QueueMessage => ({ kind: "event", id });

/** Handles the queue's messages until none is left; one that fails comes again, as the queue would bring it. */
async function drain(): Promise<void> {
  for (let message = queued.shift(); message !== undefined; message = queued.shift()) {
    await processMessage(processing(), message);
  }
}

describe("an event", () => {
  it("becomes one signed delivery for each trigger and target that it matches", async () => {
    const { id: first, secret = "" } = await makeTarget(space, HOOK);
    const { id: second } = await makeTarget(space, `${HOOK}/2`);
    await makeTrigger(space, [first, second]);
    await makeTrigger(space, [first], { repositories: ["other"] });
    await processMessage(processing(), event(await push("1.0")));
    await drain();
    expect(new Set(sent.map(({ url }) => url))).toEqual(new Set([HOOK, `${HOOK}/2`]));
    expect(sent.length).toBe(2);
    const request = sent.find(({ url }) => url === HOOK);
    const document = new Webhook(secret).verify(request?.body ?? "", { ...request?.headers });
    expect(document).toMatchObject({ type: "registry.tag.created", data: { repository: `${space}/web`, tag: "1.0" } });
    expect((await deliveriesOf(space)).map(({ status }) => status)).toEqual(["delivered", "delivered"]);
  });

  it("is delivered once, however often the queue brings it", async () => {
    await makeTrigger(space, [(await makeTarget(space, HOOK)).id]);
    const id = await push("1.0");
    for (let time = 0; time < 3; time++) {
      await processMessage(processing(), event(id));
      await drain();
    }
    await Promise.all([processMessage(processing(), event(id)), processMessage(processing(), event(id))]);
    await drain();
    expect(sent.length).toBe(1);
    expect((await deliveriesOf(space)).length).toBe(1);
  });

  it("that no trigger matches is taken, and leads to nothing", async () => {
    await makeTrigger(space, [(await makeTarget(space, HOOK)).id], { repositories: ["other"] });
    const id = await push("1.0");
    await processMessage(processing(), event(id));
    clock += 3_600_000;
    await sweep(processing());
    expect(queued).not.toContainEqual(event(id));
    expect(await deliveriesOf(space)).toEqual([]);
  });

  it("of another space reaches no trigger of this one", async () => {
    await makeTrigger(space, [(await makeTarget(space, HOOK)).id]);
    const stranger = await makeSpace(`${space}-stranger`);
    await pushImage(`${space}-stranger/web`, stranger, "1.0");
    const [id = ""] = await eventsOf(`${space}-stranger`);
    await processMessage(processing(), event(id));
    expect(queued).toEqual([]);
  });

  it("that nobody knows is dropped", async () => {
    expect(await processMessage(processing(), event("evt_none"))).toBe("done");
    expect(await processMessage(processing(), { kind: "delivery", id: "dlv_none" })).toBe("done");
  });
});

describe("a receiver that fails", () => {
  it("is tried again as the schedule says, under the same id, until it takes the delivery", async () => {
    await makeTrigger(space, [(await makeTarget(space, HOOK)).id]);
    answer = () => BROKEN;
    await processMessage(processing(), event(await push("1.0")));
    const [message] = queued;
    if (message === undefined) throw new Error("nothing was queued");
    const first = await processMessage(processing(), message);
    expect(first).toEqual({ retryIn: expect.toBeOneOf([5, 6]) });
    expect(await processMessage(processing(), message)).toEqual({ retryIn: expect.toBeOneOf([5, 6]) });
    expect(sent.length).toBe(1);
    clock += 6000;
    answer = () => OK;
    expect(await processMessage(processing(), message)).toBe("done");
    const ids = sent.map(({ headers }) => headers["webhook-id"]);
    expect(ids).toEqual([message.id, message.id]);
    expect(await attemptsOf(space, message.id)).toMatchObject([
      { number: 1, status: 500, outcome: "retry", detail: "no" },
      { number: 2, status: 200, outcome: "done", detail: "thanks" },
    ]);
  });

  it("has failed for good after eight attempts over more than a day, and may be redelivered", async () => {
    await makeTrigger(space, [(await makeTarget(space, HOOK)).id]);
    answer = () => BROKEN;
    await processMessage(processing(), event(await push("1.0")));
    const [message] = queued;
    if (message === undefined) throw new Error("nothing was queued");
    const began = clock;
    for (let outcome = await processMessage(processing(), message); outcome !== "done";) {
      clock += outcome.retryIn * 1000;
      outcome = await processMessage(processing(), message);
    }
    expect(sent.length).toBe(8);
    expect(clock - began).toBeGreaterThan(86_400_000);
    expect(await deliveriesOf(space)).toMatchObject([{ status: "failed", attempts: 8 }]);
    answer = () => OK;
    expect((await manage("POST", `spaces/${space}/deliveries/${message.id}/redeliver`)).status).toBe(200);
    clock = Date.now() + 1000;
    expect(await processMessage(processing(), message)).toBe("done");
    expect(await deliveriesOf(space)).toMatchObject([{ status: "delivered", attempts: 9 }]);
  });

  it.each([
    { name: "seconds", retryAfter: "120", wait: 120 },
    { name: "less than the schedule", retryAfter: "1", wait: 5 },
    { name: "longer than anybody may ask", retryAfter: "999999", wait: 36_000 },
  ])("may ask for patience by Retry-After: $name", async ({ retryAfter, wait }) => {
    await makeTrigger(space, [(await makeTarget(space, HOOK)).id]);
    answer = () => ({ status: 429, body: "", retryAfter });
    await processMessage(processing(), event(await push("1.0")));
    const [message] = queued;
    if (message === undefined) throw new Error("nothing was queued");
    expect(await processMessage(processing(), message)).toEqual({ retryIn: expect.toBeOneOf([wait, wait + 1]) });
  });

  it("that is gone is switched off, says so, and is sent nothing more until it is switched on", async () => {
    const { id } = await makeTarget(space, HOOK);
    await makeTrigger(space, [id]);
    answer = () => GONE;
    await processMessage(processing(), event(await push("1.0")));
    await drain();
    const shown = await (await manage("GET", `spaces/${space}/targets/${id}`)).json();
    expect(shown).toMatchObject({ enabled: false, disabledReason: "it answered 410 Gone" });
    await processMessage(processing(), event(await push("1.1", 2)));
    await drain();
    expect(sent.length).toBe(1);
    const [newest] = await deliveriesOf(space);
    expect(newest?.status).toBe("failed");
    expect(await attemptsOf(space, newest?.id ?? "")).toMatchObject([{ detail: "the target is switched off" }]);
    const on = await manage("POST", `spaces/${space}/targets/${id}/enable`);
    expect(await on.json()).toMatchObject({ enabled: true, disabledReason: null, failingSince: null });
  });

  it("for five days without a success is switched off", async () => {
    const { id } = await makeTarget(space, HOOK);
    await makeTrigger(space, [id]);
    answer = () => BROKEN;
    for (const [day, tag] of ["1.0", "1.1", "1.2"].entries()) {
      clock = Date.now() + day * 3 * 86_400_000;
      await processMessage(processing(), event(await push(tag, day)));
      await drain();
    }
    const shown = await (await manage("GET", `spaces/${space}/targets/${id}`)).json();
    expect(shown).toMatchObject({ enabled: false, disabledReason: "it has only failed for five days" });
  });

  it("delays no other", async () => {
    const { id: bad } = await makeTarget(space, `${HOOK}/bad`);
    const { id: good } = await makeTarget(space, `${HOOK}/good`);
    await makeTrigger(space, [bad, good]);
    answer = ({ url }) => (url.endsWith("bad") ? BROKEN : OK);
    await processMessage(processing(), event(await push("1.0")));
    await drain();
    const statuses = (await deliveriesOf(space)).map(({ status }) => status).toSorted((a, b) => a.localeCompare(b));
    expect(statuses).toEqual(["delivered", "pending"]);
  });

  it("and sends the secret back does not get it shown", async () => {
    const { id, secret = "" } = await makeTarget(space, HOOK);
    await makeTrigger(space, [id]);
    answer = () => ({ status: 400, body: `you sent ${secret}`, retryAfter: null });
    await processMessage(processing(), event(await push("1.0")));
    await drain();
    const [delivery] = await deliveriesOf(space);
    expect(await attemptsOf(space, delivery?.id ?? "")).toMatchObject([{ detail: "you sent [redacted]" }]);
  });
});

describe("replaying a trigger", () => {
  it("sends what failed since a time again, under the same ids, and nothing else", async () => {
    const { id: trigger } = await makeTrigger(space, [(await makeTarget(space, HOOK)).id]);
    for (const [tag, outcome] of [
      ["1.0", GONE],
      ["1.1", OK],
    ] as const) {
      answer = () => outcome;
      await processMessage(processing(), event(await push(tag, tag.length + Number(tag) * 10)));
      await drain();
      for (const { id } of await targetsOf()) await manage("POST", `spaces/${space}/targets/${id}/enable`);
    }
    const failed = (await deliveriesOf(space)).find(({ status }) => status === "failed");
    const replay = async (since: Date): Promise<unknown> =>
      (await manage("POST", `spaces/${space}/triggers/${trigger}/replay`, { since: since.toISOString() })).json();
    expect(await replay(new Date(Date.now() + 60_000))).toEqual({ replayed: 0 });
    expect(await replay(new Date(Date.now() - 60_000))).toEqual({ replayed: 1 });
    answer = () => OK;
    clock = Date.now() + 1000;
    await processMessage(processing(), { kind: "delivery", id: failed?.id ?? "" });
    expect((await deliveriesOf(space)).map(({ status }) => status)).toEqual(["delivered", "delivered"]);
    expect(sent.filter(({ headers }) => headers["webhook-id"] === failed?.id).length).toBe(2);
  });

  it("needs a trigger that is there, and a time", async () => {
    const { id } = await makeTrigger(space, [(await makeTarget(space, HOOK)).id]);
    const since = new Date().toISOString();
    expect((await manage("POST", `spaces/${space}/triggers/trg_none/replay`, { since })).status).toBe(404);
    expect((await manage("POST", `spaces/${space}/triggers/${id}/replay`, { since: "yesterday" })).status).toBe(400);
  });
});

async function targetsOf(): Promise<readonly { id: string }[]> {
  return z.object({ items: idRows }).parse(await (await manage("GET", `spaces/${space}/targets`)).json()).items;
}

describe("a space that was deleted", () => {
  it("is delivered nothing of any more", async () => {
    await makeTrigger(space, [(await makeTarget(space, HOOK)).id]);
    await processMessage(processing(), event(await push("1.0")));
    await manage("DELETE", `spaces/${space}`);
    await drain();
    expect(sent).toEqual([]);
  });

  it("leaves no event that the sweep would bring for ever", async () => {
    const id = await push("1.0");
    await manage("DELETE", `spaces/${space}`);
    clock += 3_600_000;
    await sweep(processing());
    expect(queued).toContainEqual(event(id));
    await drain();
    await sweep(processing());
    expect(queued).not.toContainEqual(event(id));
  });
});

describe("the newest push of a tag", () => {
  it.each(["in order", "in reverse"])(
    "wins over older deliveries that are pending, when the queue brings them %s",
    async (order) => {
      await makeTrigger(space, [(await makeTarget(space, HOOK)).id]);
      answer = () => BROKEN;
      const events = [await push("latest", 1), await push("latest", 2)];
      for (const id of order === "in order" ? events : events.toReversed())
        await processMessage(processing(), event(id));
      const listed = await deliveriesOf(space);
      expect(listed.map((one) => [one["event"], one.status])).toEqual(
        expect.arrayContaining([
          [events[1], "pending"],
          [events[0], "superseded"],
        ]),
      );
      answer = () => OK;
      await drain();
      expect(sent.map(({ body }) => z.object({ type: z.string() }).parse(JSON.parse(body ?? "")).type)).toEqual([
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
    const { id, secret: old = "" } = await makeTarget(space, HOOK);
    await makeTrigger(space, [id]);
    const rotated = await manage("POST", `spaces/${space}/targets/${id}/rotate-secret`, {});
    const { secret } = z.object({ secret: z.string() }).parse(await rotated.json());
    await processMessage(processing(), event(await push("1.0")));
    await drain();
    expect(verify(old, sent[0])).toEqual(verify(secret, sent[0]));
    clock += 86_400_000 + 1000;
    await processMessage(processing(), event(await push("1.1", 2)));
    await drain();
    expect(sent[1]?.headers["webhook-signature"]?.split(" ").length).toBe(1);
  });
});

describe("whatever fails on the way", () => {
  it("each step in turn, nothing is lost, and nothing goes out under a second id", async () => {
    await makeTrigger(space, [(await makeTarget(space, HOOK)).id]);
    for (let step = 1, goesOn = true; goesOn; step++) {
      const id = await push(`1.${step}`, step);
      sent = [];
      queued = [event(id)];
      let calls = 0;
      fault = (call) => {
        calls += 1;
        if (calls === step) throw new Error(`injected: ${call}`);
      };
      const [message] = queued;
      if (message === undefined) throw new Error("nothing was queued");
      await drain().catch(() => undefined);
      goesOn = calls >= step;
      fault = () => undefined;
      // The message that failed is lost altogether, with all that was queued: only the sweep is left.
      queued = [];
      clock = Date.now() + 3_600_000;
      await sweep(processing());
      await drain();
      await sweep(processing());
      await drain();
      const mine = (await deliveriesOf(space)).filter(({ tag }) => tag === `1.${step}`);
      expect(
        mine.map(({ status }) => status),
        `step ${step}`,
      ).toEqual(["delivered"]);
      // The sweep brings what other tests left, too.
      const ours = sent.filter(({ body }) => body?.includes(`"${space}/web","tag":"1.${step}"`));
      expect(new Set(ours.map(({ headers }) => headers["webhook-id"])), `step ${step}`).toEqual(new Set([mine[0]?.id]));
      clock = Date.now();
    }
  });
});
