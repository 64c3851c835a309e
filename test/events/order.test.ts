import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { processMessage, sweep } from "../../src/events/process.ts";
import {
  attempt,
  attemptSlowly,
  changeTrigger,
  deleteTag,
  deliveryOf,
  HOOK,
  NEWER,
  pushRefused,
  seedOf,
  statusOf,
  tagsSent,
} from "../support/deliveries.ts";
import { deliveriesOf, makeTarget, makeTrigger } from "../support/deploy.ts";
import {
  BROKEN,
  drain,
  event,
  OK,
  openWorkshop,
  processingOf,
  pushAndDeliver,
  pushTo,
  type Workshop,
} from "../support/processing.ts";
import { makeToken, manage } from "../support/registry.ts";

/** Tests which deliveries reach a target, and in which order, on the real database and with a clock of the test's own. */

const SEMVER = { tag: { type: "semver", value: "*" } };

let shop: Workshop;
let target: string;
let trigger: string;

async function open(match: object = {}, more: object = {}): Promise<void> {
  shop = await openWorkshop("order");
  target = (await makeTarget(shop.space, HOOK)).id;
  trigger = (await makeTrigger(shop.space, [target], match, more)).id;
}

async function post(path: string, body?: object, as?: string): Promise<Response> {
  return manage("POST", `spaces/${shop.space}/${path}`, body, as);
}

async function switchTrigger(to: "enable" | "disable"): Promise<void> {
  expect((await post(`triggers/${trigger}/${to}`)).status).toBe(200);
}

async function redeliver(tag: string): Promise<void> {
  expect((await post(`deliveries/${(await deliveryOf(shop, tag)).id}/redeliver`)).status).toBe(200);
  shop.clock = Math.max(shop.clock, Date.now() + 1000);
  expect(await processMessage(processingOf(shop), { kind: "delivery", id: (await deliveryOf(shop, tag)).id })).toBe(
    "done",
  );
}

