import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { processMessage } from "../../src/events/process.ts";
import { d1Collection } from "../../src/storage/d1/upkeep/collection.ts";
import { d1Forgetting } from "../../src/storage/d1/upkeep/forgetting.ts";
import { forget } from "../../src/upkeep/forget.ts";
import worker from "../../src/worker.ts";
import { attemptsOf, deliveriesOf, eventsOf, makeTarget, makeTrigger } from "../support/deploy.ts";
import {
  BROKEN,
  drain,
  event,
  openWorkshop,
  processingOf,
  pushAndDeliver,
  pushTo,
  type Workshop,
} from "../support/processing.ts";
import { ask, manage } from "../support/registry.ts";

const DAY = 86_400_000;
const KEEP = 400 * DAY;
const HOOK = "https://receiver.example.com/hook";
const STORES = { walks: d1Collection(env.DB), forgetting: d1Forgetting(env.DB) };

let shop: Workshop;
let target = "";

beforeEach(async () => {
  shop = await openWorkshop("forget");
  target = (await makeTarget(shop.space, HOOK)).id;
  await makeTrigger(shop.space, [target]);
});

/** Runs upkeep so many milliseconds from now, until each of its walks has ended. */
async function forgetAfter(time: number, keep: number | null = KEEP, limit = 500): Promise<void> {
  const under = new Set(["old deliveries", "old events"]);
  while (under.size > 0) {
    await forget(STORES, keep, Date.now() + time, limit);
    for (const walk of under) if ((await STORES.walks.position(walk)) === null) under.delete(walk);
  }
}

/** The space's events, newest first. */
async function eventsLeft(): Promise<readonly string[]> {
  const { results } = await env.DB.prepare(
    `SELECT e.type, e.tag FROM events e JOIN spaces s ON s.id = e.space_id WHERE s.name = ? ORDER BY e.id DESC`,
  )
    .bind(shop.space)
    .all();
  return z
    .array(z.object({ type: z.string(), tag: z.string().nullable() }))
    .parse(results)
    .map(({ type, tag }) => (tag === null ? type : `${type} ${tag}`));
}

async function attemptsLeft(): Promise<unknown> {
  return env.DB.prepare(
    `SELECT COUNT(*) AS n FROM attempts a JOIN deliveries d ON d.id = a.delivery_id JOIN spaces s ON s.id = d.space_id WHERE s.name = ?`,
  )
    .bind(shop.space)
    .first("n");
}

const statusesLeft = async (): Promise<readonly string[]> =>
  (await deliveriesOf(shop.space)).map(({ status }) => status);

/** Processes the events of a push, those without a tag too. */
async function takeAll(): Promise<void> {
  const { results } = await env.DB.prepare("SELECT id FROM events WHERE sent_at IS NULL").all();
  for (const { id } of z.array(z.object({ id: z.string() })).parse(results)) {
    await processMessage(processingOf(shop), event(id));
  }
  await drain(shop);
}

/** Makes a push whose delivery fails for good. */
async function pushInVain(tag: string, seed: number): Promise<void> {
  shop.answer = () => ({ status: 410, body: "", retryAfter: null });
  await pushAndDeliver(shop, "web", tag, seed);
  await manage("POST", `spaces/${shop.space}/targets/${target}/enable`);
  await takeAll();
}

describe("what was told long ago", () => {
  it("is forgotten: deliveries that ended, their attempts, and events that a tag has left behind", async () => {
    for (const seed of [1, 2]) await pushInVain("latest", seed);
    const [newest, oldest] = await deliveriesOf(shop.space);
    expect(await statusesLeft()).toEqual(["failed", "failed"]);
    await forgetAfter(KEEP - DAY);
    expect((await attemptsOf(shop.space, oldest?.id ?? "")).length).toBe(1);
    expect((await eventsLeft()).length).toBe(4);
    await forgetAfter(KEEP + DAY);
    expect([await statusesLeft(), await attemptsLeft()]).toEqual([[], 0]);
    expect((await manage("GET", `spaces/${shop.space}/deliveries/${newest?.id}`)).status).toBe(404);
    const { results } = await env.DB.prepare("SELECT 1 FROM attempts WHERE delivery_id IN (?, ?)")
      .bind(newest?.id, oldest?.id)
      .all();
    expect(results).toEqual([]);
    expect(await eventsLeft()).toEqual(["tag.updated latest"]);
  });

  it("is kept for ever, where that is set", async () => {
    await pushInVain("latest", 1);
    await forgetAfter(100 * KEEP, null);
    expect([await statusesLeft(), (await eventsLeft()).length]).toEqual([["failed"], 2]);
  });

  it("of a tag that is gone is forgotten, its deletion included", async () => {
    await pushInVain("latest", 1);
    await ask(`/v2/${shop.space}/web/manifests/latest`, { method: "DELETE", as: shop.as });
    await takeAll();
    await forgetAfter(KEEP + DAY);
    expect(await eventsLeft()).toEqual([]);
  });

  it("of a tag since it was set stays, though it is old", async () => {
    await pushInVain("latest", 1);
    await pushInVain("latest", 2);
    await pushInVain("other", 2);
    await forgetAfter(KEEP + DAY);
    expect(await eventsLeft()).toEqual(["tag.created other", "tag.updated latest"]);
    const [other] = await eventsOf(shop.space);
    expect(other?.data.tag).toBe("other");
  });

  it("and never taken by the consumer is still to be told", async () => {
    await pushTo(shop, "web", "latest", 1);
    await pushTo(shop, "web", "latest", 2);
    await forgetAfter(KEEP + DAY);
    expect((await eventsLeft()).length).toBe(4);
  });
});

