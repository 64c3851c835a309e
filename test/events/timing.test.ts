import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { processMessage, sweep } from "../../src/events/process.ts";
import type { Answer } from "../../src/events/target.ts";
import { HOOK, toldOf } from "../support/deliveries.ts";
import { attemptsOf, deliveriesOf, eventsOf, makeTarget, makeTrigger } from "../support/deploy.ts";
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
import { manage } from "../support/registry.ts";

let shop: Workshop;

beforeEach(async () => {
  shop = await openWorkshop("timing");
});

function subjectsOf(): readonly string[] {
  return toldOf(shop).map(({ repository, tag }) => `${repository}:${tag}`);
}

function group(timeoutSeconds = 900): object {
  return { group: { requireAll: ["api", "ui", "db"], timeoutSeconds } };
}

async function listen(more: object = group()): Promise<void> {
  await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id], {}, more);
}

describe("a group", () => {
  it("fires once, when the last of its repositories has the tag", async () => {
    await listen();
    await pushAndDeliver(shop, "api", "1.0");
    await pushAndDeliver(shop, "ui", "1.0");
    await pushAndDeliver(shop, "db", "0.9");
    expect(shop.sent).toEqual([]);
    await pushAndDeliver(shop, "db", "1.0");
    expect(subjectsOf()).toEqual([`${shop.space}/db:1.0`]);
  });

  it("says what it waits for, where a person looks", async () => {
    await listen();
    await pushAndDeliver(shop, "api", "1.0");
    const [newest] = await eventsOf(shop.space);
    expect(newest?.triggers).toMatchObject([
      { fires: false, reason: "waiting for ui, db to have the tag 1.0 as well" },
    ]);
  });

  it("fires once when two pushes complete it at the same time", async () => {
    await listen();
    const ids = [];
    for (const path of ["api", "ui", "db"]) ids.push(await pushTo(shop, path, "1.0"));
    await Promise.all(ids.map((id) => processMessage(processingOf(shop), event(id))));
    await drain(shop);
    expect(shop.sent.length).toBe(1);
    expect((await deliveriesOf(shop.space)).length).toBe(1);
  });

  it("fires again when one of them changes, and not when it is pushed as it was", async () => {
    await listen();
    for (const path of ["api", "ui", "db", "db"]) await pushAndDeliver(shop, path, "1.0");
    expect(shop.sent.length).toBe(1);
    await pushAndDeliver(shop, "api", "1.0", 2);
    expect(subjectsOf().at(-1)).toBe(`${shop.space}/api:1.0`);
    expect(shop.sent.length).toBe(2);
  });

  it("does not take a tag that another had too long before", async () => {
    await listen(group(60));
    for (const path of ["api", "ui"]) await pushAndDeliver(shop, path, "latest");
    await env.DB.prepare(
      "UPDATE tags SET updated_at = updated_at - 61000 WHERE repository_id IN (SELECT r.id FROM repositories r JOIN spaces s ON s.id = r.space_id WHERE s.name = ? AND r.path = 'ui')",
    )
      .bind(shop.space)
      .run();
    await pushAndDeliver(shop, "db", "latest");
    expect(shop.sent).toEqual([]);
    const [newest] = await eventsOf(shop.space);
    expect(newest?.triggers?.[0]?.reason).toBe("ui had the tag latest more than 60 s before; push it again");
    await pushAndDeliver(shop, "ui", "latest");
    expect(shop.sent.length).toBe(1);
  });

  it("does not hear of repositories that are none of it", async () => {
    await listen();
    for (const path of ["api", "ui", "db"]) await pushTo(shop, path, "1.0");
    await pushAndDeliver(shop, "web", "1.0");
    expect(shop.sent).toEqual([]);
  });

  it("is superseded as a whole: what was released before by another member's push gives way", async () => {
    await listen();
    shop.answer = () => BROKEN;
    for (const path of ["api", "ui", "db"])
      await processMessage(processingOf(shop), event(await pushTo(shop, path, "1.0")));
    await processMessage(processingOf(shop), event(await pushTo(shop, "api", "1.0", 2)));
    const listed = await deliveriesOf(shop.space);
    expect(listed.map(({ status, reason }) => [status, reason])).toEqual([
      ["pending", null],
      ["superseded", "a newer push took its place"],
    ]);
  });

  it.each([
    ["one repository", { requireAll: ["api"] }],
    ["a repository twice", { requireAll: ["api", "api"] }],
    ["something that is no path", { requireAll: ["api", "UI"] }],
    ["no patience", { requireAll: ["api", "ui"], timeoutSeconds: 0 }],
    ["a repository that the trigger does not listen to", { requireAll: ["api", "other"] }],
  ])("is refused with %s", async (_, wrong) => {
    const body = { name: "t", match: { repositories: ["api", "ui"] }, targets: ["tgt_x"], group: wrong };
    expect((await manage("POST", `spaces/${shop.space}/triggers`, body)).status).toBe(400);
  });

  it("is refused for events that set no tag", async () => {
    const match = { events: ["tag.created", "tag.deleted"] };
    const body = { name: "t", match, targets: ["tgt_x"], ...group() };
    expect((await manage("POST", `spaces/${shop.space}/triggers`, body)).status).toBe(400);
  });
});