describe("a retry", () => {
  it.each([
    ["by version", SEMVER],
    ["only what is newer", NEWER],
    ["by push time", { tag: { type: "glob", value: "*", onlyIfNewer: true, order: "pushed" } }],
    ["by a regex's groups", { tag: { type: "regex", value: "^(?<major>\\d+)\\.(?<minor>\\d+)\\.(?<patch>\\d+)$" } }],
    ["by NuGet's versions", { tag: { type: "nuget", value: "*" } }],
  ])("of an older push never follows what is newer, where the trigger orders %s", async (_, match) => {
    await open(match);
    await pushRefused(shop, "1.0.9");
    await pushAndDeliver(shop, "web", "1.0.10", 2);
    expect(await attempt(shop, "1.0.9")).toBe("done");
    expect(tagsSent(shop)).toEqual(["1.0.10"]);
    expect(await statusOf(shop, "1.0.9")).toMatch(
      /^superseded: (1\.0\.10, which is newer, was delivered to this target|a newer push took its place)$/,
    );
    expect((await deliveryOf(shop, "1.0.9")).attempts).toBe(1);
  });

  it("gives way to what is newer and on its way, and was begun", async () => {
    await open(SEMVER);
    await pushRefused(shop, "1.0.0", "1.0.1");
    await attempt(shop, "1.0.0");
    expect(await statusOf(shop, "1.0.0")).toBe("superseded: 1.0.1, which is newer, is on its way to this target");
    await attempt(shop, "1.0.1");
    expect(tagsSent(shop)).toEqual(["1.0.1"]);
  });

  it("still goes where only other tags went, and the rule has no order", async () => {
    await open({ tag: { type: "glob", value: "*" } });
    await pushRefused(shop, "blue");
    await pushAndDeliver(shop, "web", "green", 2);
    await attempt(shop, "blue");
    expect(tagsSent(shop)).toEqual(["green", "blue"]);
  });

  it("of a hotfix goes at its turn, unless only newer versions may", async () => {
    for (const [match, expected] of [
      [SEMVER, ["2.0.0", "1.0.1"]],
      [NEWER, ["2.0.0"]],
    ] as const) {
      await open(match);
      await pushAndDeliver(shop, "web", "2.0.0", 1);
      await pushAndDeliver(shop, "web", "1.0.1", 2);
      expect(tagsSent(shop)).toEqual(expected);
    }
  });

  it("with onlyIfNewer never follows what is newer, though that was pushed before and its tag is gone", async () => {
    await open(NEWER);
    await pushAndDeliver(shop, "web", "2.0.0", 1);
    await deleteTag(shop, "2.0.0");
    await pushAndDeliver(shop, "web", "1.0.1", 2);
    expect(tagsSent(shop)).toEqual(["2.0.0"]);
    expect(await statusOf(shop, "1.0.1")).toBe("superseded: 2.0.0, which is newer, was delivered to this target");
  });

  it("minds neither another target, another repository nor what the rule does not take", async () => {
    await open({ tag: { type: "semver", value: "*", exclude: ["9.*"] } });
    await pushRefused(shop, "1.0.0");
    await pushAndDeliver(shop, "api", "2.0.0", 2);
    await pushAndDeliver(shop, "web", "9.0.0", 3);
    await attempt(shop, "1.0.0");
    expect(tagsSent(shop)).toEqual(["2.0.0", "1.0.0"]);
  });

  it("goes by the order that the trigger has now", async () => {
    await open();
    await pushRefused(shop, "1.0.0");
    await pushAndDeliver(shop, "web", "1.0.1", 2);
    await changeTrigger(shop, trigger, { match: SEMVER });
    await attempt(shop, "1.0.0");
    expect(tagsSent(shop)).toEqual(["1.0.1"]);
  });

  it.each(["moved", "deleted"])("of a tag that was %s meanwhile is not sent", async (how) => {
    await open();
    await pushRefused(shop, "1.0.0");
    if (how === "moved") await pushTo(shop, "web", "1.0.0", 99);
    else await deleteTag(shop, "1.0.0");
    await attempt(shop, "1.0.0");
    expect(shop.sent).toEqual([]);
    expect(await statusOf(shop, "1.0.0")).toMatch(new RegExp(`^superseded: the tag 1\\.0\\.0 was ${how}`));
  });

  it("of a deletion is not sent when the tag is there again", async () => {
    await open({ events: ["tag.deleted"] });
    await pushTo(shop, "web", "1.0.0", 1);
    shop.answer = () => BROKEN;
    await deleteTag(shop, "1.0.0");
    await processMessage(processingOf(shop), event(await lastEvent()));
    await drain(shop);
    await pushTo(shop, "web", "1.0.0", 1);
    shop.sent.length = 0;
    await attempt(shop, "1.0.0");
    expect(shop.sent).toEqual([]);
    expect(await statusOf(shop, "1.0.0")).toBe("superseded: the tag 1.0.0 was set again");
  });

  it("of a manifest that was deleted is not sent", async () => {
    await open({ events: ["manifest.pushed"] });
    await pushTo(shop, "web", "1.0.0", 1);
    shop.answer = () => BROKEN;
    await processMessage(processingOf(shop), event(await lastEvent("manifest.pushed")));
    await drain(shop);
    await deleteTag(shop, "1.0.0");
    shop.sent.length = 0;
    shop.clock += 40_000_000;
    const [delivery] = await deliveriesOf(shop.space);
    await processMessage(processingOf(shop), { kind: "delivery", id: delivery?.id ?? "" });
    expect(shop.sent).toEqual([]);
    expect(await deliveriesOf(shop.space)).toMatchObject([
      { status: "superseded", reason: "the manifest was deleted" },
    ]);
  });

  it("of a group is not sent when one of its members moved", async () => {
    await open({}, { group: { requireAll: ["api", "ui"] } });
    shop.answer = () => BROKEN;
    for (const path of ["api", "ui"]) await pushAndDeliver(shop, path, "1.0.0");
    await pushTo(shop, "api", "1.0.0", 5);
    shop.sent.length = 0;
    await attempt(shop, "1.0.0");
    expect(shop.sent).toEqual([]);
    expect(await statusOf(shop, "1.0.0")).toBe("superseded: the tag 1.0.0 of api was moved or deleted");
  });
});

