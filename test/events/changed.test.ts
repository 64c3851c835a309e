import { describe, expect, it } from "vitest";
import { processMessage } from "../../src/events/process.ts";
import {
  attempt,
  attemptSlowly,
  changeTrigger,
  deliveryOf,
  HOOK,
  NEWER,
  pushRefused,
  statusOf,
  tagsSent,
} from "../support/deliveries.ts";
import { makeTarget, makeTrigger } from "../support/deploy.ts";
import {
  BROKEN,
  event,
  OK,
  openWorkshop,
  processingOf,
  pushAndDeliver,
  pushTo,
  type Workshop,
} from "../support/processing.ts";

/** Tests ways in which a deployment could go backwards: around a changed trigger, a group, or a consumer that dies or is slow. */

let shop: Workshop;
let trigger: string;
let target: string;

const SEMVER = { tag: { type: "semver", value: "*" } };
const GROUP = { requireAll: ["api", "web"], timeoutSeconds: 900 };

async function open(match: object, more: object = {}): Promise<void> {
  shop = await openWorkshop("changed");
  target = (await makeTarget(shop.space, HOOK)).id;
  trigger = (await makeTrigger(shop.space, [target], match, more)).id;
}

describe("a trigger that is changed while it is being sent", () => {
  it("keeps the lane closed for the next push of the tag, though it no longer orders by push time", async () => {
    await open({ tag: { type: "glob", value: "*", onlyIfNewer: true, order: "pushed" } });
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "v1", 1)));
    const { answer, ended } = await attemptSlowly(shop, "v1");
    await changeTrigger(shop, trigger, { match: {} });
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "v1", 2)));
    const newer = { kind: "delivery", id: (await deliveryOf(shop, "v1")).id } as const;
    expect(await processMessage(processingOf(shop), newer)).toEqual({ retryIn: 2 });
    answer(BROKEN);
    await ended;
    expect(await processMessage(processingOf(shop), newer)).toBe("done");
    expect(tagsSent(shop)).toEqual(["v1"]);
  });

  it("has what is pending give way by push time, once it orders by that", async () => {
    await open({}, { debounceSeconds: 3600 });
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "v1", 1)));
    await changeTrigger(shop, trigger, {
      match: { tag: { type: "glob", value: "*", onlyIfNewer: true, order: "pushed" } },
    });
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "v2", 2)));
    expect(await statusOf(shop, "v1")).toBe("superseded: a newer push took its place");
  });
});

async function refuseGroup(tag: string): Promise<void> {
  shop.answer = () => BROKEN;
  for (const path of ["api", "web"]) await pushAndDeliver(shop, path, tag, 1);
  shop.answer = () => OK;
  shop.sent.length = 0;
}

describe("a trigger whose group is changed", () => {
  it.each([
    ["none", null],
    ["another one", { requireAll: ["api", "web", "db"], timeoutSeconds: 900 }],
  ])("sends nothing more of the one that it had: %s", async (_, group) => {
    await open(SEMVER, { group: GROUP });
    await refuseGroup("1.0.0");
    await changeTrigger(shop, trigger, { group });
    await attempt(shop, "1.0.0");
    expect(shop.sent).toEqual([]);
    expect(await statusOf(shop, "1.0.0")).toMatch(/^superseded: the trigger was changed/);
  });

  it("sends nothing of before it had one", async () => {
    await open(SEMVER);
    await pushRefused(shop, "1.0.0");
    await changeTrigger(shop, trigger, { group: GROUP });
    await attempt(shop, "1.0.0");
    expect(shop.sent).toEqual([]);
  });

  it("and changed back brings nothing older than what went meanwhile", async () => {
    await open(SEMVER, { group: GROUP });
    await refuseGroup("1.0.0");
    await changeTrigger(shop, trigger, { group: null });
    await pushAndDeliver(shop, "api", "1.0.1", 2);
    await changeTrigger(shop, trigger, { group: GROUP });
    await attempt(shop, "1.0.0");
    expect(tagsSent(shop)).toEqual(["1.0.1"]);
    expect(await statusOf(shop, "1.0.0")).toBe("superseded: 1.0.1, which is newer, was delivered to this target");
  });
});

describe("a group", () => {
  it("gives way where another trigger brought something newer of any member", async () => {
    await open(SEMVER, { group: GROUP });
    shop.answer = () => BROKEN;
    for (const path of ["api", "web"]) await pushAndDeliver(shop, path, "1.0.0", 1);
    shop.answer = () => OK;
    shop.sent.length = 0;
    await makeTrigger(shop.space, [target], { repositories: ["api"] });
    await pushAndDeliver(shop, "api", "1.0.1", 2);
    await attempt(shop, "1.0.0", `?trigger=${trigger}`);
    expect(tagsSent(shop)).toEqual(["1.0.1"]);
  });
});

describe("a consumer", () => {
  it("that died keeps its lane closed for 40 seconds, and no longer", async () => {
    await open(NEWER);
    await pushRefused(shop, "1.0.0");
    shop.fault = (call) => {
      if (call === "before deliveries.record") throw new Error("died");
    };
    await expect(attempt(shop, "1.0.0")).rejects.toThrow("died");
    shop.fault = () => undefined;
    shop.sent.length = 0;
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "1.0.1", 2)));
    const newer = { kind: "delivery", id: (await deliveryOf(shop, "1.0.1")).id } as const;
    shop.clock += 39_000;
    expect(await processMessage(processingOf(shop), newer)).toEqual({ retryIn: 2 });
    shop.clock += 2000;
    expect(await processMessage(processingOf(shop), newer)).toBe("done");
    expect(tagsSent(shop)).toEqual(["1.0.1"]);
  });

  it("that was held up since its claim sends nothing: its answer could come after its time", async () => {
    await open(NEWER);
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "1.0.0", 1)));
    shop.fault = (call) => {
      if (call === "after deliveries.claim") shop.clock += 11_000;
    };
    await attempt(shop, "1.0.0");
    expect(shop.sent).toEqual([]);
    expect(await statusOf(shop, "1.0.0")).toBe("pending: the attempt took too long");
  });
});
