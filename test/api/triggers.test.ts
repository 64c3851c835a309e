import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { pushImage } from "../support/content.ts";
import { deliveriesOf, eventsOf, makeTarget, makeTrigger, receive } from "../support/deploy.ts";
import { openWorkshop, pushAndDeliver, type Workshop } from "../support/processing.ts";
import { ask, manage } from "../support/registry.ts";

const HOOK = "https://receiver.example.com/hook";

let shop: Workshop;

beforeEach(async () => {
  shop = await openWorkshop("triggers");
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function post(path: string, body: object = {}): Promise<{ status: number; json: unknown }> {
  const answer = await manage("POST", `spaces/${shop.space}/${path}`, body);
  return { status: answer.status, json: await answer.json() };
}

describe("a test of a trigger", () => {
  it("sends each target the newest push that it takes, now and once, and shows what each answers", async () => {
    const good = await makeTarget(shop.space, `${HOOK}/good`);
    const bad = await makeTarget(shop.space, `${HOOK}/bad`);
    const { id } = await makeTrigger(shop.space, [good.id, bad.id], { tag: { type: "semver", value: "^1.0" } });
    for (const [tag, seed] of [
      ["1.0.0", 1],
      ["1.1.0", 2],
      ["latest", 3],
    ] as const)
      await pushImage(`${shop.space}/web`, shop.as, tag, seed);
    const received = receive(({ url }) => new Response("said", { status: url.endsWith("bad") ? 500 : 200 }));
    const { status, json } = await post(`triggers/${id}/test`);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      event: {
        type: expect.stringContaining("registry.tag."),
        data: { repository: `${shop.space}/web`, tag: "1.1.0" },
      },
      results: [
        { target: good.id, name: "hook", outcome: "done", status: 200, detail: "said" },
        { target: bad.id, name: "hook", outcome: "retry", status: 500, detail: "said" },
      ],
    });
    const told = z.object({ data: z.object({ tag: z.string() }) });
    expect(received.map(({ body }) => told.parse(JSON.parse(body)).data.tag)).toEqual(["1.1.0", "1.1.0"]);
    expect(await deliveriesOf(shop.space)).toEqual([]);
  });

  it("sends what a tag points to, if one is named", async () => {
    const { id } = await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id]);
    const { digest } = await pushImage(`${shop.space}/web`, shop.as, "old");
    await pushImage(`${shop.space}/web`, shop.as, "new", 2);
    receive(() => new Response());
    const { json } = await post(`triggers/${id}/test`, { repository: "web", tag: "old" });
    expect(json).toMatchObject({ event: { data: { tag: "old", digest } }, results: [{ outcome: "done" }] });
  });

  it("looks at the address as any delivery does", async () => {
    const target = await makeTarget(shop.space, HOOK);
    const { id } = await makeTrigger(shop.space, [target.id]);
    await env.DB.prepare("UPDATE targets SET url = 'https://127.0.0.1/' WHERE id = ?").bind(target.id).run();
    await pushImage(`${shop.space}/web`, shop.as, "1.0");
    const received = receive(() => new Response());
    const { json } = await post(`triggers/${id}/test`);
    expect(json).toMatchObject({ results: [{ outcome: "failed", detail: expect.stringContaining("IP address") }] });
    expect(received).toEqual([]);
  });

  it("says when there is nothing to send", async () => {
    const { id } = await makeTrigger(shop.space, [(await makeTarget(shop.space, HOOK)).id]);
    expect(await post(`triggers/${id}/test`)).toMatchObject({ status: 409, json: { code: "NOTHING_TO_TEST" } });
    const named = { repository: "web", tag: "1.0" };
    expect(await post(`triggers/${id}/test`, named)).toMatchObject({ status: 404, json: { code: "MANIFEST_UNKNOWN" } });
    expect(await post(`triggers/${id}/test`, { tag: "1.0" })).toMatchObject({ status: 400 });
    expect(await post("triggers/trg_none/test")).toMatchObject({ status: 404, json: { code: "TRIGGER_UNKNOWN" } });
  });
});