async function lastEvent(type = "tag.deleted"): Promise<string> {
  const sql = `SELECT e.id FROM events e JOIN spaces s ON s.id = e.space_id WHERE s.name = ? AND e.type = ? ORDER BY e.id DESC`;
  return z.string().parse(await env.DB.prepare(sql).bind(shop.space, type).first("id"));
}

describe("two that are sent at once", () => {
  it("do not overtake each other: one waits", async () => {
    await open(SEMVER);
    await pushRefused(shop, "1.0.0");
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "1.0.1", 2)));
    shop.clock += 40_000_000;
    const { answer, ended } = await attemptSlowly(shop, "1.0.0");
    const newer = { kind: "delivery", id: (await deliveryOf(shop, "1.0.1")).id } as const;
    expect(await processMessage(processingOf(shop), newer)).toEqual({ retryIn: 2 });
    expect(shop.sent).toEqual([]);
    answer(OK);
    expect(await ended).toBe("done");
    expect(await processMessage(processingOf(shop), newer)).toBe("done");
    expect(tagsSent(shop)).toEqual(["1.0.1"]);
  });

  it("leave no lane closed when one dies", async () => {
    await open(SEMVER);
    await pushRefused(shop, "1.0.0");
    shop.clock += 40_000_000;
    shop.fault = (call) => {
      if (call === "before deliveries.record") throw new Error("died");
    };
    await expect(attempt(shop, "1.0.0")).rejects.toThrow("died");
    shop.fault = () => undefined;
    shop.sent.length = 0;
    await pushAndDeliver(shop, "web", "1.0.1", 2);
    expect(shop.sent).toEqual([]);
    shop.clock += 200_000;
    await sweep(processingOf(shop));
    await attempt(shop, "1.0.1");
    expect(tagsSent(shop)).toEqual(["1.0.1"]);
    await attempt(shop, "1.0.0");
    expect(await statusOf(shop, "1.0.0")).toMatch(/^superseded/);
  });
});

describe("a replay", () => {
  const VERSIONS = Array.from({ length: 8 }, (_, index) => `1.0.${index}`);

  async function failAll(): Promise<void> {
    shop.answer = () => BROKEN;
    for (const tag of VERSIONS) await pushAndDeliver(shop, "web", tag, seedOf(tag));
    const end = "UPDATE deliveries SET status = 'failed', finished_at = 1 WHERE trigger_id = ?";
    await env.DB.prepare(end).bind(trigger).run();
    shop.answer = () => OK;
    shop.sent.length = 0;
  }

  async function replay(): Promise<void> {
    const answer = await post(`triggers/${trigger}/replay`, { since: new Date(Date.now() - 3_600_000).toISOString() });
    expect(await answer.json()).toEqual({ replayed: VERSIONS.length });
    shop.clock = Date.now() + 1000;
  }

  it.each([
    ["of any tag", {}],
    ["by version", SEMVER],
    ["only what is newer", NEWER],
  ])("keeps the order of events, in whatever order the queue brings them: %s", async (_, match) => {
    await open(match);
    await failAll();
    await replay();
    const ids = (await deliveriesOf(shop.space)).map(({ id }) => id);
    // First the newest, then all of them at once.
    for (const id of ids) await processMessage(processingOf(shop), { kind: "delivery", id });
    await Promise.all(ids.map((id) => processMessage(processingOf(shop), { kind: "delivery", id })));
    expect(tagsSent(shop)).toEqual(VERSIONS);
  });

  it("leaves out what is outdated", async () => {
    await open(NEWER);
    await failAll();
    await pushAndDeliver(shop, "web", "1.0.6-rc.1", 3);
    await pushAndDeliver(shop, "web", "1.1.0", 4);
    shop.sent.length = 0;
    await replay();
    for (const { id } of await deliveriesOf(shop.space))
      await processMessage(processingOf(shop), { kind: "delivery", id });
    expect(tagsSent(shop)).toEqual([]);
    expect(new Set((await deliveriesOf(shop.space, "?status=superseded")).map(({ tag }) => tag))).toEqual(
      new Set(VERSIONS),
    );
  });

  it("goes past one that fails again, which then is outdated", async () => {
    await open(SEMVER);
    await failAll();
    await replay();
    shop.answer = ({ body }) => ((body ?? "").includes('"tag":"1.0.3"') ? BROKEN : OK);
    const ids = (await deliveriesOf(shop.space)).map(({ id }) => id);
    for (const id of [...ids, ...ids]) await processMessage(processingOf(shop), { kind: "delivery", id });
    expect(tagsSent(shop)).toEqual(VERSIONS);
    shop.answer = () => OK;
    await attempt(shop, "1.0.3");
    expect(await statusOf(shop, "1.0.3")).toMatch(/^superseded: 1\.0\.\d, which is newer, was delivered/);
  });
});