describe("debounce", () => {
  it("waits after a push, and lets a newer push of the tag take its place", async () => {
    const { id } = await makeTarget(shop.space, HOOK);
    await makeTrigger(shop.space, [id], {}, { debounceSeconds: 30 });
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "latest", 1)));
    const [first] = shop.queued;
    expect(first?.delay).toBe(30);
    shop.clock += 20_000;
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "latest", 2)));
    shop.clock += 20_000;
    await drain(shop);
    expect(shop.sent).toEqual([]);
    shop.clock += 10_000;
    await sweep(processingOf(shop));
    shop.clock += 200_000;
    await sweep(processingOf(shop));
    await drain(shop);
    // The sweep also brings events of other tests.
    const ours = subjectsOf().filter((subject) => subject.startsWith(`${shop.space}/`));
    expect(ours).toEqual([`${shop.space}/web:latest`]);
    expect((await deliveriesOf(shop.space)).map(({ status }) => status)).toEqual(["delivered", "superseded"]);
  });
});

function json(body: unknown): Answer {
  return { status: 200, body: JSON.stringify(body), retryAfter: null };
}

describe("a target that must be followed", () => {
  let state = "Executing";

  beforeEach(async () => {
    state = "Executing";
    const config = { project: "Web", deploy: { environments: ["Dev"] } };
    const more = { type: "octopus", secret: "API-SECRET", config };
    const { id } = await makeTarget(shop.space, "https://octopus.example.com", more);
    await makeTrigger(shop.space, [id]);
    shop.answer = ({ url }) => {
      if (url.endsWith("releases/create/v1")) return json({ ReleaseId: "Releases-1", ReleaseVersion: "1.0" });
      if (url.endsWith("untenanted/v1")) return json({ DeploymentServerTasks: [{ ServerTaskId: "ServerTasks-1" }] });
      return json({ State: state });
    };
  });

  it("is running until it is done, as one attempt, whatever is pushed meanwhile", async () => {
    await pushAndDeliver(shop, "web", "1.0");
    const [running] = await deliveriesOf(shop.space);
    expect(running).toMatchObject({ status: "running", attempts: 1, reason: expect.stringContaining("Executing") });
    await processMessage(processingOf(shop), event(await pushTo(shop, "web", "1.0", 2)));
    shop.queued.length = 0;
    expect((await deliveriesOf(shop.space)).map(({ status }) => status)).toEqual(["pending", "running"]);
    shop.clock += 6000;
    const id = running?.id ?? "";
    expect(await processMessage(processingOf(shop), { kind: "delivery", id })).toEqual({ retryIn: 5 });
    state = "Success";
    shop.clock += 6000;
    expect(await processMessage(processingOf(shop), { kind: "delivery", id })).toBe("done");
    expect((await deliveriesOf(shop.space)).at(-1)).toMatchObject({ status: "delivered", attempts: 1 });
    expect(await attemptsOf(shop.space, id)).toMatchObject([{ number: 1, outcome: "done" }]);
    expect(shop.sent.filter(({ url }) => url.endsWith("untenanted/v1")).length).toBe(1);
  });

  it("is taken up by the sweep when its message was lost", async () => {
    await pushAndDeliver(shop, "web", "1.0");
    state = "Success";
    shop.clock += 600_000;
    await sweep(processingOf(shop));
    await drain(shop);
    expect(await deliveriesOf(shop.space)).toMatchObject([{ status: "delivered" }]);
  });

  it("has failed when the deployment has, and is deployed anew when it is redelivered", async () => {
    state = "Failed";
    await pushAndDeliver(shop, "web", "1.0");
    const [failed] = await deliveriesOf(shop.space);
    expect(failed).toMatchObject({ status: "failed", reason: expect.stringContaining("ServerTasks-1 Failed") });
    state = "Success";
    shop.clock = Date.now() + 1000;
    await manage("POST", `spaces/${shop.space}/deliveries/${failed?.id}/redeliver`);
    await processMessage(processingOf(shop), { kind: "delivery", id: failed?.id ?? "" });
    expect(await deliveriesOf(shop.space)).toMatchObject([{ status: "delivered" }]);
    expect(shop.sent.filter(({ url }) => url.endsWith("untenanted/v1")).length).toBe(2);
  });
});