async function preview(body: object): Promise<unknown> {
  return (await post("triggers:preview", body)).json;
}

describe("a preview", () => {
  it("looks at what the tag points to: platforms and artifact type", async () => {
    const chart = { artifactType: "application/vnd.cncf.helm.chart" };
    await pushImage(`${shop.space}/chart`, shop.as, "1.0", 1, chart);
    const match = { artifactTypes: ["image"] };
    expect(await preview({ match, repository: "chart", tag: "1.0" })).toEqual({
      fires: false,
      reason: expect.stringContaining("helm.chart"),
    });
    expect(await preview({ match, repository: "chart", tag: "2.0" })).toEqual({ fires: true });
  });

  it("compares with the repository's other tags", async () => {
    await pushImage(`${shop.space}/web`, shop.as, "2.0");
    await pushImage(`${shop.space}/web`, shop.as, "1.0", 2);
    const match = { tag: { type: "semver", value: ">=0", onlyIfNewer: true } };
    expect(await preview({ match, repository: "web", tag: "1.0" })).toEqual({
      fires: false,
      reason: "the tag 1.0 is not newer than 2.0, which the repository has",
    });
    expect(await preview({ match, repository: "web", tag: "2.0" })).toEqual({ fires: true });
  });

  it("tells what a group waits for", async () => {
    await pushImage(`${shop.space}/api`, shop.as, "1.0");
    const group = { requireAll: ["api", "ui"] };
    expect(await preview({ match: {}, group, repository: "api", tag: "1.0" })).toEqual({
      fires: false,
      reason: "waiting for ui to have the tag 1.0 as well",
    });
  });

  it("may be of a trigger that is there", async () => {
    const target = await makeTarget(shop.space, HOOK);
    const { id } = await makeTrigger(shop.space, [target.id], { repositories: ["web"] });
    expect(await preview({ trigger: id, repository: "web", tag: "1.0" })).toEqual({ fires: true });
    expect(await preview({ trigger: id, repository: "api", tag: "1.0" })).toMatchObject({ fires: false });
    expect(await preview({ trigger: "trg_none", repository: "api", tag: "1.0" })).toMatchObject({ status: 404 });
    expect(await preview({ trigger: id, match: {}, repository: "api", tag: "1.0" })).toMatchObject({ status: 400 });
    expect(await preview({ repository: "api", tag: "1.0" })).toMatchObject({ status: 400 });
  });
});

describe("an event", () => {
  it("shows what each trigger made of it, as it was decided then", async () => {
    const target = await makeTarget(shop.space, HOOK);
    const takes = await makeTrigger(shop.space, [target.id]);
    const refuses = await makeTrigger(shop.space, [target.id], { tag: { type: "exact", value: "latest" } });
    await pushAndDeliver(shop, "web", "1.0");
    const [event] = await eventsOf(shop.space);
    const expected = [
      { trigger: takes.id, fires: true, reason: null },
      { trigger: refuses.id, fires: false, reason: "the tag 1.0 is not latest" },
    ];
    expect(event?.triggers).toEqual(expect.arrayContaining(expected));
    await manage("DELETE", `spaces/${shop.space}/triggers/${refuses.id}`);
    const shown = await manage("GET", `spaces/${shop.space}/events/${event?.id}`);
    expect(await shown.json()).toMatchObject({ id: event?.id, triggers: expect.arrayContaining(expected) });
    const [delivery] = await deliveriesOf(shop.space, `?event=${event?.id}`);
    expect(delivery?.status).toBe("delivered");
    expect(await deliveriesOf(shop.space, "?event=evt_other")).toEqual([]);
  });

  it("of another space does not exist here", async () => {
    const other = await openWorkshop("triggers");
    await pushAndDeliver(other, "web", "1.0");
    const [event] = await eventsOf(other.space);
    expect((await manage("GET", `spaces/${shop.space}/events/${event?.id}`)).status).toBe(404);
  });
});

