import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { d1Targets } from "../../src/storage/d1/events/targets.ts";
import { secretBox } from "../../src/storage/secret-box.ts";
import { pushImage } from "../support/content.ts";
import { deliveriesOf, eventsOf, makeTarget, makeTrigger, receive } from "../support/deploy.ts";
import { openWorkshop, pushAndDeliver, type Workshop } from "../support/processing.ts";
import { administratorOf, manage } from "../support/registry.ts";

const HOOK = "https://receiver.example.com/hook";
const ELSEWHERE = "https://elsewhere.example.net/hook";

let shop: Workshop;

beforeEach(async () => {
  shop = await openWorkshop("changes");
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function send(method: string, path: string, body: object = {}): Promise<{ status: number; json: unknown }> {
  const answer = await manage(method, `spaces/${shop.space}/${path}`, body);
  return { status: answer.status, json: await answer.json() };
}

const change = (path: string, body: object): Promise<{ status: number; json: unknown }> => send("PATCH", path, body);

/** Returns those of the texts that are sent with the next push. */
async function sentOf(texts: readonly string[]): Promise<readonly string[]> {
  shop.sent.length = 0;
  await pushAndDeliver(shop, "web", `t${Date.now()}`);
  return texts.filter((text) => JSON.stringify(shop.sent).includes(text));
}

describe("a change of a target", () => {
  const given = { type: "harbor", secret: "Bearer first-secret" };

  it("of its name leaves the rest", async () => {
    const target = await makeTarget(shop.space, HOOK, given);
    await makeTrigger(shop.space, [target.id]);
    const { status, json } = await change(`targets/${target.id}`, { name: "other" });
    expect(status).toBe(200);
    expect(json).toMatchObject({ id: target.id, name: "other", url: HOOK, hasSecret: true, enabled: true });
    expect(JSON.stringify(json)).not.toContain("first-secret");
    expect(await sentOf([HOOK, "first-secret"])).toEqual([HOOK, "first-secret"]);
  });

  it("to another address needs its secret again, which else would be sent there", async () => {
    const target = await makeTarget(shop.space, HOOK, given);
    await makeTrigger(shop.space, [target.id]);
    const refused = await change(`targets/${target.id}`, { url: ELSEWHERE });
    expect(refused).toMatchObject({ status: 400, json: { errors: [{ path: "secret" }] } });
    expect(await sentOf([HOOK, ELSEWHERE])).toEqual([HOOK]);
    expect((await change(`targets/${target.id}`, { url: ELSEWHERE, secret: "second-secret" })).status).toBe(200);
    expect(await sentOf([HOOK, ELSEWHERE, "first-secret", "second-secret"])).toEqual([ELSEWHERE, "second-secret"]);
    const none = await change(`targets/${target.id}`, { url: HOOK, secret: null });
    expect(none).toMatchObject({ status: 200, json: { hasSecret: false, url: HOOK } });
    expect(await sentOf(["second-secret", "authorization"])).toEqual([]);
  });

  it("to the address that it has needs nothing", async () => {
    const target = await makeTarget(shop.space, HOOK, given);
    expect(await change(`targets/${target.id}`, { url: HOOK })).toMatchObject({
      status: 200,
      json: { hasSecret: true },
    });
  });

  it("to another address does not happen when a secret came meanwhile", async () => {
    const target = await makeTarget(shop.space, HOOK, given);
    await makeTrigger(shop.space, [target.id]);
    const update = {
      name: "n",
      address: { shown: ELSEWHERE, whole: ELSEWHERE },
      config: undefined,
      deploys: undefined,
      secret: undefined,
    };
    expect(
      await d1Targets(env.DB, secretBox(env.ENCRYPTION_KEY)).update(administratorOf(shop.space), target.id, update),
    ).toBe(false);
    expect(await sentOf([HOOK, ELSEWHERE])).toEqual([HOOK]);
  });

  it("to another address brings a new secret where it is made here, and the old one signs no more", async () => {
    const target = await makeTarget(shop.space, HOOK);
    await send("POST", `targets/${target.id}/rotate-secret`);
    await makeTrigger(shop.space, [target.id]);
    const moved = await change(`targets/${target.id}`, { url: ELSEWHERE });
    expect(moved).toMatchObject({ status: 200, json: { url: ELSEWHERE, secret: expect.stringMatching(/^whsec_/) } });
    expect(moved.json).not.toMatchObject({ secret: target.secret });
    shop.sent.length = 0;
    await pushAndDeliver(shop, "web", "1.0");
    expect(shop.sent.map(({ url }) => url)).toEqual([ELSEWHERE]);
    expect(shop.sent[0]?.headers["webhook-signature"]?.split(" ").length).toBe(1);
    expect((await change(`targets/${target.id}`, { name: "n" })).json).not.toHaveProperty("secret");
  });

  it("leaves a secret that is shorter than one may give now, as those were that are stored", async () => {
    const target = await makeTarget(shop.space, HOOK, given);
    const targets = d1Targets(env.DB, secretBox(env.ENCRYPTION_KEY));
    expect(await targets.rotateSecret(administratorOf(shop.space), target.id, "brief", 0)).toBe(true);
    await makeTrigger(shop.space, [target.id]);
    expect((await change(`targets/${target.id}`, { name: "other" })).status).toBe(200);
    expect(await sentOf(["brief"])).toEqual(["brief"]);
  });

  it("keeps an address that is as good as a password encrypted", async () => {
    const hook = { type: "url-hook", config: { template: "render" } };
    const target = await makeTarget(shop.space, "https://api.render.com/deploy/srv-1?key=one", hook);
    await makeTrigger(shop.space, [target.id]);
    const moved = await change(`targets/${target.id}`, { url: "https://api.render.com/deploy/srv-2?key=two" });
    expect(moved).toMatchObject({ status: 200, json: { url: "https://api.render.com/…" } });
    const row = await env.DB.prepare("SELECT * FROM targets WHERE id = ?").bind(target.id).first();
    expect(JSON.stringify(row)).not.toMatch(/srv-2|key=two/);
    expect(await sentOf(["srv-1", "srv-2?key=two"])).toEqual(["srv-2?key=two"]);
  });

  it("cannot take along an identity that a server trusts", async () => {
    const config = { project: "Web", serviceAccount: "863b4b7d-6308-456e-8375-8d9270e9be44" };
    const target = await makeTarget(shop.space, "https://octopus.example.com", { type: "octopus", config });
    const moved = await change(`targets/${target.id}`, { url: "https://octopus.example.net" });
    expect(moved).toMatchObject({ status: 400, json: { errors: [{ path: "url" }] } });
    const both = await change(`targets/${target.id}`, {
      url: "https://octopus.example.net",
      config: { project: "Web" },
      secret: "API-KEY-1",
    });
    expect(both.status).toBe(400);
    const keyed = await change(`targets/${target.id}`, { config: { project: "Web" }, secret: "API-KEY-1" });
    expect(keyed).toMatchObject({ status: 200, json: { hasSecret: true, config: { project: "Web" } } });
  });

  it.each([
    ["nothing", {}],
    ["its type", { type: "keel" }],
    ["a private address", { url: "https://127.0.0.1/", secret: "long-enough" }],
    ["a secret that no header holds", { secret: "secret\nof two lines" }],
    ["a secret that stands by chance in any text", { secret: "1234567" }],
    ["a config that does not fit", { config: { x: 1 } }],
  ])("is refused: %s", async (_, body) => {
    const target = await makeTarget(shop.space, HOOK, given);
    expect((await change(`targets/${target.id}`, body)).status).toBe(400);
  });

  it("of another space's does not exist here", async () => {
    const other = await openWorkshop("changes");
    const target = await makeTarget(other.space, HOOK);
    expect(await change(`targets/${target.id}`, { name: "n" })).toMatchObject({ status: 404 });
    expect(await send("POST", `targets/${target.id}/test`)).toMatchObject({ status: 404 });
  });

  it("begins to count its failures anew", async () => {
    const target = await makeTarget(shop.space, HOOK, given);
    await env.DB.prepare("UPDATE targets SET failing_since = 1 WHERE id = ?").bind(target.id).run();
    expect((await change(`targets/${target.id}`, { name: "n" })).json).toMatchObject({
      failingSince: expect.any(String),
    });
    expect((await change(`targets/${target.id}`, { secret: "another-secret" })).json).toMatchObject({
      failingSince: null,
    });
  });
});

describe("a change of a trigger", () => {
  it("changes what is given, and what comes after goes by it", async () => {
    const [one, two] = [await makeTarget(shop.space, `${HOOK}/1`), await makeTarget(shop.space, `${HOOK}/2`)];
    const { id } = await makeTrigger(shop.space, [one.id], { repositories: ["web"] }, { debounceSeconds: 5 });
    const changed = await change(`triggers/${id}`, { targets: [two.id], debounceSeconds: null });
    expect(changed).toMatchObject({
      status: 200,
      json: { name: "any push", match: { repositories: ["web"] }, targets: [two.id] },
    });
    expect(changed.json).not.toHaveProperty("debounceSeconds");
    expect(await (await manage("GET", `spaces/${shop.space}/triggers/${id}`)).json()).toEqual(changed.json);
    await pushAndDeliver(shop, "web", "1.0");
    expect(shop.sent.map(({ url }) => url)).toEqual([`${HOOK}/2`]);
  });

  it("must leave rules that fit together", async () => {
    const target = await makeTarget(shop.space, HOOK);
    const { id } = await makeTrigger(shop.space, [target.id], {}, { group: { requireAll: ["api", "ui"] } });
    const refused = await change(`triggers/${id}`, { match: { repositories: ["api"] } });
    expect(refused).toMatchObject({ status: 400, json: { errors: [{ path: "group.requireAll" }] } });
    expect((await change(`triggers/${id}`, { match: { repositories: ["api"] }, group: null })).status).toBe(200);
    expect(await change(`triggers/${id}`, { targets: ["tgt_none"] })).toMatchObject({ status: 404 });
    expect(await change(`triggers/${id}`, {})).toMatchObject({ status: 400 });
    expect(await change("triggers/trg_none", { name: "x" })).toMatchObject({ status: 404 });
  });

  it("mends rules that are no longer understood", async () => {
    const target = await makeTarget(shop.space, HOOK);
    const { id } = await makeTrigger(shop.space, [target.id]);
    await env.DB.prepare(`UPDATE triggers SET match = '{"moon":"full"}' WHERE id = ?`).bind(id).run();
    expect(await change(`triggers/${id}`, { name: "x" })).toMatchObject({
      status: 400,
      json: { errors: [{ path: "match" }] },
    });
    expect(await change(`triggers/${id}`, { match: {} })).toMatchObject({ status: 200, json: { match: {} } });
  });
});

describe("a test of a target", () => {
  it("sends the newest push that its format has words for, once", async () => {
    const target = await makeTarget(shop.space, HOOK, { type: "keel" });
    expect(await send("POST", `targets/${target.id}/test`)).toMatchObject({
      status: 409,
      json: { code: "NOTHING_TO_TEST" },
    });
    await pushImage(`${shop.space}/web`, shop.as, "1.0");
    const received = receive(() => new Response("thanks"));
    expect(await send("POST", `targets/${target.id}/test`)).toMatchObject({
      status: 200,
      json: { results: [{ target: target.id, outcome: "done", status: 200, detail: "thanks" }] },
    });
    expect(received.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([{ tag: "1.0" }]);
    expect(await deliveriesOf(shop.space)).toEqual([]);
    const named = { repository: "web", tag: "no" };
    expect(await send("POST", `targets/${target.id}/test`, named)).toMatchObject({ status: 404 });
  });
});

const preview = (body: object): Promise<{ status: number; json: unknown }> => send("POST", "pushes:preview", body);

describe("a preview of the last pushes", () => {
  it("tells of each whether it fires, and why not; newest first", async () => {
    for (const [tag, seed] of [
      ["1.0", 1],
      ["latest", 2],
    ] as const)
      await pushImage(`${shop.space}/web`, shop.as, tag, seed);
    const { status, json } = await preview({ match: { tag: { type: "semver", value: "^1" } } });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      pushes: [
        { repository: `${shop.space}/web`, tag: "latest", fires: false, reason: "the tag latest is not a version" },
        { tag: "1.0", fires: true, reason: null },
      ],
    });
  });

  it("does not hold against a push what came after it", async () => {
    for (const [tag, seed] of [
      ["1.0", 1],
      ["2.0", 2],
      ["1.5", 3],
    ] as const)
      await pushImage(`${shop.space}/web`, shop.as, tag, seed);
    const { json } = await preview({ match: { tag: { type: "semver", value: ">=0", onlyIfNewer: true } } });
    expect(json).toMatchObject({
      pushes: [
        { tag: "1.5", fires: false, reason: "the tag 1.5 is not newer than 2.0, which the repository has" },
        { tag: "2.0", fires: true },
        { tag: "1.0", fires: true },
      ],
    });
  });

  it("looks at groups likewise", async () => {
    await pushImage(`${shop.space}/api`, shop.as, "1.0", 1);
    await pushImage(`${shop.space}/ui`, shop.as, "1.0", 2);
    const { json } = await preview({ match: {}, group: { requireAll: ["api", "ui"] } });
    expect(json).toMatchObject({
      pushes: [{ fires: true }, { fires: false, reason: "waiting for ui to have the tag 1.0 as well" }],
    });
  });

  it("shows what else the trigger takes, of a trigger that is there too", async () => {
    const target = await makeTarget(shop.space, HOOK);
    await pushImage(`${shop.space}/web`, shop.as, "1.0", 1);
    const { id } = await makeTrigger(shop.space, [target.id], { events: ["manifest.pushed"] });
    const { json } = await preview({ trigger: id });
    const both = [
      { type: "tag.created", fires: false },
      { type: "manifest.pushed", fires: true },
    ];
    expect(json).toMatchObject({ pushes: expect.arrayContaining(both.map((one) => expect.objectContaining(one))) });
    expect((await preview({ trigger: "trg_none" })).status).toBe(404);
    expect((await preview({})).status).toBe(400);
    const unheard = { match: { repositories: ["api"] }, group: { requireAll: ["api", "ui"] } };
    expect(await preview(unheard)).toMatchObject({ status: 400, json: { errors: [{ path: "group.requireAll" }] } });
    expect((await send("POST", "pushesx", { match: {} })).status).toBe(404);
  });
});

describe("the list of events", () => {
  it("may be of pushes alone", async () => {
    await pushAndDeliver(shop, "web", "1.0");
    const answer = await manage("GET", `spaces/${shop.space}/events?kind=push`);
    expect(await answer.json()).toMatchObject({ items: [{ type: "registry.tag.created", data: { tag: "1.0" } }] });
    expect((await eventsOf(shop.space)).length).toBe(1);
    expect((await manage("GET", `spaces/${shop.space}/events?kind=pull`)).status).toBe(400);
  });
});
