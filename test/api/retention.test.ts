import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { pushImage } from "../support/content.ts";
import { makeSpace, manage } from "../support/registry.ts";

const ruleShape = z.looseObject({ id: z.string() });

let space = "";
let as = "";
let spaces = 0;

beforeEach(async () => {
  spaces += 1;
  space = `retention-api${spaces}`;
  as = await makeSpace(space);
});

async function send(method: string, path: string, body?: object): Promise<{ status: number; json: unknown }> {
  const answer = await manage(method, `spaces/${space}/${path}`, body);
  return { status: answer.status, json: answer.status === 204 ? null : await answer.json() };
}

const create = (body: object): ReturnType<typeof send> => send("POST", "retention-rules", body);

async function makeRule(body: object): Promise<string> {
  const { status, json } = await create(body);
  expect(status).toBe(201);
  return ruleShape.parse(json).id;
}

/** Makes everything in the space so many days old. */
async function age(days: number): Promise<void> {
  const of = "repository_id IN (SELECT r.id FROM repositories r JOIN spaces s ON s.id = r.space_id WHERE s.name = ?2)";
  for (const [table, column] of [
    ["tags", "updated_at"],
    ["manifests", "created_at"],
  ])
    await env.DB.prepare(`UPDATE ${table} SET ${column} = ${column} - ?1 WHERE ${of}`)
      .bind(days * 86_400_000, space)
      .run();
}

const tagAt = (index: number): string => `tag${String(index).padStart(5, "0")}`;

const digest = (number: string): string =>
  `'sha256:' || printf('%08x', (${number}) * 2654435761 % 4294967296) || printf('%056d', ${number})`;