const deployed = z.object({
  items: z.array(z.object({ repository: z.string(), tag: z.string(), digest: z.string(), target: z.string() })),
  next: z.string().nullable(),
});

async function deployedIn(query = ""): Promise<z.infer<typeof deployed>> {
  return deployed.parse(await (await manage("GET", `spaces/${shop.space}/deployed${query}`)).json());
}

describe("what was delivered", () => {
  it("is marked as deployed by its target, the newest first, in pages", async () => {
    const { id } = await makeTarget(shop.space, HOOK);
    await makeTrigger(shop.space, [id]);
    for (const [tag, seed] of [
      ["1.0", 1],
      ["1.1", 2],
      ["1.0", 3],
    ] as const)
      await pushAndDeliver(shop, "web", tag, seed);
    const { items } = await deployedIn(`?target=${id}`);
    expect(items.map(({ tag, target }) => [tag, target])).toEqual([
      ["1.0", id],
      ["1.1", id],
      ["1.0", id],
    ]);
    expect(new Set(items.map(({ digest }) => digest)).size).toBe(3);
    const first = await deployedIn("?limit=2");
    const second = await deployedIn(`?limit=2&cursor=${first.next}`);
    expect([...first.items, ...second.items]).toEqual(items);
    expect(second.next).toBeNull();
    expect((await deployedIn("?target=tgt_other")).items).toEqual([]);
  });

  it("is the newest again when it is deployed again", async () => {
    await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id]);
    for (const seed of [1, 2, 1]) await pushAndDeliver(shop, "web", "latest", seed);
    const digests = (await deployedIn()).items.map(({ digest }) => digest);
    const events = await eventsOf(shop.space);
    expect(digests).toEqual([events[0]?.data["digest"], events[1]?.data["digest"]]);
  });

  it("of a group are all of its members", async () => {
    const both = { requireAll: ["api", "ui"] };
    await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id], {}, { group: both });
    for (const path of ["api", "ui"]) await pushAndDeliver(shop, path, "1.0");
    const names = (await deployedIn()).items.map(({ repository }) => repository);
    expect(new Set(names)).toEqual(new Set([`${shop.space}/api`, `${shop.space}/ui`]));
  });

  it("is not what failed, nor what was deleted", async () => {
    await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id], {
      events: ["tag.created", "tag.deleted"],
    });
    shop.answer = () => BROKEN;
    await pushAndDeliver(shop, "web", "1.0");
    expect((await deployedIn()).items).toEqual([]);
    shop.answer = () => OK;
    await pushTo(shop, "web", "1.1", 2);
    await manage("DELETE", `spaces/${shop.space}/repositories/none`);
    expect((await deployedIn()).items).toEqual([]);
  });
});
