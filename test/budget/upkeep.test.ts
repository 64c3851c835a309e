/** Tests the cost of upkeep's runs with much to do. `npm run bench` shows its growth. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, it, vi } from "vitest";
import * as z from "zod";
import worker from "../../src/worker.ts";
import { IMAGES, markGarbage, seed, seedGarbage } from "../../harness/large-registry.ts";
import { metered } from "../../harness/metered.ts";

const CRONS = z.array(z.string()).parse(JSON.parse(/^crons = (.*)$/m.exec(env.WRANGLER_TOML)?.[1] ?? "[]"));

/** More of each kind than one run takes. */
const MUCH = 6000;

/** Queries of an invocation on the Free plan. */
const MAX_QUERIES = 50;

/** Queries of a run that has as much to do as it can take, by its cron trigger. */
const QUERIES: Readonly<Record<string, number>> = { "*/5 * * * *": 44, "2-59/5 * * * *": 49, "4-59/5 * * * *": 49 };

/** Keeps nothing that is not needed. */
const SETTINGS = { GC_GRACE_HOURS: 0, ORPHAN_GRACE_MINUTES: 0, KEEP_DELETED_DAYS: 0, KEEP_BYTES_DAYS: 0 };

const MORE = [
  "UPDATE manifests SET marked_at = 1",
  // Each step purges one.
  `INSERT INTO repositories (space_id, path, created_at, deleted_at)
   SELECT 1, 'deleted' || value, 0, 1 FROM json_each('[1,2,3,4,5,6]')`,
  // Uploads whose credential is gone. To note the bytes of others takes one query more.
  "INSERT INTO open_uploads (credential_id, id, space_id, touched_at) VALUES ('tok_gone', 'one', 1, 0)",
];

beforeAll(async () => {
  // The seeded rows have no objects, and scrub logs each.
  vi.spyOn(console, "error").mockReturnValue();
  await seed(env.DB, MUCH, IMAGES);
  await seedGarbage(env.DB, MUCH, 1);
  await markGarbage(env.DB);
  await env.DB.batch(MORE.map((sql) => env.DB.prepare(sql)));
  await env.BLOBS.put("orphan", "bytes");
});

/** Returns the cost of one run, by a cron trigger; without one, of everything. */
async function spentBy(cron = ""): Promise<ReturnType<ReturnType<typeof metered>["spent"]>> {
  const { db, spent } = metered(env.DB);
  await worker.scheduled(createScheduledController({ cron }), { ...env, ...SETTINGS, DB: db });
  return spent();
}

async function manifestsLeft(): Promise<number> {
  return Number(await env.DB.prepare("SELECT COUNT(*) AS n FROM manifests WHERE repository_id = 1").first("n"));
}

it("is shared by the cron triggers, each of which keeps to the queries of the Free plan", async () => {
  expect(CRONS).toEqual(Object.keys(QUERIES));
  const measured: Record<string, number> = {};
  for (const cron of CRONS) measured[cron] = (await spentBy(cron)).queries;
  expect(measured).toEqual(QUERIES);
  expect(Math.max(...Object.values(QUERIES))).toBeLessThanOrEqual(MAX_QUERIES);
});

it("takes a manifest for as many rows, however many tags its repository has", async () => {
  const untagged =
    "INSERT INTO manifests (id, repository_id, digest, media_type, size, body, platforms, created_at) VALUES (1, 1, 'sha256:f', '', 2, '{}', '[]', 0)";
  const { db, spent } = metered(env.DB);
  await env.DB.prepare(untagged).run();
  await db.prepare("DELETE FROM manifests WHERE id = 1").run();
  expect(spent().rowsRead).toBeLessThan(20);
});

it("takes the manifests of a deleted repository for as many rows each, however many they are", async () => {
  await env.DB.prepare("UPDATE repositories SET deleted_at = 1 WHERE id = 1").run();
  for (let runs = 0; (await manifestsLeft()) > 0; runs++) {
    expect(runs).toBeLessThan(20);
    expect((await spentBy()).rowsRead).toBeLessThan(500_000);
  }
});
