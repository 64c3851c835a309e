import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { d1Collection } from "../../src/storage/d1/upkeep/collection.ts";
import { d1StorageReports } from "../../src/storage/d1/management/storage-reports.ts";
import { bytesOf, digestOf, imageText, pushBlob, pushImage } from "../support/content.ts";
import { administratorOf, ask, makeSpace, manage } from "../support/registry.ts";

const HOUR = 3_600_000;

const stored = z.object({ bytes: z.int(), sharedBytes: z.int(), reclaimableBytes: z.int() });
const storagePage = z.strictObject({
  total: stored.nullable(),
  items: z.array(stored.extend({ name: z.string() })),
  next: z.string().nullable(),
});
const previewPage = z.strictObject({
  items: z.array(
    z.strictObject({
      repository: z.string(),
      digest: z.string().nullable(),
      bytes: z.int(),
      keptUntil: z.string().nullable(),
    }),
  ),
  next: z.string().nullable(),
});

let spaces = 0;
let space = "";
let as = "";

beforeEach(async () => {
  spaces += 1;
  space = `stored${spaces}`;
  as = await makeSpace(space);
});

async function storage(query = ""): Promise<z.infer<typeof storagePage>> {
  return storagePage.parse(await (await manage("GET", `spaces/${space}/storage${query}`)).json());
}

/** Returns everything that the preview lists, in pages of this size. */
async function preview(limit = 100): Promise<z.infer<typeof previewPage>["items"]> {
  const items: z.infer<typeof previewPage>["items"] = [];
  let query = `?limit=${limit}`;
  for (let page = 0; page < 20; page++) {
    const answer = await manage("POST", `spaces/${space}/gc:preview${query}`);
    const part = previewPage.parse(await answer.json());
    expect(part.items.length).toBeLessThanOrEqual(limit);
    items.push(...part.items);
    if (part.next === null) return items;
    query = `?limit=${limit}&cursor=${part.next}`;
  }
  throw new Error("the list has no end");
}

describe("what a space stores", () => {
  it("is nothing at first", async () => {
    expect(await storage()).toEqual({
      total: { bytes: 0, sharedBytes: 0, reclaimableBytes: 0 },
      items: [],
      next: null,
    });
  });

  it("is told by repository: what it has, what others of the space have too, what nothing needs", async () => {
    const { text } = await pushImage(`${space}/web`, as, "latest", 1);
    await pushImage(`${space}/web`, as, "latest", 1);
    const { total } = await storage();
    const image = total?.bytes ?? 0;
    const blobs = image - text.length;
    expect(total).toEqual({ bytes: image, sharedBytes: 0, reclaimableBytes: 0 });
    // The same blobs without a manifest, and one more.
    await imageText(`${space}/api`, as, 1);
    await pushBlob(`${space}/api`, as, bytesOf(1000, 77));
    expect(await storage()).toEqual({
      total: { bytes: image + blobs + 1000, sharedBytes: 2 * blobs, reclaimableBytes: blobs + 1000 },
      items: [
        { name: "api", bytes: blobs + 1000, sharedBytes: blobs, reclaimableBytes: blobs + 1000 },
        { name: "web", bytes: image, sharedBytes: blobs, reclaimableBytes: 0 },
      ],
      next: null,
    });
  });

  it("tells nothing of what other spaces have, nor of what was deleted", async () => {
    await pushImage(`${space}/web`, as, "latest", 91);
    const alone = await storage();
    expect(alone.items).toMatchObject([{ name: "web", sharedBytes: 0 }]);
    const other = await makeSpace(`${space}-other`);
    await pushImage(`${space}-other/web`, other, "latest", 91);
    await pushImage(`${space}/gone`, as, "latest", 91);
    await manage("DELETE", `spaces/${space}/repositories/gone`);
    expect(await storage()).toEqual(alone);
  });

  it("comes in pages, of which the first has the total", async () => {
    for (const name of ["c", "a", "b"]) await pushBlob(`${space}/${name}`, as, bytesOf(100, 5));
    const first = await storage("?limit=2");
    expect([first.items.map(({ name }) => name), first.next]).toEqual([["a", "b"], "b"]);
    expect(first.total).toEqual({ bytes: 300, sharedBytes: 300, reclaimableBytes: 300 });
    const second = await storage("?limit=2&cursor=b");
    expect(second).toEqual({
      total: null,
      items: [{ name: "c", bytes: 100, sharedBytes: 100, reclaimableBytes: 100 }],
      next: null,
    });
  });

  it.each(["?limit=101", "?limit=0", "?other=1"])("refuses %s", async (query) => {
    expect((await manage("GET", `spaces/${space}/storage${query}`)).status).toBe(400);
  });

  it.each([
    ["GET", "storage"],
    ["POST", "gc:preview"],
  ])("is unknown of a space that is not there: %s %s", async (method, path) => {
    expect((await manage(method, `spaces/no-such/${path}`)).status).toBe(404);
  });
});

