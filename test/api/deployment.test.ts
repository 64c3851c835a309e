import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { pushImage } from "../support/content.ts";
import { makeTarget, makeTrigger } from "../support/deploy.ts";
import { makeSpace, makeToken, manage } from "../support/registry.ts";

const SPACE = "deployment";
const HOOK = "https://hooks.example.com/x";
const problem = z.object({ status: z.int(), code: z.string(), detail: z.string() });

async function refusal(answer: Response): Promise<string> {
  const { status, code, detail } = problem.parse(await answer.json());
  return `${status} ${code}: ${detail}`;
}

beforeAll(async () => {
  await makeSpace(SPACE);
  await makeSpace("foreign");
});

describe("a target", () => {
  it("shows the secret that was made for it once, and keeps it encrypted", async () => {
    const { id, secret = "" } = await makeTarget(SPACE, HOOK);
    expect(id).toMatch(/^tgt_/);
    expect(secret).toMatch(/^whsec_/);
    for (const path of ["targets", `targets/${id}`]) {
      expect(await (await manage("GET", `spaces/${SPACE}/${path}`)).text()).not.toContain(secret);
    }
    const stored = await env.DB.prepare("SELECT * FROM targets WHERE id = ?").bind(id).first();
    expect(JSON.stringify(stored)).not.toContain(secret.slice(6));
    const rotated = await manage("POST", `spaces/${SPACE}/targets/${id}/rotate-secret`);
    expect(z.object({ secret: z.string() }).parse(await rotated.json()).secret).not.toBe(secret);
  });

  it("never shows a secret that was given", async () => {
    const config = { owner: "octo", repo: "cat" };
    const body = { name: "gh", type: "github-dispatch", secret: "ghp_very-secret", config };
    const answer = await manage("POST", `spaces/${SPACE}/targets`, body);
    expect(answer.status).toBe(201);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ url: "https://api.github.com", config });
    expect(text).not.toContain("ghp_very-secret");
  });

  it.each([
    ["no such type", { type: "carrier-pigeon", url: HOOK }, "standard-webhook"],
    ["plain http", { url: "http://hooks.example.com" }, "https"],
    ["loopback", { url: "https://127.0.0.1/" }, "not an IP address"],
    ["this registry", { url: "https://registry.test/" }, "registry itself"],
    ["no address", { url: undefined }, "needs an address"],
    ["a secret where one is made", { secret: "mine" }, "shows it once"],
    ["no secret where one is needed", { type: "generic-hmac" }, "needs a secret"],
    ["a secret that no header can hold", { type: "generic-hmac", secret: "secret\nof two lines" }, "visible ASCII"],
    ["a secret that stands by chance in any text", { type: "generic-hmac", secret: "1234567" }, "8 characters"],
    ["a config that the type does not have", { config: { extra: 1 } }, "see errors"],
    ["an unknown field", { enabled: true }, "see errors"],
  ])("is refused with %s", async (_, change, reason) => {
    const body = { name: "t", type: "standard-webhook", url: HOOK, ...change };
    const said = await refusal(await manage("POST", `spaces/${SPACE}/targets`, body));
    expect(said).toContain("400 REQUEST_INVALID");
    expect(said).toContain(reason);
  });

  it("of another space does not exist here, by any route", async () => {
    const { id } = await makeTarget("foreign", HOOK);
    const admin = (await makeToken(SPACE, { actions: ["admin"] })).token;
    for (const [method, path] of [
      ["GET", id],
      ["DELETE", id],
      ["POST", `${id}/enable`],
      ["POST", `${id}/disable`],
      ["POST", `${id}/rotate-secret`],
    ] as const) {
      const answer = await manage(method, `spaces/${SPACE}/targets/${path}`, method === "POST" ? {} : undefined, admin);
      expect(await refusal(answer)).toContain("404 TARGET_UNKNOWN");
    }
    const trigger = { name: "t", match: {}, targets: [id] };
    expect(await refusal(await manage("POST", `spaces/${SPACE}/triggers`, trigger))).toContain("404 TARGET_UNKNOWN");
  });
});

