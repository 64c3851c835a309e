import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { processMessage } from "../../src/events/process.ts";
import { imageText, OCI_MANIFEST } from "../support/content.ts";
import {
  attempt,
  attemptSlowly,
  changeTrigger,
  deleteTag,
  deliveryOf,
  HOOK,
  NEWER,
  pushRefused,
  statusOf,
  tagsSent,
} from "../support/deliveries.ts";
import { deliveriesOf, eventsOf, makeTarget, makeTrigger } from "../support/deploy.ts";
import {
  BROKEN,
  drain,
  event,
  OK,
  openWorkshop,
  processingOf,
  pushAndDeliver,
  pushTo,
  tagEventsOf,
  type Workshop,
} from "../support/processing.ts";
import { ask, manage } from "../support/registry.ts";

/** Tests pushes and deliveries that come again, at once or another way, on the real database and with a clock of the test's own. */

let shop: Workshop;
let target: string;

beforeEach(async () => {
  shop = await openWorkshop("again");
  target = (await makeTarget(shop.space, HOOK)).id;
});

describe("a group", () => {
  beforeEach(async () => {
    await makeTrigger(shop.space, [target], {}, { group: { requireAll: ["api", "ui"] } });
    await pushAndDeliver(shop, "ui", "1.0", 1);
  });

  it("fires again when it is brought back to what it was", async () => {
    for (const seed of [1, 2, 1]) await pushAndDeliver(shop, "api", "1.0", seed);
    expect(shop.sent.length).toBe(3);
    await pushAndDeliver(shop, "api", "1.0", 1);
    expect(shop.sent.length).toBe(3);
  });

  it("fires again as it was where that was not sent", async () => {
    shop.answer = () => BROKEN;
    await pushAndDeliver(shop, "api", "1.0", 1);
    await deleteTag(shop, "1.0", "api");
    await attempt(shop, "1.0");
    expect(await statusOf(shop, "1.0")).toBe("superseded: the tag 1.0 was deleted");
    shop.answer = () => OK;
    shop.sent.length = 0;
    await pushAndDeliver(shop, "api", "1.0", 1);
    expect(shop.sent.length).toBe(1);
  });

  it("fires again as it was after it was canceled", async () => {
    shop.answer = () => BROKEN;
    await pushAndDeliver(shop, "api", "1.0", 1);
    const { id } = await deliveryOf(shop, "1.0");
    expect((await manage("POST", `spaces/${shop.space}/deliveries/${id}/cancel`)).status).toBe(200);
    shop.answer = () => OK;
    shop.sent.length = 0;
    await pushAndDeliver(shop, "api", "1.0", 1);
    expect(shop.sent.length).toBe(1);
  });
});

describe("a tag that is pushed again while it is being sent", () => {
  it("waits for the answer", async () => {
    await makeTrigger(shop.space, [target]);
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "v1", 1)));
    const { answer, ended } = await attemptSlowly(shop, "v1");
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "v1", 2)));
    const newer = { kind: "delivery", id: (await deliveryOf(shop, "v1")).id } as const;
    expect(await processMessage(processingOf(shop), newer)).toEqual({ retryIn: 2 });
    answer(BROKEN);
    await ended;
    expect(await processMessage(processingOf(shop), newer)).toBe("done");
    expect(tagsSent(shop)).toEqual(["v1"]);
  });
});

describe("tags that are one version", () => {
  it.each([
    ["1.2.0", "1.2", "v1.2.0"],
    ["v1.2.0", "1.2.0", "1.2"],
  ])("fire once where one push sets %s, %s and %s", async (...tags) => {
    await makeTrigger(shop.space, [target], NEWER);
    const query = tags.map((tag) => `tag=${tag}`).join("&");
    const text = await imageText(`${shop.space}/web`, shop.as, 1);
    const digest = `sha256:${new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex()}`;
    const answer = await ask(`/v2/${shop.space}/web/manifests/${digest}?${query}`, {
      method: "PUT",
      as: shop.as,
      headers: { "Content-Type": OCI_MANIFEST },
      body: text,
    });
    expect(answer.status).toBe(201);
    for (const id of await tagEventsOf(shop.space)) await processMessage(processingOf(shop), event(id));
    await drain(shop);
    expect(tagsSent(shop).length).toBe(1);
  });
});

