import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { processMessage } from "../../src/events/process.ts";
import { deliveriesOf, makeTarget, makeTrigger } from "../support/deploy.ts";
import { openWorkshop, processingOf, pushAndDeliver, type Workshop } from "../support/processing.ts";
import { manage } from "../support/registry.ts";

const HOOK = "https://receiver.example.com/hook";
const OCTOPUS = {
  name: "octopus",
  type: "octopus",
  secret: "API-1234567890",
  config: { project: "Web", deploy: { environments: ["Dev"] } },
};

let shop: Workshop;

beforeEach(async () => {
  shop = await openWorkshop("given");
});

const list = z.object({
  items: z.array(z.looseObject({ target: z.string(), repository: z.string(), tag: z.string(), digest: z.string() })),
});

async function deployedIn(query = ""): Promise<z.infer<typeof list>["items"]> {
  return list.parse(await (await manage("GET", `spaces/${shop.space}/deployed${query}`)).json()).items;
}

const tags = z.object({
  items: z.array(
    z.looseObject({
      name: z.string(),
      deployed: z.array(
        z.object({ name: z.string(), current: z.boolean(), followed: z.boolean(), at: z.string(), target: z.string() }),
      ),
    }),
  ),
});

/** Returns the tags of `web` that a target was given last, by the list of tags. */
async function currentTags(): Promise<readonly string[]> {
  const found = tags.parse(await (await manage("GET", `spaces/${shop.space}/repositories/web/tags`)).json());
  return found.items.filter(({ deployed }) => deployed.some(({ current }) => current)).map(({ name }) => name);
}

async function redeliver(id: string): Promise<void> {
  shop.clock = Date.now() + 1000;
  await manage("POST", `spaces/${shop.space}/deliveries/${id}/redeliver`);
  await processMessage(processingOf(shop), { kind: "delivery", id });
}

const detail = z.looseObject({ redelivery: z.array(z.looseObject({ tag: z.string() })) });

async function redeliveryOf(id: string): Promise<z.infer<typeof detail>["redelivery"]> {
  return detail.parse(await (await manage("GET", `spaces/${shop.space}/deliveries/${id}`)).json()).redelivery;
}

describe("what is deployed", () => {
  it("is what a target was given last of a repository, under whatever tag, wherever one looks", async () => {
    const { id } = await makeTarget(shop.space, HOOK);
    await makeTrigger(shop.space, [id]);
    for (const [tag, seed] of [
      ["1.0", 1],
      ["latest", 2],
      ["1.1", 3],
    ] as const) {
      await pushAndDeliver(shop, "web", tag, seed);
      await pushAndDeliver(shop, "api", tag, seed + 10);
    }
    const current = await deployedIn("?current=true");
    expect(current.map(({ repository, tag }) => [repository, tag])).toEqual([
      [`${shop.space}/api`, "1.1"],
      [`${shop.space}/web`, "1.1"],
    ]);
    expect(await deployedIn(`?repository=${shop.space}/web`)).toMatchObject([
      { tag: "1.1", current: true, followed: false },
      { tag: "latest", current: false },
      { tag: "1.0", current: false },
    ]);
    expect(await currentTags()).toEqual(["1.1"]);
  });

  it("is the older one, once somebody had that delivered again", async () => {
    const { id } = await makeTarget(shop.space, HOOK);
    await makeTrigger(shop.space, [id]);
    for (const [tag, seed] of [
      ["1.0", 1],
      ["1.1", 2],
    ] as const)
      await pushAndDeliver(shop, "web", tag, seed);
    const older = (await deliveriesOf(shop.space)).find(({ tag }) => tag === "1.0")?.id ?? "";
    expect(await redeliveryOf(older)).toMatchObject([
      { repository: `${shop.space}/web`, tag: "1.0", deploys: true, followed: false, current: { tag: "1.1" } },
    ]);
    await redeliver(older);
    expect((await deployedIn()).map(({ tag }) => tag)).toEqual(["1.0", "1.1"]);
    expect(await currentTags()).toEqual(["1.0"]);
    expect(await redeliveryOf(older)).toMatchObject([{ tag: "1.0", current: { tag: "1.0", delivery: older } }]);
  });

  it("runs only where the target was followed to its end", async () => {
    const { id } = await makeTarget(shop.space, "https://octopus.example.com", OCTOPUS);
    await makeTrigger(shop.space, [id]);
    const answers = [
      { ReleaseId: "Releases-1", ReleaseVersion: "1.0" },
      { DeploymentServerTasks: [{ DeploymentId: "D-1", ServerTaskId: "ServerTasks-1" }] },
      { Id: "ServerTasks-1", State: "Success", IsCompleted: true, FinishedSuccessfully: true, Description: "Deploy" },
    ];
    let asked = 0;
    shop.answer = () => ({ status: 200, body: JSON.stringify(answers[Math.min(asked++, 2)]), retryAfter: null });
    await pushAndDeliver(shop, "web", "1.0", 1);
    expect(await deployedIn()).toMatchObject([{ tag: "1.0", current: true, followed: true }]);
    await manage("PATCH", `spaces/${shop.space}/targets/${id}`, { config: { project: "Web" } });
    expect(await deployedIn()).toMatchObject([{ tag: "1.0", followed: false }]);
  });
});

describe("a target that only notifies", () => {
  it("keeps nothing, from the moment on at which that is said", async () => {
    const chat = await makeTarget(shop.space, HOOK, { deploys: false });
    const hook = await makeTarget(shop.space, HOOK);
    expect([chat["deploys"], hook["deploys"]]).toEqual([false, true]);
    await makeTrigger(shop.space, [chat.id, hook.id]);
    await pushAndDeliver(shop, "web", "1.0", 1);
    expect((await deployedIn()).map(({ target }) => target)).toEqual([hook.id]);
    const told = await deliveriesOf(shop.space, `?target=${chat.id}`);
    expect(await redeliveryOf(told[0]?.id ?? "")).toMatchObject([{ deploys: false, current: null }]);
    const changed = await manage("PATCH", `spaces/${shop.space}/targets/${hook.id}`, { deploys: false });
    expect(await changed.json()).toMatchObject({ deploys: false });
    expect(await deployedIn()).toEqual([]);
  });

  it("is not one that is followed to its end", async () => {
    const body = { ...OCTOPUS, url: "https://octopus.example.com", deploys: false };
    const answer = await manage("POST", `spaces/${shop.space}/targets`, body);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("leave this out")]);
    const { id } = await makeTarget(shop.space, body.url, OCTOPUS);
    expect((await manage("PATCH", `spaces/${shop.space}/targets/${id}`, { deploys: false })).status).toBe(400);
    expect((await manage("PATCH", `spaces/${shop.space}/targets/${id}`, { deploys: true })).status).toBe(200);
  });
});
