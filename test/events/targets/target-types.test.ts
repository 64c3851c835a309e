import { describe, expect, it } from "vitest";
import { settingsOf } from "../../../src/contract/settings.ts";
import { EVENT_TYPES, type RegistryEvent } from "../../../src/events/event.ts";
import { givenSecret, type TargetRequest, type TargetType } from "../../../src/events/target.ts";
import { describeTargetTypes, findTargetType } from "../../../src/events/target-types.ts";
import { TARGET_TYPES } from "../../../src/events/targets/index.ts";
import { attemptWith, deliverTo, EVENT, type RequestTypeName } from "./fixtures.ts";

const SECRET = "whsec_CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=";

/** The smallest configuration of each type. */
const CONFIGS: ReadonlyMap<string, object> = new Map(
  Object.entries({
    "github-dispatch": { owner: "acme", repo: "deploy" },
    "gitlab-pipeline": { project: "1", ref: "main" },
    "url-hook": { template: "custom" },
    octopus: { project: "Web" },
  }),
);

const TYPES = Object.entries<TargetType>(TARGET_TYPES);

/** Returns the first request of an attempt. */
async function send(type: TargetType, event: RegistryEvent): Promise<TargetRequest> {
  const url = "https://receiver.example.org/hook?tag={tag}";
  const attempt = attemptWith({ event, url, config: CONFIGS.get(type.type) ?? {}, secrets: [SECRET] });
  const [request] = (await deliverTo(type, attempt)).requests;
  if (request === undefined) throw new Error("nothing was sent");
  return request;
}

describe.each(TYPES)("the target type %s", (name, type) => {
  it("is found under its own name", () => {
    expect(type.type).toBe(name);
    expect(findTargetType(name)).toBe(type);
  });

  it("describes itself, and every setting", () => {
    const described = describeTargetTypes().find((one) => one.name === name);
    expect(described).toMatchObject({
      title: expect.stringMatching(/^\w.{3,}$/),
      settings: { additionalProperties: false },
    });
    for (const text of [described?.description, described?.address.description])
      expect(text).toMatch(/^[A-Z].{10,}\.$/);
    expect(described?.secret === null).toBe(type.secret === "made" || type.secret === "none");
    for (const setting of settingsOf(described?.settings)) {
      expect(setting.title, setting.path).not.toBe(setting.path);
      expect(setting.description, setting.path).toMatch(/\.$/);
      expect(setting.kind, setting.path).not.toBe("json");
    }
  });

  it("refuses unknown settings", () => {
    expect(type.parseConfig({ ...CONFIGS.get(name), surprise: 1 }).ok).toBe(false);
  });

  it.each(EVENT_TYPES)("sends %s, or says that it cannot", async (event) => {
    const sent = type.events.includes(event) ? "sent" : `UnsendableError: ${name} cannot send ${event}`;
    const request = send(type, { ...EVENT, type: event });
    expect(await request.then(() => "sent", String)).toBe(sent);
  });

  it("says that a config does not fit", async () => {
    const attempt = deliverTo(type, attemptWith({ config: { surprise: 1 }, secrets: [SECRET] }));
    await expect(attempt).rejects.toThrow(`the target's config no longer fits ${name}`);
  });

  it("lets no value break out of its place", async () => {
    const hostile = `"}]&x=1\r\nInjected: yes\u2028<!--{digest}\ud800`;
    const event = { ...EVENT, tag: hostile, path: hostile, actor: { id: "tok_1", name: hostile } };
    const plain = await send(type, EVENT);
    const request = await send(type, event);
    expect(Object.keys(request.headers)).toEqual(Object.keys(plain.headers));
    expect(new Request(request.url, { headers: { ...request.headers } }).headers.has("injected")).toBe(false);
    expect(new URL(request.url).host).toBe(new URL(plain.url).host);
    expect([...new URL(request.url).searchParams.keys()]).toEqual([...new URL(plain.url).searchParams.keys()]);
    expect(shapeOf(request.body)).toEqual(shapeOf(plain.body));
  });
});