async function rule(keep: object): Promise<string> {
  const body = { repositories: ["**"], keep, confirm: true };
  const answer = await manage("POST", `spaces/${shop.space}/retention-rules`, body);
  return z.looseObject({ id: z.string() }).parse(await answer.json()).id;
}

/** Returns the tags under which the space's targets were given something, newest first. */
async function deployedLeft(): Promise<readonly string[]> {
  const { items } = z
    .object({ items: z.array(z.looseObject({ repository: z.string(), tag: z.string() })) })
    .parse(await (await manage("GET", `spaces/${shop.space}/deployed`)).json());
  return items.map(({ tag }) => tag);
}

describe("what was deployed", () => {
  it("is remembered for each target and repository, with one before it, or as many as a rule counts", async () => {
    for (const number of [1, 2, 3, 4, 5]) await pushAndDeliver(shop, "web", `1.${number}`, number);
    const ruleId = await rule({ newest: 1, previouslyDeployed: 2 });
    await forgetAfter(0);
    expect(await deployedLeft()).toEqual(["1.5", "1.4", "1.3"]);
    await manage("DELETE", `spaces/${shop.space}/retention-rules/${ruleId}`);
    await forgetAfter(0, null);
    expect(await deployedLeft()).toEqual(["1.5", "1.4"]);
    await forgetAfter(KEEP + DAY, KEEP, 2);
    expect(await deployedLeft()).toEqual(["1.5", "1.4"]);
    expect((await deliveriesOf(shop.space)).map(({ tag }) => tag)).toEqual(["1.5", "1.4"]);
  });

  it("goes with its target, and is forgotten then", async () => {
    await pushAndDeliver(shop, "web", "1.0", 1);
    await manage("DELETE", `spaces/${shop.space}/targets/${target}`);
    expect(await deployedLeft()).toEqual([]);
    await forgetAfter(KEEP + DAY);
    expect(await statusesLeft()).toEqual([]);
  });

  it("is not what a target was given that was deleted before it answered", async () => {
    shop.fault = (call) => {
      if (call !== "before deliveries.record") return;
      shop.fault = () => undefined;
      throw new Error("later");
    };
    await expect(pushAndDeliver(shop, "web", "1.0", 1)).rejects.toThrow("later");
    await env.DB.prepare("UPDATE targets SET deleted_at = 1 WHERE id = ?").bind(target).run();
    const [{ id } = { id: "" }] = await deliveriesOf(shop.space);
    const attempt = { number: 1, at: 1, milliseconds: 1, status: 200, outcome: "done" as const, detail: "" };
    const result = { attempt, status: "delivered" as const, reason: null, progress: null, health: "good" as const };
    await processingOf(shop).stores.deliveries.record(
      id,
      target,
      { ...result, nextAttemptAt: null, disableTarget: null },
      1,
    );
    expect(await env.DB.prepare("SELECT COUNT(*) AS n FROM deployed WHERE delivery_id = ?").bind(id).first("n")).toBe(
      0,
    );
  });

  it("comes back with its repository, as long as that can be undeleted", async () => {
    await pushAndDeliver(shop, "web", "1.0", 1);
    await manage("DELETE", `spaces/${shop.space}/repositories/web`);
    expect(await deployedLeft()).toEqual([]);
    await manage("POST", `spaces/${shop.space}/deleted:undelete`, { repository: "web" });
    expect(await deployedLeft()).toEqual(["1.0"]);
  });
});