describe("a redelivery that a person asks for", () => {
  it("goes over something newer, also with the trigger off, and says what the target has", async () => {
    await open(NEWER);
    await pushAndDeliver(shop, "web", "1.0.0", 1);
    await pushAndDeliver(shop, "web", "2.0.0", 2);
    await switchTrigger("disable");
    await redeliver("1.0.0");
    await switchTrigger("enable");
    await deleteTag(shop, "2.0.0");
    await pushAndDeliver(shop, "web", "1.0.1", 3);
    expect(tagsSent(shop)).toEqual(["1.0.0", "2.0.0", "1.0.0", "1.0.1"]);
  });

  it("does not bring back an older retry that something newer had outdated", async () => {
    await open(NEWER);
    await pushAndDeliver(shop, "web", "1.0.0", 1);
    await pushRefused(shop, "1.0.1");
    await pushAndDeliver(shop, "web", "1.0.2", 3);
    await redeliver("1.0.0");
    await attempt(shop, "1.0.1");
    expect(tagsSent(shop)).toEqual(["1.0.2", "1.0.0"]);
  });

  it("is exempt until it ends, and not in a replay after that", async () => {
    await open(SEMVER);
    await pushRefused(shop, "1.0.0");
    await pushAndDeliver(shop, "web", "1.0.1", 2);
    shop.answer = () => ({ status: 422, body: "", retryAfter: null });
    expect((await post(`deliveries/${(await deliveryOf(shop, "1.0.0")).id}/redeliver`)).status).toBe(200);
    for (let time = 0; time < 8; time++) await attempt(shop, "1.0.0");
    expect(await statusOf(shop, "1.0.0")).toMatch(/^failed/);
    shop.answer = () => OK;
    shop.sent.length = 0;
    await post(`triggers/${trigger}/replay`, { since: new Date(Date.now() - 3_600_000).toISOString() });
    await attempt(shop, "1.0.0");
    expect(shop.sent).toEqual([]);
  });

  it("still needs its target", async () => {
    await open();
    await pushAndDeliver(shop, "web", "1.0.0");
    await post(`targets/${target}/disable`);
    await redeliver("1.0.0");
    expect(await statusOf(shop, "1.0.0")).toBe("failed: the target is disabled");
    expect(shop.sent.length).toBe(1);
  });

  it("of something newer counts while it is sent again", async () => {
    await open(SEMVER);
    await pushRefused(shop, "1.0.0");
    await pushAndDeliver(shop, "web", "1.0.1", 2);
    await post(`deliveries/${(await deliveryOf(shop, "1.0.1")).id}/redeliver`);
    await attempt(shop, "1.0.0");
    expect(tagsSent(shop)).toEqual(["1.0.1"]);
  });
});

