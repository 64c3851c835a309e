/** Runs upkeep as the cron trigger does, by a clock that is moved; and checks what storage holds when upkeep has nothing left to do. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import * as z from "zod";
import type { Env } from "../../src/env.ts";
import worker from "../../src/worker.ts";
import { bucketInTime, DAY, HOUR, type MovedClock } from "./clock.ts";
import { countedEnv } from "./counting.ts";

/** Returns the Worker's bindings, counted, with a bucket that goes by the clock. */
export function bindingsInTime(clock: MovedClock): Env {
  return countedEnv({ ...env, BLOBS: bucketInTime(env.BLOBS, clock) });
}

/** Makes one run. Rejects if a part of it failed. */
export async function runUpkeep(bindings: Env): Promise<void> {
  await worker.scheduled(createScheduledController(), bindings);
}

/**
 * Times between runs after which nothing may be left to do: first repositories and manifests in the trash
 * reach their end, then links, blobs and finally bytes.
 */
const QUIET_AFTER = [8 * DAY, HOUR, 25 * HOUR, HOUR, 25 * HOUR, HOUR, 8 * DAY, HOUR];

/** Runs upkeep until nothing is left to do. @param between runs between two runs, for other effects of time */
export async function runUntilQuiet(
  clock: MovedClock,
  bindings: Env,
  between = (): Promise<void> => Promise.resolve(),
): Promise<void> {
  for (const time of QUIET_AFTER) {
    clock.advance(time);
    await between();
    await runUpkeep(bindings);
  }
}

/** Queries for rows that should not exist, described in words. */
const LEFTOVERS = [
  `SELECT 'link of ' || digest AS what FROM repository_blobs rb WHERE NOT EXISTS (
    SELECT 1 FROM manifest_references f WHERE f.repository_id = rb.repository_id AND f.digest = rb.digest)`,
  `SELECT 'blob ' || digest AS what FROM blobs b WHERE NOT EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.digest = b.digest)`,
  `SELECT 'manifest ' || m.digest AS what FROM manifests m JOIN repositories r ON r.id = m.repository_id WHERE r.deleted_at IS NOT NULL`,
  "SELECT 'manifest in the trash ' || digest AS what FROM deleted_manifests",
  "SELECT 'condemned ' || key AS what FROM condemned WHERE deleted_at IS NULL",
];
const KEYS = "SELECT key AS what FROM blobs UNION SELECT key FROM manifests WHERE key IS NOT NULL";

const whatRows = z.array(z.object({ what: z.string() }));

/** Expects exactly the rows that manifests need, and the objects that rows point to. */
export async function expectOnlyReferenced(): Promise<void> {
  const results = await env.DB.batch([...LEFTOVERS, KEYS].map((sql) => env.DB.prepare(sql)));
  const [keys = [], ...leftovers] = results
    .map((result) => whatRows.parse(result.results).map(({ what }) => what))
    .toReversed();
  expect(leftovers.flat(), "left over").toEqual([]);
  expect(await objectKeys(), "objects").toEqual(new Set(keys));
}

export async function objectKeys(): Promise<ReadonlySet<string>> {
  const { objects } = await env.BLOBS.list();
  return new Set(objects.map(({ key }) => key));
}