describe("what is deployed", () => {
  it("stays on record, with what put it in place", async () => {
    for (const seed of [1, 2]) await pushAndDeliver(shop, "web", "latest", seed);
    await takeAll();
    await forgetAfter(KEEP + DAY);
    expect(await statusesLeft()).toEqual(["delivered", "delivered"]);
    expect(await eventsLeft()).toEqual(["tag.updated latest", "tag.created latest"]);
    expect(await attemptsLeft()).toBe(2);
  });

  it("again is on record once, with what did it last", async () => {
    for (const seed of [1, 2, 1]) await pushAndDeliver(shop, "web", "latest", seed);
    const [newest, second] = await deliveriesOf(shop.space);
    await forgetAfter(KEEP + DAY);
    expect((await deliveriesOf(shop.space)).map(({ id }) => id)).toEqual([newest?.id, second?.id]);
  });

  it("as a group stays as long as one of its members does", async () => {
    shop = await openWorkshop("forget-group");
    const { id } = await makeTarget(shop.space, HOOK);
    await makeTrigger(shop.space, [id], {}, { group: { requireAll: ["api", "ui"] } });
    for (const path of ["ui", "api"]) await pushAndDeliver(shop, path, "1.0");
    for (const seed of [2, 3]) await pushAndDeliver(shop, "ui", "1.0", seed);
    const all = await deliveriesOf(shop.space);
    // The first was about `api`, which the others deployed again; only the first records the earlier digest of `ui`.
    const ruleId = await rule({ previouslyDeployed: 2 });
    await forgetAfter(KEEP + DAY);
    expect(await deliveriesOf(shop.space)).toEqual(all);
    expect(all.length).toBe(3);
    await manage("DELETE", `spaces/${shop.space}/retention-rules/${ruleId}`);
    await forgetAfter(KEEP + DAY);
    expect(await deliveriesOf(shop.space)).toEqual(all.slice(0, -1));
  });
});

describe("a delivery that is under way", () => {
  it("stays with its event, however old", async () => {
    shop.answer = () => BROKEN;
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "latest", 1)));
    // Attempted while its tag is there, since it would be outdated later.
    await drain(shop);
    await pushTo(shop, "web", "other", 2);
    await env.DB.prepare("DELETE FROM tags").run();
    await takeAll();
    await forgetAfter(KEEP + DAY);
    expect(await statusesLeft()).toContain("pending");
    expect(await eventsLeft()).toContain("tag.created latest");
  });

  it("again at the last moment stays", async () => {
    await pushInVain("latest", 1);
    const [{ id } = { id: "" }] = await deliveriesOf(shop.space);
    await manage("POST", `spaces/${shop.space}/deliveries/${id}/redeliver`);
    await forgetAfter(KEEP + DAY);
    expect(await statusesLeft()).toEqual(["pending"]);
  });
});

describe("a delivery that took long", () => {
  it("is kept from its end on", async () => {
    shop.clock += 300 * DAY;
    await pushInVain("latest", 1);
    await forgetAfter(KEEP + DAY);
    expect(await statusesLeft()).toEqual(["failed"]);
    await forgetAfter(KEEP + 301 * DAY);
    expect(await statusesLeft()).toEqual([]);
  });
});

describe("a walk", () => {
  it("comes to everything, a few at a time", async () => {
    for (const seed of [1, 2, 3, 4, 5]) await pushInVain("latest", seed);
    await forgetAfter(KEEP + DAY, KEEP, 2);
    expect([await statusesLeft(), await eventsLeft()]).toEqual([[], ["tag.updated latest"]]);
  });
});

describe("upkeep", () => {
  it.each([
    ["400 days", {}, 0],
    ["as many days as are set", { KEEP_EVENTS_DAYS: "500" }, 1],
    ["not less than what can be undone", { KEEP_EVENTS_DAYS: "1", KEEP_DELETED_DAYS: "500" }, 1],
    ["for ever, with 0", { KEEP_EVENTS_DAYS: "0" }, 1],
  ])("keeps records for %s", async (_, settings, left) => {
    // The sweep would make the real queue send the rest of other tests.
    const rest = ["UPDATE deliveries SET status = 'failed', finished_at = created_at", "UPDATE events SET sent_at = 0"];
    await env.DB.batch(rest.map((sql) => env.DB.prepare(sql)));
    await pushInVain("latest", 1);
    vi.useFakeTimers({ now: Date.now() + 450 * DAY, toFake: ["Date"] });
    await worker.scheduled(createScheduledController(), { ...env, ...settings });
    vi.useRealTimers();
    expect((await statusesLeft()).length).toBe(left);
  });
});
