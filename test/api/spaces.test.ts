import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { pushImage } from "../support/content.ts";
import { ask, makeSpace, makeToken, manage } from "../support/registry.ts";

const list = z.object({ items: z.array(z.looseObject({ name: z.string() })), next: z.string().nullable() });

async function problem(response: Response): Promise<string> {
  expect(response.headers.get("Content-Type")).toBe("application/problem+json");
  const { status, code } = z
    .object({ status: z.int(), code: z.string(), detail: z.string() })
    .parse(await response.json());
  expect(status).toBe(response.status);
  return `${status} ${code}`;
}

async function namesOf(response: Response): Promise<readonly string[]> {
  return list.parse(await response.json()).items.map(({ name }) => name);
}

describe("spaces", () => {
  it("are made, shown, changed and deleted", async () => {
    const made = await manage("POST", "spaces", { name: "acme" });
    expect(made.status).toBe(201);
    expect(made.headers.get("Location")).toBe("/api/v1/spaces/acme");
    expect(await made.json()).toEqual({
      name: "acme",
      public: false,
      immutableTags: [],
      namespaces: [],
      usage: { bytes: 0, repositories: 0 },
      quota: { bytes: null, repositories: null },
      nearLimit: false,
      createdAt: expect.stringMatching(/Z$/),
    });
    expect((await manage("GET", "spaces/acme")).status).toBe(200);
    expect(await (await manage("PATCH", "spaces/acme", { public: true })).json()).toMatchObject({ public: true });
    expect(await (await manage("GET", "spaces/acme")).json()).toMatchObject({ public: true });
    expect((await manage("DELETE", "spaces/acme")).status).toBe(204);
    expect(await problem(await manage("GET", "spaces/acme"))).toBe("404 NAME_UNKNOWN");
    expect(await problem(await manage("DELETE", "spaces/acme"))).toBe("404 NAME_UNKNOWN");
  });

  it("have a name each", async () => {
    await manage("POST", "spaces", { name: "twice" });
    expect(await problem(await manage("POST", "spaces", { name: "twice" }))).toBe("409 SPACE_EXISTS");
  });

  it("take their repositories, tags and tokens with them, and the name starts afresh", async () => {
    const as = await makeSpace("gone");
    await pushImage("gone/web", as, "latest");
    await manage("DELETE", "spaces/gone");
    expect((await ask("/v2/gone/web/tags/list", { as })).status).toBe(401);
    const fresh = await makeSpace("gone");
    expect((await ask("/v2/gone/web/tags/list", { as: fresh })).status).toBe(404);
    expect(await (await ask("/v2/_catalog", { as: fresh })).json()).toEqual({ repositories: [] });
  });

  it("are listed in pages", async () => {
    for (const name of ["page-c", "page-a", "page-b"]) await manage("POST", "spaces", { name });
    const seen: string[] = [];
    let cursor: string | null = "page";
    while (cursor !== null) {
      const answer = list.parse(await (await manage("GET", `spaces?limit=1&cursor=${cursor}`)).json());
      seen.push(...answer.items.map(({ name }) => name));
      cursor = answer.next;
    }
    expect(seen.filter((name) => name.startsWith("page-"))).toEqual(["page-a", "page-b", "page-c"]);
  });

  it.each([
    { name: "UPPER" },
    { name: "" },
    { name: "a/b" },
    { name: "x".repeat(64) },
    { name: "ok", owner: "me" },
    { name: "ok", id: 1 },
    { name: 5 },
    { public: true },
    [],
    "text",
    null,
  ])("are refused for %o", async (body) => {
    expect(await problem(await manage("POST", "spaces", body))).toBe("400 REQUEST_INVALID");
  });

  it("are refused for what is no JSON, and for a body without end", async () => {
    const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
    expect(await problem(await ask("/api/v1/spaces", { method: "POST", headers, body: "{" }))).toBe(
      "400 REQUEST_INVALID",
    );
    expect(await problem(await ask("/api/v1/spaces", { method: "POST", headers, body: "x".repeat(300_000) }))).toBe(
      "413 REQUEST_INVALID",
    );
  });

  it("are refused a change of anything but their visibility", async () => {
    await manage("POST", "spaces", { name: "fixed" });
    expect(await problem(await manage("PATCH", "spaces/fixed", { name: "other" }))).toBe("400 REQUEST_INVALID");
  });
});

