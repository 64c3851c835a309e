/** Tests tokens that tokens make: their maker, their rights, and their end with their maker. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { consoleHeaders, signIn } from "../support/console.ts";
import { ask, makeToken, manage, nextSpace, type TestToken } from "../support/registry.ts";

let space = "";
let maker: TestToken;

beforeEach(async () => {
  ({ space } = await nextSpace("makers"));
  const actions = ["admin"];
  maker = await makeToken(space, { name: "boss", actions, repositories: ["web/**"], expiresIn: 86_400 });
});

const tokenShape = z.object({
  id: z.string(),
  token: z.string().default(""),
  name: z.string(),
  expiresAt: z.iso.datetime().nullable(),
  createdBy: z.object({ id: z.string(), name: z.string() }).nullable(),
});

type Made = z.infer<typeof tokenShape>;

const problem = z.object({ detail: z.string() });

function create(as: string, wish: object = {}): Promise<Response> {
  const body = { name: "made", actions: ["admin", "pull"], repositories: ["web/api"], ...wish };
  return manage("POST", `spaces/${space}/tokens`, body, as);
}

async function made(as: string, wish: object = {}): Promise<Made> {
  const answer = await create(as, wish);
  expect(answer.status).toBe(201);
  return tokenShape.parse(await answer.json());
}

async function names(): Promise<readonly string[]> {
  const answer = await manage("GET", `spaces/${space}/tokens`);
  const { items } = z.object({ items: z.array(tokenShape) }).parse(await answer.json());
  return items
    .map(({ name }) => name)
    .filter((name) => name !== "test")
    .toSorted();
}

function revoke(id: string, query = ""): Promise<Response> {
  return manage("DELETE", `spaces/${space}/tokens/${id}${query}`);
}

describe("a token", () => {
  it("is told once, with its address and in no cache", async () => {
    const answer = await create(maker.token);
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    const { id, token } = tokenShape.parse(await answer.json());
    expect(token).toMatch(/^sdt_/);
    expect(answer.headers.get("Location")).toBe(`/api/v1/spaces/${space}/tokens/${id}`);
    expect(await (await manage("GET", `spaces/${space}/tokens/${id}`)).text()).not.toContain(token);
  });

  it("says who made it: a token, or an administrator", async () => {
    const child = await made(maker.token);
    expect(child.createdBy).toEqual({ id: maker.id, name: "boss" });
    const shown = await manage("GET", `spaces/${space}/tokens/${child.id}`);
    expect(tokenShape.parse(await shown.json()).createdBy).toEqual({ id: maker.id, name: "boss" });
    const own = await manage("GET", `spaces/${space}/tokens/${maker.id}`);
    expect(tokenShape.parse(await own.json()).createdBy).toEqual({ id: "administrator", name: "administrator" });
    await env.DB.prepare("UPDATE tokens SET created_by = NULL WHERE id = ?").bind(child.id).run();
    const older = await manage("GET", `spaces/${space}/tokens/${child.id}`);
    expect(tokenShape.parse(await older.json()).createdBy).toBeNull();
  });

  it("ends with its maker where it has no end", async () => {
    const { expiresAt } = await made(maker.token);
    const end = Date.parse(expiresAt ?? "");
    expect(end).toBeGreaterThan(Date.now() + 86_000_000);
    expect(end).toBeLessThanOrEqual(Date.now() + 86_400_000);
  });

  it.each([
    ["repositories", { repositories: ["**"] }, "do not cover **"],
    ["all repositories, unsaid", { repositories: undefined }, "do not cover **"],
    ["a later end", { expiresIn: 90_000 }, "it expires at"],
  ])("may not do more than its maker: %s", async (_name, wish, reason) => {
    const answer = await create(maker.token, wish);
    expect(answer.status).toBe(403);
    expect(problem.parse(await answer.json()).detail).toContain(reason);
    // Not by the console either.
    const headers = consoleHeaders(await signIn(maker.token));
    const body = JSON.stringify({ name: "made", actions: ["pull"], repositories: ["web/api"], ...wish });
    expect((await ask(`/api/v1/spaces/${space}/tokens`, { method: "POST", headers, body })).status).toBe(403);
    // Not by a detour either.
    const child = await made(maker.token, { actions: ["admin", "pull", "push"], repositories: ["web/**"] });
    expect((await create(child.token, wish)).status).toBe(403);
  });

  it("may do what the administrator says, whatever others may", async () => {
    expect((await create(env.ADMIN_TOKEN, { repositories: ["**"], actions: ["pull", "delete"] })).status).toBe(201);
  });
});

describe("revoking", () => {
  beforeEach(async () => {
    const child = await made(maker.token, { name: "child" });
    const grandchild = await made(child.token, { name: "grandchild" });
    await made(grandchild.token, { name: "great-grandchild" });
    await made(env.ADMIN_TOKEN, { name: "other" });
  });

  it("leaves what the token made", async () => {
    expect((await revoke(maker.id)).status).toBe(204);
    expect(await names()).toEqual(["child", "grandchild", "great-grandchild", "other"]);
  });

  it("takes what it made along, all the way down, where that is asked for", async () => {
    expect((await revoke(maker.id, "?descendants=true")).status).toBe(204);
    expect(await names()).toEqual(["other"]);
    const activity = await manage("GET", `spaces/${space}/activity?kind=token&limit=1`);
    expect(await activity.json()).toMatchObject({
      items: [{ action: "token.revoked", subject: maker.id, name: "boss", detail: { count: 3 } }],
    });
    expect((await revoke(maker.id, "?descendants=true")).status).toBe(404);
  });

  it("reaches what a token made that was itself revoked before", async () => {
    const listed = z.object({ items: z.array(tokenShape) });
    const { items } = listed.parse(await (await manage("GET", `spaces/${space}/tokens`)).json());
    await revoke(items.find(({ name }) => name === "grandchild")?.id ?? "");
    await revoke(maker.id, "?descendants=true");
    expect(await names()).toEqual(["other"]);
  });

  it("knows no other word for it", async () => {
    expect((await revoke(maker.id, "?descendants=yes")).status).toBe(400);
    expect((await revoke(maker.id, "?all=true")).status).toBe(400);
    expect(await names()).toContain("boss");
  });
});