describe("a trigger that was changed meanwhile", () => {
  it.each([
    ["another target", async () => ({ targets: [(await makeTarget(shop.space, `${HOOK}2`)).id] })],
    ["another range", async () => ({ match: { tag: { type: "semver", value: "^2" } } })],
    ["another repository", async () => ({ match: { repositories: ["api"] } })],
  ])("sends nothing that it no longer takes: %s", async (_, change) => {
    const { id } = await makeTrigger(shop.space, [target]);
    await pushRefused(shop, "1.0.0");
    await changeTrigger(shop, id, await change());
    await attempt(shop, "1.0.0");
    expect(shop.sent).toEqual([]);
    expect(await statusOf(shop, "1.0.0")).toMatch(/^superseded: the trigger was changed/);
  });
});

/** Makes a trigger that also takes others' pushes, but has only 1.0.0 from this workshop. */
async function openWaiting(match: object): Promise<void> {
  target = (await makeTarget(shop.space, HOOK, { deploys: true })).id;
  const { id } = await makeTrigger(shop.space, [target], match);
  await pushRefused(shop, "1.0.0");
  await changeTrigger(shop, id, { debounceSeconds: 3600 });
}

describe("two triggers with one target", () => {
  it("bring it nothing older than what the other has brought", async () => {
    await openWaiting({ tag: { type: "semver", value: "1.0.x" } });
    const { id } = await makeTrigger(shop.space, [target], { tag: { type: "exact", value: "1.0.1" } });
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "1.0.1", 2)));
    await attempt(shop, "1.0.1", `?trigger=${id}`);
    await attempt(shop, "1.0.0");
    expect(tagsSent(shop)).toEqual(["1.0.1"]);
    expect(await statusOf(shop, "1.0.0")).toBe("superseded: 1.0.1, which is newer, was delivered to this target");
  });

  it("and other tags do not mind each other", async () => {
    await openWaiting({ tag: { type: "semver", value: "1.0.x" } });
    await makeTrigger(shop.space, [target], { tag: { type: "exact", value: "2.0.0" } });
    await pushAndDeliver(shop, "web", "2.0.0", 2);
    await attempt(shop, "1.0.0");
    expect(tagsSent(shop)).toEqual(["2.0.0", "1.0.0"]);
  });
});

describe("what is on its way", () => {
  it("is not what was deleted since", async () => {
    await makeTrigger(shop.space, [target], NEWER);
    await pushRefused(shop, "1.0.0");
    await pushRefused(shop, "1.0.1");
    await deleteTag(shop, "1.0.1");
    await attempt(shop, "1.0.0");
    expect(tagsSent(shop)).toEqual(["1.0.0"]);
  });
});

describe("a deletion", () => {
  it("says so of what it supersedes", async () => {
    await makeTrigger(shop.space, [target], { events: ["tag.created", "tag.deleted"] }, { debounceSeconds: 60 });
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "v1", 1)));
    await deleteTag(shop, "v1");
    await processMessage(processingOf(shop), event((await tagEventsOf(shop.space)).at(-1) ?? ""));
    const reasons = (await deliveriesOf(shop.space)).map(({ reason }) => reason);
    expect(reasons).toEqual([null, "the tag v1 was deleted"]);
  });
});

describe("the preview of pushes", () => {
  it("is what was decided, also after thousands of other tags were deleted", async () => {
    await makeTrigger(shop.space, [target], NEWER);
    await pushAndDeliver(shop, "web", "1.0.0", 1);
    expect((await eventsOf(shop.space))[0]?.triggers?.[0]?.fires).toBe(true);
    const columns = "space_id, repository_id, digest, media_type, size, platforms, actor, occurred_at";
    await env.DB.prepare(
      `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2100)
       INSERT INTO events (id, type, tag, sent_at, ${columns})
       SELECT 'evt_z' || substr('0000' || n, -5), 'tag.deleted', substr('7f3a9c21b', n % 9) || 'e' || n, 1, ${columns}
       FROM n, events WHERE events.tag = '1.0.0' AND space_id = (SELECT id FROM spaces WHERE name = ?)`,
    )
      .bind(shop.space)
      .run();
    const answer = await manage("POST", `spaces/${shop.space}/pushes:preview`, { match: NEWER });
    expect(await answer.text()).toContain('"fires":true');
  });
});