describe("the preview of collection", () => {
  it("lists what no manifest needs, and since when", async () => {
    await pushImage(`${space}/web`, as, "latest", 1);
    const digest = await digestOf(bytesOf(1000, 42));
    await pushBlob(`${space}/web`, as, bytesOf(1000, 42));
    expect(await preview()).toEqual([{ repository: "web", digest, bytes: 1000, keptUntil: null }]);
    const now = Date.now();
    await d1Collection(env.DB).markLinks({ now, cutoff: 0, limit: 100_000 });
    const keptUntil = new Date(now + 24 * HOUR).toISOString();
    expect(await preview()).toEqual([{ repository: "web", digest, bytes: 1000, keptUntil }]);
    await ask(`/v2/${space}/web/blobs/${digest}`, { method: "HEAD", as });
    expect(await preview()).toEqual([{ repository: "web", digest, bytes: 1000, keptUntil: null }]);
  });

  it("lists what only deleted manifests need, which their deletion's undoing would take back", async () => {
    const { digest, text } = await pushImage(`${space}/web`, as, "latest", 1);
    await ask(`/v2/${space}/web/manifests/${digest}`, { method: "DELETE", as });
    const found = await preview();
    expect(found).toHaveLength(2);
    for (const { digest: blob, keptUntil } of found) {
      expect(text).toContain(blob);
      expect(Date.parse(keptUntil ?? "") - Date.now()).toBeGreaterThan((8 * 24 - 1) * HOUR);
    }
    const { total } = await storage();
    expect(total).toMatchObject({ reclaimableBytes: total?.bytes });
  });

  it("lists deleted repositories as a whole, until they are emptied", async () => {
    await pushImage(`${space}/web`, as, "latest", 1);
    const { total } = await storage();
    await manage("DELETE", `spaces/${space}/repositories/web`);
    const [found, ...more] = await preview();
    expect(more).toEqual([]);
    expect(found).toMatchObject({ repository: "web", digest: null, bytes: total?.bytes });
    expect(Date.parse(found?.keptUntil ?? "") - Date.now()).toBeGreaterThan((7 * 24 - 1) * HOUR);
    const later = Date.now() + 8 * 24 * HOUR;
    // The database also has the content of the tests before.
    for (let purges = 0; purges < 10; purges++) {
      await d1Collection(env.DB).purgeRepository({ now: later, cutoff: later, limit: 100 });
    }
    expect(await preview()).toEqual([]);
  });

  it.each([1, 2, 3, 100])("comes to everything once, in pages of %i", async (limit) => {
    await pushImage(`${space}/a`, as, "latest", 1);
    for (const name of ["a", "b", "c", "d"]) {
      for (const seed of [10, 11]) await pushBlob(`${space}/${name}`, as, bytesOf(100, seed));
    }
    for (const name of ["b", "d"]) await manage("DELETE", `spaces/${space}/repositories/${name}`);
    const found = (await preview(limit)).map(({ repository, digest }) => `${repository} ${digest}`);
    const digests = [await digestOf(bytesOf(100, 10)), await digestOf(bytesOf(100, 11))].toSorted();
    expect(found).toEqual([
      ...digests.map((digest) => `a ${digest}`),
      "b null",
      ...digests.map((digest) => `c ${digest}`),
      "d null",
    ]);
  });

  it("answers at its own address alone", async () => {
    for (const path of ["gc", "gcpreview", "gc:previews"]) {
      expect((await manage("POST", `spaces/${space}/${path}`)).status).toBe(404);
    }
  });

  it("takes text that is no cursor of its own for the beginning", async () => {
    await pushBlob(`${space}/a`, as, bytesOf(100, 10));
    const answer = await manage("POST", `spaces/${space}/gc:preview?cursor=nonsense`);
    expect(previewPage.parse(await answer.json()).items).toHaveLength(1);
  });

  it("reads a bounded number of links at a time, and goes on behind them", async () => {
    await pushBlob(`${space}/a`, as, bytesOf(100, 10));
    await fill(space, "a", 12_000);
    const reports = d1StorageReports(env.DB, { grace: HOUR, keepDeleted: HOUR });
    const ends: (string | null)[] = [];
    const found: string[] = [];
    for (let last: string | null = null; ends.at(-1) !== null && ends.length < 20; last = ends.at(-1) ?? null) {
      const part = await reports.collectable(administratorOf(space), { limit: 1000, last });
      found.push(...part.entries.map(({ digest }) => digest ?? ""));
      ends.push(part.next);
    }
    // The manifest needs all but the first, so 5,000, 5,000 and 2,001 links are looked at.
    expect(ends).toHaveLength(3);
    expect(found).toEqual([await digestOf(bytesOf(100, 10))]);
  });
});

/** Writes so many links of a repository, all of them needed by a manifest. */
async function fill(name: string, path: string, links: number): Promise<void> {
  const repository = `(SELECT r.id FROM repositories r JOIN spaces s ON s.id = r.space_id WHERE s.name = ?1 AND r.path = ?2)`;
  const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)";
  const digest = "printf('sha256:fill-%s-%08d', ?1, i)";
  const statements = [
    `INSERT INTO manifests (repository_id, digest, media_type, size, body, platforms, created_at)
     SELECT ${repository}, 'sha256:filled', 'x', 1, 'x', '[]', ?3`,
    `INSERT INTO blobs (digest, key, size, created_at) ${numbers} SELECT ${digest}, ${digest} || ?2, 10, 0 FROM n`,
    `INSERT INTO repository_blobs (repository_id, digest, touched_at) ${numbers} SELECT ${repository}, ${digest}, 0 FROM n`,
    `INSERT INTO manifest_references (repository_id, digest, manifest_id) ${numbers}
     SELECT ${repository}, ${digest}, (SELECT id FROM manifests WHERE repository_id = ${repository} AND digest = 'sha256:filled') FROM n`,
  ];
  await env.DB.batch(statements.map((sql) => env.DB.prepare(sql).bind(name, path, links)));
}
