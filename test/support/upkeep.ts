/** Upkeep as the cron trigger runs it, by a clock that is moved; and what storage must hold when it has nothing left to do. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import * as z from "zod";
import type { Env } from "../../src/env.ts";
import worker from "../../src/worker.ts";
import { bucketInTime, DAY, HOUR, type MovedClock } from "./clock.ts";
import { countedEnv } from "./counting.ts";

/** The Worker's bindings, counted, with a bucket that goes by the clock. */
export function bindingsInTime(clock: MovedClock): Env {
  return countedEnv({ ...env, BLOBS: bucketInTime(env.BLOBS, clock) });
}

/** One run. Rejects where a part of it failed. */
export async function runUpkeep(bindings: Env): Promise<void> {
  await worker.scheduled(createScheduledController(), bindings);
}

/** Times between runs after which nothing may be left to do: repositories and manifests in the trash are over, then links, blobs and at last bytes. */
const QUIET_AFTER = [8 * DAY, HOUR, 25 * HOUR, HOUR, 25 * HOUR, HOUR, 8 * DAY, HOUR];

/** @param between what else time brings. */
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

/** What should not be there, in words. */
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

/** Rows are those that manifests need, and objects those that rows point to: none more, none less. */
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
