import { beforeEach, describe, expect, it } from "vitest";
import { processMessage } from "../../src/events/process.ts";
import {
  attempt,
  attemptSlowly,
  deleteTag,
  HOOK,
  NEWER,
  pushRefused,
  statusOf,
  tagsSent,
} from "../support/deliveries.ts";
import { deliveriesOf, makeTarget, makeTrigger } from "../support/deploy.ts";
import { event, OK, openWorkshop, processingOf, pushAndDeliver, pushTo, type Workshop } from "../support/processing.ts";
import { manage } from "../support/registry.ts";

/** Targets that only notify get each push that matched: nothing is deployed there that could go backwards. */

const BY_PUSH = { tag: { type: "glob", value: "*", onlyIfNewer: true, order: "pushed" } };

let shop: Workshop;
let target: string;

beforeEach(async () => {
  shop = await openWorkshop("notify");
  target = (await makeTarget(shop.space, HOOK, { deploys: false })).id;
});

async function setDeploys(deploys: boolean): Promise<void> {
  expect((await manage("PATCH", `spaces/${shop.space}/targets/${target}`, { deploys })).status).toBe(200);
}

describe.each([
  ["by version", { tag: { type: "semver", value: "*" } }],
  ["only what is newer", NEWER],
  ["by push time", BY_PUSH],
  [
    "by a regex's groups",
    { tag: { type: "regex", value: "^(?<a>\\d+)\\.(?<b>\\d+)\\.(?<c>\\d+)$", onlyIfNewer: true } },
  ],
])("where the trigger orders %s", (_, match) => {
  it("an older push arrives after a newer one", async () => {
    await makeTrigger(shop.space, [target], match);
    await pushRefused(shop, "1.0.0");
    await pushAndDeliver(shop, "web", "1.0.1", 2);
    await attempt(shop, "1.0.0");
    expect(tagsSent(shop)).toEqual(["1.0.1", "1.0.0"]);
  });

  it("pushes of a burst arrive, in whatever order the queue brings them", async () => {
    await makeTrigger(shop.space, [target], match);
    const tags = ["1.0.0", "1.0.1", "1.0.2", "1.0.3"];
    for (const [seed, tag] of tags.entries())
      await processMessage(processingOf(shop), event(await pushTo(shop, "web", tag, seed)));
    for (const tag of tags.toReversed()) await attempt(shop, tag);
    expect(tagsSent(shop)).toEqual(tags.toReversed());
  });

  it("no push waits for the answer to another tag's", async () => {
    await makeTrigger(shop.space, [target], match);
    await pushRefused(shop, "1.0.0");
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "1.0.1", 2)));
    shop.clock += 40_000_000;
    const { answer, ended } = await attemptSlowly(shop, "1.0.0");
    const [newest] = await deliveriesOf(shop.space);
    expect(await processMessage(processingOf(shop), { kind: "delivery", id: newest?.id ?? "" })).toBe("done");
    answer(OK);
    expect(await ended).toBe("done");
    expect(tagsSent(shop)).toEqual(["1.0.1"]);
  });

  it("once the target deploys, older pushes give way again", async () => {
    await makeTrigger(shop.space, [target], match);
    await pushRefused(shop, "1.0.0");
    await pushAndDeliver(shop, "web", "1.0.1", 2);
    await setDeploys(true);
    await attempt(shop, "1.0.0");
    expect(tagsSent(shop)).toEqual(["1.0.1"]);
    expect(await statusOf(shop, "1.0.0")).toMatch(/^superseded: /);
  });
});

describe("the other looks", () => {
  it.each([
    ["the tag was moved", async () => void (await pushTo(shop, "web", "1.0.0", 99))],
    ["the tag was deleted", () => deleteTag(shop, "1.0.0")],
  ])("stay: %s", async (_, change) => {
    await makeTrigger(shop.space, [target], NEWER);
    await pushRefused(shop, "1.0.0");
    await change();
    await attempt(shop, "1.0.0");
    expect(shop.sent).toEqual([]);
    expect(await statusOf(shop, "1.0.0")).toMatch(/^superseded: the tag 1\.0\.0 was/);
  });

  it("stay: a newer push of the same tag takes the place of the older one", async () => {
    await makeTrigger(shop.space, [target], {}, { debounceSeconds: 60 });
    for (const seed of [1, 2, 1])
      await processMessage(processingOf(shop), event(await pushTo(shop, "web", "latest", seed)));
    const statuses = (await deliveriesOf(shop.space)).map(({ status }) => status);
    expect(statuses).toEqual(["pending", "superseded", "superseded"]);
  });
});

describe("what another trigger sent", () => {
  it("does not count, also of a target that deployed before", async () => {
    await setDeploys(true);
    await makeTrigger(shop.space, [target], { tag: { type: "semver", value: "1.0.x" } });
    await pushRefused(shop, "1.0.0");
    await makeTrigger(shop.space, [target], { tag: { type: "exact", value: "1.0.1" } });
    await pushAndDeliver(shop, "web", "1.0.1", 2);
    await setDeploys(false);
    shop.sent.length = 0;
    await attempt(shop, "1.0.0");
    expect(tagsSent(shop)).toEqual(["1.0.0"]);
  });
});