/** Returns the names in a body, without their values. */
function shapeOf(body: string | null): unknown {
  if (body === null) return null;
  if (!body.startsWith("{")) return [...new URLSearchParams(body).keys()];
  return JSON.parse(body, (_, value: unknown) => (typeof value === "string" ? "" : value));
}

describe("a name that is no target type", () => {
  it.each(["", "Octopus", "toString", "__proto__", "Harbor"])("%j is not found", (name) => {
    expect(findTargetType(name)).toBeNull();
  });
});

describe("the config of a url-hook", () => {
  it("is a POST unless it says otherwise", () => {
    const parsed = TARGET_TYPES["url-hook"].parseConfig({ template: "render" });
    expect(parsed).toEqual({ ok: true, data: { template: "render", method: "POST" } });
  });

  it.each([
    {},
    { template: "heroku" },
    { template: "toString" },
    { template: "render", method: "DELETE" },
    { template: "render", x: 1 },
  ])("is not %j", (input) => {
    expect(TARGET_TYPES["url-hook"].parseConfig(input).ok).toBe(false);
  });
});

const NO_REASON = null;
const github = { owner: "acme", repo: "deploy" };
const gitlab = { project: "1", ref: "main" };

describe("an answer's status", () => {
  it.each<[RequestTypeName, unknown, number, string, unknown]>([
    ["standard-webhook", {}, 200, "done", NO_REASON],
    ["standard-webhook", {}, 204, "done", NO_REASON],
    ["standard-webhook", {}, 299, "done", NO_REASON],
    ["standard-webhook", {}, 199, "retry", NO_REASON],
    ["standard-webhook", {}, 301, "retry", NO_REASON],
    ["standard-webhook", {}, 400, "retry", NO_REASON],
    ["standard-webhook", {}, 410, "gone", NO_REASON],
    ["standard-webhook", {}, 429, "retry", NO_REASON],
    ["standard-webhook", {}, 503, "retry", NO_REASON],
    ["harbor", {}, 404, "retry", NO_REASON],
    ["github-dispatch", github, 204, "done", NO_REASON],
    ["github-dispatch", github, 301, "failed", expect.stringContaining("renamed or moved")],
    ["github-dispatch", github, 401, "retry", expect.stringContaining("token")],
    ["github-dispatch", github, 403, "retry", NO_REASON],
    ["github-dispatch", github, 404, "retry", expect.stringContaining("no such repository")],
    ["github-dispatch", github, 422, "failed", expect.stringContaining("refuses")],
    ["gitlab-pipeline", gitlab, 201, "done", NO_REASON],
    ["gitlab-pipeline", gitlab, 400, "failed", expect.stringContaining("refuses to create a pipeline")],
    ["gitlab-pipeline", gitlab, 404, "retry", expect.stringContaining("no such project")],
    ["url-hook", { template: "portainer" }, 204, "done", NO_REASON],
    ["url-hook", { template: "portainer" }, 409, "retry", expect.stringContaining("busy")],
    ["url-hook", { template: "dokploy" }, 200, "done", NO_REASON],
    ["url-hook", { template: "dokploy" }, 301, "failed", expect.stringContaining("another image, tag or branch")],
    ["url-hook", { template: "render" }, 301, "retry", NO_REASON],
    ["url-hook", { template: "render" }, 409, "retry", NO_REASON],
    ["url-hook", { template: "custom" }, 410, "gone", NO_REASON],
    ["url-hook", "a config of long ago", 301, "retry", NO_REASON],
  ])("%s with %j: %i is %s", (name, config, status, verdict, reason) => {
    expect(TARGET_TYPES[name].judge(status, config)).toEqual({ verdict, reason });
  });
});

describe("a secret that is given", () => {
  it.each([
    ["Bearer abc", true],
    ["12345678", true],
    ["1234567", false],
    ["", false],
    [" in front", false],
    ["at the end ", false],
    ["of two\nlines", false],
    ["with a\ttab", false],
    ["schlüssel", false],
    ["x".repeat(2001), false],
  ])("%j can be sent in a header: %s", (secret, taken) => {
    expect(givenSecret.safeParse(secret).success).toBe(taken);
  });
});