/** Puts a repository of old tags into the database, the last one the newest: so many on each manifest, of two bytes. */
async function seed(path: string, tags: number, onEach: number): Promise<void> {
  const numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)";
  const { id } = z
    .object({ id: z.int() })
    .parse(
      await env.DB.prepare(
        "INSERT INTO repositories (space_id, path, created_at) SELECT id, ?2, 0 FROM spaces WHERE name = ?1 RETURNING id",
      )
        .bind(space, path)
        .first(),
    );
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO manifests (repository_id, digest, media_type, size, body, platforms, created_at)
       ${numbers} SELECT ?1, ${digest("i")}, 'application/x', 2, '{}', '[]', 0 FROM n`,
    ).bind(id, Math.ceil(tags / onEach)),
    env.DB.prepare(
      `INSERT INTO tags (repository_id, name, digest, created_at, updated_at)
       ${numbers} SELECT ?1, 'tag' || printf('%05d', i), ${digest("i / CAST(?3 AS INTEGER)")}, 0, i FROM n`,
    ).bind(id, tags, onEach),
  ]);
}

const previewShape = z.object({
  items: z.array(
    z.object({
      repository: z.string(),
      tags: z.array(z.string()),
      manifests: z.array(z.string()),
      complete: z.boolean(),
    }),
  ),
  totals: z.object({ repositories: z.int(), tags: z.int(), manifests: z.int(), bytes: z.int() }),
  next: z.string().nullable(),
});

/** Returns all pages of a preview. */
async function pagesOf(rule: object): Promise<readonly z.infer<typeof previewShape>[]> {
  const pages: z.infer<typeof previewShape>[] = [];
  for (let cursor: string | null = ""; cursor !== null; cursor = pages.at(-1)?.next ?? null) {
    const query = cursor === "" ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const { status, json } = await send("POST", `retention-rules:preview${query}`, rule);
    expect(status).toBe(200);
    pages.push(previewShape.parse(json));
  }
  return pages;
}

describe("a retention rule", () => {
  it("is made, shown, listed, changed and deleted", async () => {
    const rule = { name: "old builds", repositories: ["web/*", "!web/keep"], keep: { newest: 10, newerThanDays: 30 } };
    const { status, json } = await create(rule);
    expect(status).toBe(201);
    const expected = { ...rule, keep: { ...rule.keep, previouslyDeployed: 1 }, enabled: true };
    expect(json).toMatchObject(expected);
    const { id } = ruleShape.parse(json);
    expect(await send("GET", `retention-rules/${id}`)).toMatchObject({ status: 200, json: { id, ...expected } });
    const changes = { keep: { tags: ["v*"], previouslyDeployed: 3 }, enabled: false };
    expect(await send("PATCH", `retention-rules/${id}`, changes)).toMatchObject({
      status: 200,
      json: { name: "old builds", ...changes },
    });
    expect(await send("GET", "retention-rules")).toMatchObject({ json: { items: [{ id, ...changes }], next: null } });
    expect(await send("DELETE", `retention-rules/${id}`)).toMatchObject({ status: 204 });
    for (const method of ["GET", "DELETE"])
      expect(await send(method, `retention-rules/${id}`)).toMatchObject({
        status: 404,
        json: { code: "RETENTION_RULE_UNKNOWN" },
      });
    expect(await send("PATCH", `retention-rules/${id}`, changes)).toMatchObject({ status: 404 });
  });

  it("belongs to its space", async () => {
    const id = await makeRule({ keep: { newest: 1 } });
    await makeSpace(`${space}-other`);
    expect((await manage("GET", `spaces/${space}-other/retention-rules/${id}`)).status).toBe(404);
    expect((await manage("DELETE", `spaces/${space}-other/retention-rules/${id}`)).status).toBe(404);
    expect((await manage("GET", "spaces/no-such-space/retention-rules")).status).toBe(404);
    expect((await manage("POST", "spaces/no-such-space/retention-rules", { keep: { newest: 1 } })).status).toBe(404);
    expect((await manage("POST", "spaces/no-such-space/retention-rules:preview", {})).status).toBe(404);
  });

  it.each([[{}], [{ newest: 0 }], [{ newerThanDays: 0, pulledWithinDays: 0 }], [{ previouslyDeployed: 100 }]])(
    "that keeps nothing, %j, is asked about",
    async (keep) => {
      const refusal = {
        status: 409,
        json: { code: "CONFIRMATION_REQUIRED", detail: expect.stringContaining("confirm") },
      };
      expect(await create({ keep })).toMatchObject(refusal);
      expect(await create({ keep, confirm: true })).toMatchObject({ status: 201 });
      const off = await makeRule({ keep, enabled: false });
      expect(await send("PATCH", `retention-rules/${off}`, { enabled: true })).toMatchObject(refusal);
      expect(await send("PATCH", `retention-rules/${off}`, { enabled: true, confirm: true })).toMatchObject({
        status: 200,
      });
      expect(await send("PATCH", `retention-rules/${off}`, { enabled: false })).toMatchObject({ status: 200 });
      const on = await makeRule({ keep: { newest: 1 } });
      expect(await send("PATCH", `retention-rules/${on}`, { keep })).toMatchObject(refusal);
    },
  );

  it.each<[string, object, string]>([
    ["no keep", {}, "keep"],
    ["nothing but a confirmation", { confirm: true }, "keep"],
    ["an unknown field", { keep: { newest: 1 }, keeps: 1 }, ""],
    ["an unknown condition", { keep: { newest: 1, oldest: 1 } }, "keep"],
    ["a negative number", { keep: { newest: -1 } }, "keep.newest"],
    ["part of a day", { keep: { newerThanDays: 0.5 } }, "keep.newerThanDays"],
    ["text for a number", { keep: { pulledWithinDays: "7" } }, "keep.pulledWithinDays"],
    ["more than is bounded", { keep: { newest: 1_000_000 } }, "keep.newest"],
    ["no tag pattern", { keep: { tags: [] } }, "keep.tags"],
    ["a tag pattern that no tag matches", { keep: { tags: ["v 1"] } }, "keep.tags.0"],
    ["a tag pattern that is excluded", { keep: { tags: ["v*", "!v*"] } }, "keep.tags"],
    [
      "a repository pattern that no path matches",
      { repositories: ["web//api"], keep: { newest: 1 } },
      "repositories.0",
    ],
    ["a repository pattern with a slash at its end", { repositories: ["web/"], keep: { newest: 1 } }, "repositories.0"],
    [
      "a repository pattern that is excluded",
      { repositories: ["a", "web/*", "!web/*"], keep: { newest: 1 } },
      "repositories.1",
    ],
    [
      "a repository that is excluded by a pattern",
      { repositories: ["web", "!w*"], keep: { newest: 1 } },
      "repositories.0",
    ],
    ["everything excluded", { repositories: ["web*", "!**"], keep: { newest: 1 } }, "repositories.0"],
    ["upper case", { repositories: ["Web"], keep: { newest: 1 } }, "repositories.0"],
    ["an empty name", { name: " ", keep: { newest: 1 } }, "name"],
  ])("with %s is refused with a word", async (_, body, path) => {
    expect(await create(body)).toMatchObject({
      status: 400,
      json: { code: "REQUEST_INVALID", errors: [{ path, message: expect.stringMatching(/.{5}/) }] },
    });
    const id = await makeRule({ keep: { newest: 1 } });
    expect(await send("PATCH", `retention-rules/${id}`, body)).toMatchObject({ status: 400 });
  });

  it("is one of twenty at most", async () => {
    for (let made = 0; made < 20; made++) await makeRule({ keep: { newest: 1 } });
    expect(await create({ keep: { newest: 1 } })).toMatchObject({
      status: 409,
      json: { code: "RETENTION_RULES_FULL" },
    });
    expect(await send("GET", "retention-rules?limit=15")).toMatchObject({ json: { next: expect.any(String) } });
  });
});

const nothing = { items: [], totals: { tags: 0, manifests: 0, bytes: 0 }, next: null };

describe("a preview", () => {
  it("shows tags, manifests and bytes that a rule would cost, and changes nothing", async () => {
    const first = await pushImage(`${space}/web`, as, "1", 11);
    await pushImage(`${space}/web`, as, "2", 12);
    await pushImage(`${space}/other`, as, "1", 13);
    await age(2);
    const expected = {
      items: [
        {
          repository: "web",
          tags: ["1"],
          manifests: [first.digest],
          tagCount: 1,
          manifestCount: 1,
          // Manifest, layer and config.
          bytes: first.text.length + 100 + '{"architecture":"amd64","os":"linux","seed":11}'.length,
          complete: true,
        },
      ],
      totals: { repositories: 1, tags: 1, manifests: 1 },
      next: null,
    };
    const rule = { repositories: ["web"], keep: { newest: 1 } };
    for (let time = 0; time < 2; time++)
      expect(await send("POST", "retention-rules:preview", rule)).toMatchObject({ status: 200, json: expected });
    expect((await send("GET", "repositories/web/tags")).json).toMatchObject({ items: [{ name: "1" }, { name: "2" }] });
  });

  it("without a rule is of those that are saved; with one, of all together, or in the place of another", async () => {
    await pushImage(`${space}/web`, as, "1", 21);
    await pushImage(`${space}/web`, as, "2", 22);
    await age(2);
    expect((await send("POST", "retention-rules:preview")).json).toMatchObject(nothing);
    const id = await makeRule({ keep: { tags: ["2"] } });
    const tagsOf = async (body: object): Promise<unknown> =>
      z
        .object({ items: z.array(z.looseObject({ tags: z.array(z.string()) })) })
        .parse((await send("POST", "retention-rules:preview", body)).json)
        .items.map(({ tags }) => tags);
    expect(await tagsOf({})).toEqual([["1"]]);
    expect(await tagsOf({ keep: { tags: ["1"] } })).toEqual([]);
    expect(await tagsOf({ keep: { tags: ["1"] }, replaces: id })).toEqual([["2"]]);
    expect(await tagsOf({ keep: {}, replaces: id })).toEqual([["1", "2"]]);
    await send("PATCH", `retention-rules/${id}`, { enabled: false });
    expect(await tagsOf({})).toEqual([]);
  });

  it("counts no blob that anything else needs, here or elsewhere", async () => {
    const old = await pushImage(`${space}/web`, as, "old", 31);
    await pushImage(`${space}/web`, as, "new", 31, { annotations: { a: "b" } });
    const shared = await pushImage(`${space}/api`, as, "old", 32);
    await pushImage(`${space}/elsewhere`, as, "old", 32);
    await age(2);
    const rule = { repositories: ["web", "api"], keep: { tags: ["new"] } };
    expect((await send("POST", "retention-rules:preview", rule)).json).toMatchObject({
      items: [
        { repository: "api", bytes: shared.text.length },
        { repository: "web", bytes: old.text.length },
      ],
      totals: { repositories: 2, tags: 2, manifests: 2, bytes: shared.text.length + old.text.length },
    });
  });

  it("comes in pages of repositories", async () => {
    const insert = env.DB.prepare(
      "INSERT INTO repositories (space_id, path, created_at) SELECT id, ?2, 0 FROM spaces WHERE name = ?1",
    );
    await env.DB.batch(Array.from({ length: 60 }, (_, index) => insert.bind(space, `r${100 + index}`)));
    const { json } = await send("POST", "retention-rules:preview", { keep: { newest: 1 } });
    expect(json).toMatchObject({ totals: { repositories: 50 }, next: "r149" });
    expect((await send("POST", "retention-rules:preview?cursor=r149", { keep: { newest: 1 } })).json).toMatchObject({
      totals: { repositories: 10 },
      next: null,
    });
  });

  it("goes on in the middle of a repository, and its pages make the whole", async () => {
    await seed("web", 1200, 1);
    await seed("zoo", 3, 1);
    const pages = await pagesOf({ keep: { newest: 10 } });
    expect(pages.map(({ items }) => items.map(({ repository, complete }) => [repository, complete]))).toEqual([
      [["web", false]],
      [["web", false]],
      [["web", true]],
    ]);
    const tags = pages.flatMap(({ items }) => items.flatMap((item) => item.tags));
    expect(tags.toSorted()).toEqual(Array.from({ length: 1190 }, (_, index) => tagAt(index)));
    expect(new Set(pages.flatMap(({ items }) => items.flatMap((item) => item.manifests))).size).toBe(1190);
    const sum = (of: keyof (typeof pages)[number]["totals"]): number =>
      pages.reduce((total, { totals }) => total + totals[of], 0);
    expect([sum("repositories"), sum("tags"), sum("manifests"), sum("bytes")]).toEqual([2, 1190, 1190, 2380]);
  });

  it("goes through fewer tags where each is compared with many patterns", async () => {
    await seed("web", 120, 1);
    for (let index = 0; index < 20; index++)
      await makeRule({ keep: { tags: Array.from({ length: 20 }, () => `${"*a".repeat(24)}b`) } });
    const pages = await pagesOf({});
    expect(pages.map(({ totals }) => totals.tags)).toEqual([50, 50, 20]);
    expect(pages.at(-1)).toMatchObject({ items: [{ repository: "web", complete: true }] });
  });

  it("goes through fewer repositories where many newest tags are to be found in each", async () => {
    for (let index = 0; index < 12; index++) await seed(`r${index}`, 1, 1);
    const pages = await pagesOf({ keep: { newest: 1000 } });
    expect(pages.map(({ totals }) => totals.repositories)).toEqual([5, 5, 2]);
  });

  it("says so where a manifest has too many tags to be judged", async () => {
    await seed("web", 1200, 1200);
    const pages = await pagesOf({ keep: { tags: ["x"] } });
    expect(pages.map(({ totals }) => [totals.tags, totals.manifests])).toEqual([
      [500, 0],
      [500, 0],
      [200, 0],
    ]);
    expect(pages.at(-1)).toMatchObject({ items: [{ repository: "web", complete: false }] });
  });

  it("goes on after a repository that is gone meanwhile", async () => {
    await seed("web", 3, 1);
    const { json } = await send("POST", "retention-rules:preview?cursor=app%20zzz%20~", { keep: {} });
    expect(json).toMatchObject({ items: [{ repository: "web", tagCount: 3, complete: true }], next: null });
  });

  it("lets a rule keep what another one excludes", async () => {
    await seed("web", 3, 1);
    await makeRule({ keep: { tags: ["tag*", `!${tagAt(1)}`, `!${tagAt(2)}`] } });
    await makeRule({ keep: { tags: [tagAt(1)] } });
    expect((await pagesOf({})).flatMap(({ items }) => items.map(({ tags }) => tags))).toEqual([[tagAt(2)]]);
  });

  it("refuses what no rule could be", async () => {
    expect(await send("POST", "retention-rules:preview", { repositories: ["web"] })).toMatchObject({ status: 400 });
    expect(await send("POST", "retention-rules:preview", { keep: { newest: "1" } })).toMatchObject({ status: 400 });
    expect(await send("POST", "retention:other", {})).toMatchObject({ status: 404 });
  });
});
