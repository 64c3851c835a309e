/** What runs of upkeep cost where there is much to do. `npm run bench` shows how that grows. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import worker from "../../src/worker.ts";
import { IMAGES, markGarbage, seed, seedGarbage } from "../support/large-registry.ts";
import { metered } from "../support/metered.ts";

/** More of each than one run takes. */
const MUCH = 6000;

/** What is not needed is not kept. What is seeded has no objects, which is no matter for scrub here. */
const SETTINGS = {
  GC_GRACE_HOURS: 0,
  ORPHAN_GRACE_MINUTES: 0,
  KEEP_DELETED_DAYS: 0,
  KEEP_BYTES_DAYS: 0,
  SCRUB_MB_PER_RUN: 0,
};

beforeAll(async () => {
  await seed(env.DB, MUCH, IMAGES);
  await seedGarbage(env.DB, MUCH, 1);
  await markGarbage(env.DB);
});

async function manifestsLeft(): Promise<number> {
  return Number(await env.DB.prepare("SELECT COUNT(*) AS n FROM manifests WHERE repository_id = 1").first("n"));
}

it("takes the manifests of a deleted repository for as many rows each, however many they are", async () => {
  await env.DB.prepare("UPDATE repositories SET deleted_at = 1 WHERE id = 1").run();
  for (let runs = 0; (await manifestsLeft()) > 0; runs++) {
    expect(runs).toBeLessThan(20);
    const { db, spent } = metered(env.DB);
    await worker.scheduled(createScheduledController(), { ...env, ...SETTINGS, DB: db });
    expect(spent().rowsRead).toBeLessThan(500_000);
  }
});