describe("tokens", () => {
  it("show their secret once", async () => {
    await makeSpace("secrets");
    const made = await manage("POST", "spaces/secrets/tokens", {
      name: "ci",
      actions: ["pull", "push"],
      repositories: ["**"],
      expiresIn: 86_400,
    });
    expect(made.status).toBe(201);
    const { id, token, expiresAt } = z
      .object({ id: z.string(), token: z.string(), expiresAt: z.iso.datetime() })
      .parse(await made.json());
    expect(token).toMatch(/^sdt_[0-9a-f]{48}$/);
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(86_000_000);
    for (const path of ["spaces/secrets/tokens", `spaces/secrets/tokens/${id}`]) {
      const text = await (await manage("GET", path)).text();
      expect(text).toContain(id);
      expect(text).not.toContain(token);
    }
  });

  it("log in with any user name until they are revoked, and the use is noted", async () => {
    await makeSpace("uses");
    const { id, token } = await makeToken("uses");
    const headers = { Authorization: `Basic ${btoa(`somebody:${token}`)}` };
    expect((await ask("/v2/", { headers })).status).toBe(200);
    await expect
      .poll(async () => (await manage("GET", `spaces/uses/tokens/${id}`)).json())
      .toMatchObject({ lastUsedAt: expect.any(String) });
    expect((await manage("DELETE", `spaces/uses/tokens/${id}`)).status).toBe(204);
    expect((await ask("/v2/", { headers })).status).toBe(401);
    expect(await problem(await manage("DELETE", `spaces/uses/tokens/${id}`))).toBe("404 TOKEN_UNKNOWN");
  });

  it("of another space do not exist under one's own", async () => {
    await makeSpace("mine");
    await makeSpace("theirs");
    const foreign = await makeToken("theirs");
    const admin = (await makeToken("mine", { actions: ["admin"] })).token;
    expect(await problem(await manage("GET", `spaces/mine/tokens/${foreign.id}`, undefined, admin))).toBe(
      "404 TOKEN_UNKNOWN",
    );
    expect(await problem(await manage("DELETE", `spaces/mine/tokens/${foreign.id}`, undefined, admin))).toBe(
      "404 TOKEN_UNKNOWN",
    );
    expect(await problem(await manage("GET", `spaces/theirs/tokens/${foreign.id}`, undefined, admin))).toBe(
      "404 NAME_UNKNOWN",
    );
    expect((await ask("/v2/", { as: foreign.token })).status).toBe(200);
  });

  it("that administer a space manage it, and only it", async () => {
    await makeSpace("managed");
    const admin = (await makeToken("managed", { actions: ["admin"] })).token;
    expect((await manage("GET", "spaces/managed", undefined, admin)).status).toBe(200);
    expect((await manage("POST", "spaces/managed/tokens", { name: "ci", actions: ["pull"] }, admin)).status).toBe(201);
    expect((await manage("POST", "spaces", { name: "more" }, admin)).status).toBe(403);
    expect((await manage("GET", "spaces", undefined, admin)).status).toBe(403);
    expect((await manage("GET", "spaces/no-such", undefined, admin)).status).toBe(404);
  });

  it.each([
    { name: "x", actions: [] },
    { name: "x", actions: ["fly"] },
    { name: "", actions: ["pull"] },
    { name: "x", actions: ["pull"], repositories: [] },
    { name: "x", actions: ["pull"], repositories: ["UPPER"] },
    { name: "x", actions: ["pull"], expiresIn: 1 },
    { name: "x", actions: ["pull"], expiresIn: 1.5 },
    { name: "x", actions: ["pull"], hash: "0" },
    { name: "x", actions: ["pull"], space: "other" },
  ])("are refused for %o", async (body) => {
    await manage("POST", "spaces", { name: "strict" });
    expect(await problem(await manage("POST", "spaces/strict/tokens", body))).toBe("400 REQUEST_INVALID");
  });

  it("need a space that is there", async () => {
    expect(await problem(await manage("POST", "spaces/nowhere/tokens", { name: "x", actions: ["pull"] }))).toBe(
      "404 NAME_UNKNOWN",
    );
    expect(await problem(await manage("GET", "spaces/nowhere/tokens"))).toBe("404 NAME_UNKNOWN");
  });
});

describe("repositories", () => {
  it("are listed with their tags", async () => {
    const as = await makeSpace("shelf");
    const { digest } = await pushImage("shelf/deep/web", as, "1.0");
    await pushImage("shelf/api", as, "latest");
    expect(await namesOf(await manage("GET", "spaces/shelf/repositories"))).toEqual(["api", "deep/web"]);
    expect(await namesOf(await manage("GET", "spaces/shelf/repositories?limit=1"))).toEqual(["api"]);
    const tags = await manage("GET", "spaces/shelf/repositories/deep/web/tags");
    expect(await tags.json()).toMatchObject({ items: [{ name: "1.0", digest }], next: null });
    expect(await (await manage("GET", "spaces/shelf/repositories/deep/web")).json()).toMatchObject({
      fullName: "shelf/deep/web",
      public: false,
    });
    expect(await problem(await manage("GET", "spaces/shelf/repositories/none/tags"))).toBe("404 NAME_UNKNOWN");
    expect(await problem(await manage("GET", "spaces/none/repositories"))).toBe("404 NAME_UNKNOWN");
  });

  it("are deleted with everything in them, and pushed anew as something else", async () => {
    const as = await makeSpace("cleared");
    await pushImage("cleared/web", as, "latest");
    expect((await manage("DELETE", "spaces/cleared/repositories/web")).status).toBe(204);
    expect((await ask("/v2/cleared/web/tags/list", { as })).status).toBe(404);
    await pushImage("cleared/web", as, "other");
    expect(await (await ask("/v2/cleared/web/tags/list", { as })).json()).toEqual({
      name: "cleared/web",
      tags: ["other"],
    });
  });

  it.each(["limit=0", "limit=1001", "limit=x", "page=2"])("are refused for the query %s", async (query) => {
    await manage("POST", "spaces", { name: "queried" });
    expect(await problem(await manage("GET", `spaces/queried/repositories?${query}`))).toBe("400 REQUEST_INVALID");
  });
});