describe("what is off", () => {
  beforeEach(() => open({}, { debounceSeconds: 30 }));

  it.each(["disable", "delete"])("ends what it has pending, and says who did: %s of a trigger", async (how) => {
    await pushAndDeliver(shop, "web", "1.0.0");
    const { token } = await makeToken(shop.space, { actions: ["admin"], name: "ops" });
    const path = `spaces/${shop.space}/triggers/${trigger}`;
    if (how === "disable") await manage("POST", `${path}/disable`, undefined, token);
    else await manage("DELETE", path, undefined, token);
    const said = how === "disable" ? "disabled" : "deleted";
    expect(await statusOf(shop, "1.0.0")).toBe(`canceled: the trigger was ${said} by ops`);
    expect(await deliveryOf(shop, "1.0.0")).toMatchObject({ canceledBy: { name: "ops" }, nextAttemptAt: null });
    await attempt(shop, "1.0.0");
    expect(shop.sent).toEqual([]);
  });

  it("sends nothing of what was planned at that moment", async () => {
    await pushAndDeliver(shop, "web", "1.0.0");
    await env.DB.prepare("UPDATE triggers SET enabled = 0 WHERE id = ?").bind(trigger).run();
    await attempt(shop, "1.0.0");
    expect(await statusOf(shop, "1.0.0")).toBe("superseded: the trigger is disabled");
  });

  it("ends what a target has pending that is deleted", async () => {
    await pushAndDeliver(shop, "web", "1.0.0");
    await manage("DELETE", `spaces/${shop.space}/targets/${target}`);
    expect(await statusOf(shop, "1.0.0")).toBe("canceled: the target was deleted by administrator");
  });

  it("leaves what other triggers have pending", async () => {
    const other = (await makeTrigger(shop.space, [target], {}, { debounceSeconds: 30 })).id;
    await pushAndDeliver(shop, "web", "1.0.0");
    await switchTrigger("disable");
    const statuses = (await deliveriesOf(shop.space)).map((one) => [one["trigger"], one.status]);
    expect(statuses).toEqual(
      expect.arrayContaining([
        [trigger, "canceled"],
        [other, "pending"],
      ]),
    );
  });
});

async function cancel(id: string): Promise<Response> {
  return post(`deliveries/${id}/cancel`);
}

describe("canceling a delivery", () => {
  it("ends it, with who did; what has ended stays as it is", async () => {
    await open();
    await pushRefused(shop, "1.0.0");
    const { id } = await deliveryOf(shop, "1.0.0");
    const canceled = await cancel(id);
    expect(canceled.status).toBe(200);
    expect(await canceled.json()).toMatchObject({
      id,
      status: "canceled",
      reason: "canceled by administrator",
      canceledBy: { id: "administrator", name: "administrator" },
      nextAttemptAt: null,
    });
    expect(await deliveriesOf(shop.space, "?status=canceled")).toMatchObject([{ id }]);
    await attempt(shop, "1.0.0");
    expect(shop.sent).toEqual([]);
    const again = await cancel(id);
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ code: "DELIVERY_ENDED" });
    expect((await cancel("dlv_none")).status).toBe(404);
    await redeliver("1.0.0");
    expect(await deliveryOf(shop, "1.0.0")).toMatchObject({ status: "delivered", canceledBy: null });
    expect((await cancel(id)).status).toBe(409);
  });

  it("says so when what was on its way has arrived all the same", async () => {
    await open();
    await pushRefused(shop, "1.0.0");
    const { id } = await deliveryOf(shop, "1.0.0");
    shop.clock += 40_000_000;
    const { answer, ended } = await attemptSlowly(shop, "1.0.0");
    expect((await cancel(id)).status).toBe(200);
    answer(OK);
    await ended;
    expect(await deliveryOf(shop, "1.0.0")).toMatchObject({ status: "delivered", canceledBy: null });
  });
});