describe("a trigger whose rules are no longer understood", () => {
  it("stops no other, and says so", async () => {
    const target = await makeTarget(shop.space, HOOK);
    const { id } = await makeTrigger(shop.space, [target.id]);
    await makeTrigger(shop.space, [target.id]);
    await env.DB.prepare(`UPDATE triggers SET match = '{"moon":"full"}' WHERE id = ?`).bind(id).run();
    await pushAndDeliver(shop, "web", "1.0");
    expect(shop.sent.length).toBe(1);
    expect(await (await manage("GET", `spaces/${shop.space}/triggers/${id}`)).json()).toMatchObject({ match: null });
    const [event] = await eventsOf(shop.space);
    expect(event?.triggers?.find(({ trigger }) => trigger === id)?.reason).toContain("no longer understood");
  });
});

describe("an address that is as good as a password", () => {
  const address = "https://api.render.com/deploy/srv-1?key=very-secret-key";
  const hook = { type: "url-hook", config: { template: "render" } };

  it("is kept encrypted and shown without what is secret", async () => {
    const { id, ...shown } = await makeTarget(shop.space, address, hook);
    expect(shown).toMatchObject({ url: "https://api.render.com/…" });
    for (const path of ["targets", `targets/${id}`]) {
      expect(await (await manage("GET", `spaces/${shop.space}/${path}`)).text()).not.toContain("srv-1");
    }
    const row = await env.DB.prepare("SELECT * FROM targets WHERE id = ?").bind(id).first();
    expect(JSON.stringify(row)).not.toContain("very-secret-key");
  });

  it("is what is called, and is redacted from what comes back", async () => {
    await makeTrigger(shop.space, [(await makeTarget(shop.space, address, hook)).id]);
    shop.answer = ({ url }) => ({
      status: 400,
      body: `no such service: ${JSON.stringify({ url }).replaceAll("/", String.raw`\/`)} ${encodeURIComponent(url)} /deploy/srv-1?key=very-secret-key`,
      retryAfter: null,
    });
    await pushAndDeliver(shop, "web", "1.0");
    expect(shop.sent[0]?.url).toMatch(/^https:\/\/api\.render\.com\/deploy\/srv-1\?key=very-secret-key&imgURL=/);
    const [delivery] = await deliveriesOf(shop.space);
    expect(delivery?.reason).toContain("no such service");
    expect(delivery?.reason).not.toContain("very-secret-key");
    expect(delivery?.reason).not.toContain("imgURL");
  });
});

describe("an Octopus target", () => {
  it("without an API key shows whom Octopus has to trust", async () => {
    const serviceAccount = "863b4b7d-6308-456e-8375-8d9270e9be44";
    const config = { project: "Web", serviceAccount };
    const target = await makeTarget(shop.space, "https://octopus.example.com", { type: "octopus", config });
    const subject = `space:${shop.space}:target:${target.id}`;
    expect(target).toMatchObject({ identity: { issuer: "https://registry.test", subject } });
    const discovery = await (await ask("/.well-known/openid-configuration")).json();
    expect(discovery).toMatchObject({
      issuer: "https://registry.test",
      jwks_uri: "https://registry.test/.well-known/jwks.json",
      id_token_signing_alg_values_supported: ["ES256"],
    });
  });

  it.each([
    ["neither an API key nor a service account", {}, {}],
    ["both", { secret: "API-KEY-1" }, { serviceAccount: "863b4b7d-6308-456e-8375-8d9270e9be44" }],
  ])("is refused with %s", async (_, secret, more) => {
    const body = { name: "o", type: "octopus", url: "https://octopus.example.com", ...secret };
    const answer = await post("targets", { ...body, config: { project: "Web", ...more } });
    expect(answer).toMatchObject({ status: 400, json: { detail: expect.stringContaining("serviceAccount") } });
  });
});