async function countTriggers(): Promise<unknown> {
  return env.DB.prepare("SELECT COUNT(*) AS n FROM triggers").first("n");
}

describe("a trigger", () => {
  it("is made, shown, switched and deleted", async () => {
    const { id: target } = await makeTarget(SPACE, HOOK);
    const body = {
      name: "any push",
      match: { repositories: ["**"], events: ["tag.created", "tag.updated"] },
      targets: [target],
    };
    const made = await manage("POST", `spaces/${SPACE}/triggers`, body);
    expect(made.status).toBe(201);
    const { id } = z.object({ id: z.string() }).parse(await made.json());
    expect(await (await manage("GET", `spaces/${SPACE}/triggers/${id}`)).json()).toMatchObject({
      ...body,
      enabled: true,
    });
    const off = await manage("POST", `spaces/${SPACE}/triggers/${id}/disable`);
    expect(await off.json()).toMatchObject({ enabled: false });
    expect((await manage("DELETE", `spaces/${SPACE}/triggers/${id}`)).status).toBe(204);
    expect(await refusal(await manage("GET", `spaces/${SPACE}/triggers/${id}`))).toContain("404 TRIGGER_UNKNOWN");
  });

  it.each<[string, object, string[]?]>([
    ["a broken range", { tag: { type: "semver", value: ">=1.0 banana" } }],
    ["a regular expression that is not linear", { tag: { type: "regex", value: "(a)\\1" } }],
    ["an unknown event", { events: ["tag.moved"] }],
    ["an unknown field", { branch: "main" }],
    ["no target", {}, []],
  ])("is refused with %s, and nothing is saved", async (_, match, targets = ["tgt_x"]) => {
    const before = await countTriggers();
    const answer = await manage("POST", `spaces/${SPACE}/triggers`, { name: "t", match, targets });
    expect(await refusal(answer)).toContain("400 REQUEST_INVALID");
    expect(await countTriggers()).toBe(before);
  });

  it("says beforehand whether it would fire, and why not", async () => {
    const preview = async (tag: string): Promise<unknown> => {
      const match = { repositories: ["web"], tag: { type: "semver", value: "^1.0" } };
      return (await manage("POST", `spaces/${SPACE}/triggers:preview`, { match, repository: "web", tag })).json();
    };
    expect(await preview("1.2.3")).toEqual({ fires: true });
    expect(await preview("2.0.0")).toEqual({ fires: false, reason: expect.stringContaining("2.0.0") });
    expect((await manage("POST", `spaces/${SPACE}/triggersXpreview`, {})).status).toBe(404);
  });
});

describe("events and deliveries", () => {
  it("are listed newest first, in pages", async () => {
    const as = await makeSpace("listed");
    await makeTrigger("listed", [(await makeTarget("listed", HOOK)).id]);
    for (const tag of ["a", "b", "c"]) await pushImage("listed/web", as, tag);
    const page = z.object({
      items: z.array(z.object({ data: z.object({ tag: z.string().nullable() }) })),
      next: z.string().nullable(),
    });
    const seen: (string | null)[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const answer = page.parse(await (await manage("GET", `spaces/listed/events?limit=1${query}`)).json());
      seen.push(...answer.items.map(({ data }) => data.tag));
      cursor = answer.next;
    }
    expect(seen.filter((tag) => tag !== null)).toEqual(["c", "b", "a"]);
  });

  it.each([
    ["GET", "deliveries/dlv_none"],
    ["POST", "deliveries/dlv_none/redeliver"],
  ])("that are unknown are not found: %s %s", async (method, path) => {
    expect(await refusal(await manage(method, `spaces/${SPACE}/${path}`))).toContain("404 DELIVERY_UNKNOWN");
  });

  it("may be filtered, by what there is", async () => {
    expect((await manage("GET", `spaces/${SPACE}/deliveries?status=failed&trigger=trg_x&target=tgt_x`)).status).toBe(
      200,
    );
    expect((await manage("GET", `spaces/${SPACE}/deliveries?status=lost`)).status).toBe(400);
  });
});
