/**
 * Tests that metadata operations read about the same number of rows, however much there is. The bench runs
 * this with up to 100,000 of everything.
 */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import * as z from "zod";
import { bearerOf } from "../support/bearer.ts";
import { imageText, newSeed, OCI_MANIFEST, pushImage } from "../support/content.ts";
import { grow } from "../../harness/large-registry.ts";
import { makeSpace, makeToken } from "../support/registry.ts";
import { meteredWorker, type Step } from "./metering.ts";
import { type DatabaseSize, type GrowthCost, growthOf, LINEAR, MAX_GROWTH } from "../../harness/budget/usage.ts";

declare module "vitest" {
  interface TaskMeta {
    /** Read by the bench. */
    growth?: readonly GrowthCost[];
    database?: DatabaseSize;
  }
}

const SIZES = z.array(z.int().positive()).min(2).parse(JSON.parse(env.GROWTH_SIZES));
const RUNS = 5;

const SPACE = "growth";
const NAME = `${SPACE}/images`;
const as = await makeSpace(SPACE);
// Nothing is remembered or cached, since this measures the database.
const { send, usageOf } = meteredWorker({ READ_MEMORY_SECONDS: 0, CACHE_MB: 0 });
const image = await pushImage(NAME, as, "pulled");
const digest = image.digest;
const subject = { mediaType: OCI_MANIFEST, digest, size: image.text.length };
for (let number = 1; number <= 3; number++) await pushImage(NAME, as, `referrer${number}`, newSeed(), { subject });
const blob = z.object({ layers: z.array(z.object({ digest: z.string() })) }).parse(JSON.parse(image.text))
  .layers[0]?.digest;
// Pushed manifests get ids beyond those of the seeded ones.
await env.DB.prepare(
  `INSERT INTO manifests (id, repository_id, digest, media_type, size, body, platforms, created_at)
   VALUES (90000000, 1, 'sha256:e', '', 2, '{}', '[]', 0)`,
).run();
// More deleted tags than a page holds, so that each page is full.
await env.DB.prepare(
  `INSERT INTO events (id, space_id, repository_id, type, tag, digest, media_type, size, platforms, actor, occurred_at, sent_at)
   SELECT 'evt_f' || printf('%031d', value), 1, 1, 'tag.deleted', 'gone' || value, ?1, '', 2, '[]', 'bench', 0, 0
   FROM json_each(?2)`,
)
  .bind(digest, JSON.stringify(Array.from({ length: 60 }, (_, index) => index + 1)))
  .run();
await env.DB.prepare(
  `INSERT INTO storage_days (space_id, day, bytes, repositories)
   SELECT 1, date('2030-01-01', '+' || value || ' days'), 0, 0 FROM json_each(?1)`,
)
  .bind(JSON.stringify(Array.from({ length: 60 }, (_, index) => index)))
  .run();

const registry = { Authorization: `Bearer ${await bearerOf(as, `repository:${NAME}:pull,push,delete`)}` };
const everything = { Authorization: `Bearer ${await bearerOf(as, "registry:catalog:*")}` };
const administrator = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
const { token: ofFew } = await makeToken(SPACE, { actions: ["pull"], repositories: ["grown/r000000*", "nothing/**"] });
const narrow = { Authorization: `Bearer ${ofFew}` };
const root = `/v2/${NAME}`;
const api = `/api/v1/spaces/${SPACE}`;

type Prepare = () => Promise<Step>;

const always =
  (path: string, headers: Step["headers"] = registry, method = "GET"): Prepare =>
  async () => ({ path, method, status: 200, ...(headers && { headers }) });
const management = (path: string): Prepare => always(path, administrator);

