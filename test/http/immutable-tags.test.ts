import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { imageText, pushImage, putManifest, newSeed } from "../support/content.ts";
import { ask, errorOf, makeToken, manage, nextSpace } from "../support/registry.ts";

const tagList = z.object({
  items: z.array(z.object({ name: z.string(), digest: z.string(), immutable: z.boolean() })),
});

let space = "";
let as = "";

beforeEach(async () => {
  ({ space, as } = await nextSpace("immutable"));
});

const web = (): string => `${space}/web`;

/** Sets the immutable tags of the space; of its repository of that path, if one is named. */
async function keep(immutableTags: readonly string[] | null, path?: string): Promise<void> {
  const address = path === undefined ? `spaces/${space}` : `spaces/${space}/repositories/${path}`;
  expect((await manage("PATCH", address, { immutableTags })).status).toBe(200);
}

async function tags(): Promise<z.infer<typeof tagList>["items"]> {
  return tagList.parse(await (await manage("GET", `spaces/${space}/repositories/web/tags`)).json()).items;
}

async function digestUnder(tag: string): Promise<string | null> {
  return (await ask(`/v2/${web()}/manifests/${tag}`, { method: "HEAD", as })).headers.get("Docker-Content-Digest");
}

const remove = (reference: string): Promise<Response> =>
  ask(`/v2/${web()}/manifests/${reference}`, { method: "DELETE", as });

describe("an immutable tag", () => {
  let digest = "";
  let text = "";

  beforeEach(async () => {
    ({ digest, text } = await pushImage(web(), as, "v1", newSeed()));
    await keep(["v*", "!*-rc*"]);
  });

  it.each<[string, () => Promise<Response>]>([
    ["a push", async () => putManifest(web(), as, "v1", await imageText(web(), as, newSeed()))],
    ["?tag=", async () => putManifest(web(), as, "latest?tag=v1", await imageText(web(), as, newSeed()))],
    ["its deletion", () => remove("v1")],
    ["its manifest's deletion", () => remove(digest)],
  ])("does not give way to %s", async (_, attempt) => {
    const answer = await attempt();
    expect(await errorOf(answer.clone())).toBe("403 DENIED");
    expect(await answer.text()).toContain("immutable");
    expect(await digestUnder("v1")).toBe(digest);
    expect(await digestUnder("latest")).toBeNull();
  });

  it("keeps its repository from being deleted, and the space may still go as a whole", async () => {
    const answer = await manage("DELETE", `spaces/${space}/repositories/web`);
    expect(answer.status).toBe(403);
    expect(await digestUnder("v1")).toBe(digest);
    expect((await manage("DELETE", `spaces/${space}`)).status).toBe(204);
    expect((await manage("GET", `spaces/${space}`)).status).toBe(404);
  });

  it("writes no event when it is refused", async () => {
    const count = async (): Promise<unknown> =>
      env.DB.prepare("SELECT COUNT(*) AS n FROM events WHERE digest = ?").bind(digest).first("n");
    const before = await count();
    await remove("v1");
    await remove(digest);
    expect(await count()).toBe(before);
  });

  it("takes the same manifest again, and other tags on it", async () => {
    expect((await putManifest(web(), as, "v1", text)).status).toBe(201);
    expect((await putManifest(web(), as, "latest", text)).status).toBe(201);
    expect((await remove("latest")).status).toBe(202);
  });

  it("can be made by a push, and is then", async () => {
    const made = await pushImage(web(), as, "v2", newSeed());
    expect((await putManifest(web(), as, "v2", text)).status).toBe(403);
    expect(await digestUnder("v2")).toBe(made.digest);
  });

  it("is one that no pattern excludes", async () => {
    await pushImage(web(), as, "v2-rc1", newSeed());
    const moved = await pushImage(web(), as, "v2-rc1", newSeed());
    expect(await digestUnder("v2-rc1")).toBe(moved.digest);
    expect((await tags()).map(({ name, immutable }) => [name, immutable])).toStrictEqual([
      ["v1", true],
      ["v2-rc1", false],
    ]);
  });

  it("moves when its patterns are taken back", async () => {
    await keep([]);
    expect((await remove("v1")).status).toBe(202);
  });
});

describe("a repository's own patterns", () => {
  it("stand in for its space's, until they are taken back", async () => {
    await pushImage(web(), as, "v1", newSeed());
    await keep(["v*"]);
    await keep(["stable"], "web");
    await pushImage(web(), as, "v1", newSeed());
    await pushImage(web(), as, "stable", newSeed());
    expect((await remove("stable")).status).toBe(403);
    await keep(null, "web");
    expect((await remove("v1")).status).toBe(403);
    expect((await remove("stable")).status).toBe(202);
  });

  it("do not stand in the way of a space's deletion", async () => {
    await pushImage(web(), as, "v1", newSeed());
    await keep(["v1"], "web");
    expect((await manage("DELETE", `spaces/${space}`)).status).toBe(204);
  });
});

describe("pushes that meet", () => {
  it("let one of them have the tag", async () => {
    await keep(["v*"]);
    const texts = await Promise.all([newSeed(), newSeed(), newSeed()].map((seed) => imageText(web(), as, seed)));
    const answers = await Promise.all(texts.map((text) => putManifest(web(), as, "v1", text)));
    const statuses = answers.map(({ status }) => status).toSorted((left, right) => left - right);
    expect(statuses).toStrictEqual([201, 403, 403]);
    const winner = answers.find(({ status }) => status === 201);
    expect(await digestUnder("v1")).toBe(winner?.headers.get("Docker-Content-Digest"));
  });
});

describe("patterns", () => {
  it.each<[string, unknown]>([
    ["with a character that no tag has", ["v/1"]],
    ["that are too long for the database", ["v".repeat(51)]],
    ["that start as no tag does", [".v*"]],
    ["that only exclude", ["!v*"]],
    ["that exclude all they include", ["v*", "!v*"]],
    ["that are no list", "v*"],
  ])("%s are refused with a word on why", async (_, immutableTags) => {
    const answer = await manage("PATCH", `spaces/${space}`, { immutableTags });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("immutableTags");
  });

  it("must be changed on purpose: a change of nothing is refused", async () => {
    expect((await manage("PATCH", `spaces/${space}`, {})).status).toBe(400);
  });

  it("are set by whoever administers the space, and shown", async () => {
    const { token } = await makeToken(space, { actions: ["admin"] });
    expect((await manage("PATCH", `spaces/${space}`, { immutableTags: ["v?"] }, token)).status).toBe(200);
    expect(await (await manage("GET", `spaces/${space}`)).json()).toMatchObject({
      immutableTags: ["v?"],
      public: false,
    });
    expect((await manage("PATCH", `spaces/${space}`, { immutableTags: [] }, as)).status).toBe(403);
  });
});