const OPERATIONS: Readonly<Record<string, Prepare>> = {
  "HEAD manifest by tag": always(`${root}/manifests/pulled`, registry, "HEAD"),
  "GET manifest by tag": always(`${root}/manifests/pulled`),
  "HEAD manifest by digest": always(`${root}/manifests/${digest}`, registry, "HEAD"),
  "GET manifest by digest": always(`${root}/manifests/${digest}`),
  "HEAD blob": always(`${root}/blobs/${blob}`, registry, "HEAD"),
  token: always(`/token?service=registry.test&scope=repository:${NAME}:pull`, {
    Authorization: `Basic ${btoa(`u:${as}`)}`,
  }),
  "PUT manifest": async () => ({
    path: `${root}/manifests/new`,
    method: "PUT",
    headers: { ...registry, "Content-Type": OCI_MANIFEST },
    body: await imageText(NAME, as, newSeed()),
    status: 201,
  }),
  "tags, 50 a page": always(`${root}/tags/list?n=50&last=tag5`),
  "catalog, 50 a page": always(`/v2/_catalog?n=50&last=${SPACE}/grown/r00000050`, everything),
  referrers: always(`${root}/referrers/${digest}`),
  "DELETE tag": async () => {
    await pushImage(NAME, as, "deleted");
    return { path: `${root}/manifests/deleted`, method: "DELETE", headers: registry, status: 202 };
  },
  "DELETE manifest": async () => {
    const deleted = await pushImage(NAME, as, "deleted", newSeed());
    return { path: `${root}/manifests/${deleted.digest}`, method: "DELETE", headers: registry, status: 202 };
  },
  "list spaces": management("/api/v1/spaces?limit=50"),
  "list repositories": management(`${api}/repositories?limit=50`),
  "list repositories, by a token's patterns": always(`${api}/repositories?limit=50`, narrow),
  "list tags": management(`${api}/repositories/images/tags?limit=50`),
  "list tags, newest first": management(`${api}/repositories/images/tags?limit=50&order=newest`),
  "preview of a deletion of tags": async () => ({
    path: `${api}/tags:delete`,
    method: "POST",
    headers: administrator,
    body: JSON.stringify({ repository: "images", tags: ["pulled", "tag20", "tag21"], dryRun: true }),
    status: 200,
  }),
  manifest: management(`${api}/manifest?repository=images&reference=pulled`),
  "list referrers": management(`${api}/referrers?repository=images&digest=${digest}`),
  "list tokens": management(`${api}/tokens?limit=50`),
  "list events": management(`${api}/events?limit=50`),
  "list pushes": management(`${api}/events?limit=50&kind=push`),
  "preview of a trigger": async () => ({
    path: `${api}/pushes:preview`,
    method: "POST",
    headers: administrator,
    body: '{"match":{"platforms":{"all":["linux/amd64"]}}}',
    status: 200,
  }),
  "list deliveries": management(`${api}/deliveries?limit=50`),
  "history of a tag": management(`${api}/history?repository=images&tag=pulled&limit=50`),
  "list deleted manifests": management(`${api}/deleted/manifests?repository=images&limit=50`),
  "list deleted tags": management(`${api}/deleted/tags?repository=images&limit=50`),
  "collection preview": always(`${api}/gc:preview?limit=50`, administrator, "POST"),
  activity: management(`${api}/activity?limit=50`),
  "storage by day": management(`${api}/storage/history?limit=50`),
  "storage report": management(`${api}/storage?limit=50`),
};

async function measure(operation: string, prepare: Prepare, size: number): Promise<GrowthCost> {
  // The first request does work that only a first one does, such as noting the day's pull.
  await send(await prepare());
  const times: number[] = [];
  let cost = { queries: 0, rowsRead: 0, rowsWritten: 0, databaseMs: Infinity };
  for (let run = 1; run <= RUNS; run++) {
    const step = await prepare();
    const { queries, rowsRead, rowsWritten, databaseMs } = await usageOf(async () => {
      const begun = Date.now();
      await send(step);
      times.push(Date.now() - begun);
    });
    cost = { queries, rowsRead, rowsWritten, databaseMs: Math.min(databaseMs, cost.databaseMs) };
  }
  return { operation, size, ...cost, ms: times.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0 };
}

const all: GrowthCost[] = [];

for (const [index, size] of SIZES.entries()) {
  it(`is measured with ${size} of everything`, { timeout: 600_000 }, async ({ task }) => {
    await grow(env.DB, SIZES[index - 1] ?? 0, size);
    const costs: GrowthCost[] = [];
    for (const [operation, prepare] of Object.entries(OPERATIONS)) costs.push(await measure(operation, prepare, size));
    const { meta } = await env.DB.prepare("SELECT 1").run();
    task.meta.growth = costs;
    task.meta.database = { size, bytes: meta.size_after };
    all.push(...costs);
    expect(costs.filter(({ queries, rowsRead }) => queries === 0 || rowsRead === 0)).toEqual([]);
  });
}

it("reads as many rows where there is much, but for what is linear by nature", () => {
  expect(all.length).toBe(SIZES.length * Object.keys(OPERATIONS).length);
  const grown = all
    .filter((cost) => LINEAR[cost.operation] === undefined && growthOf(all, cost) > MAX_GROWTH)
    .map(({ operation, size, rowsRead }) => `${operation}: ${rowsRead} rows among ${size}`);
  expect(grown).toEqual([]);
});
