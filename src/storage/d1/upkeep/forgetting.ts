import { z } from "zod";
import { PREVIOUSLY_DEPLOYED } from "../../../management/retention.ts";
import { firstIdAt } from "../../../registry/time-ordered-id.ts";
import type { Bounds, RecordStore } from "../../../upkeep/stores.ts";
import { NEWER } from "../events/deployed.ts";
import { rows } from "../rows.ts";
import { FORGET_TOMBSTONES } from "./tombstones.ts";

/** Ids are ordered by time: those after ?1 and before ?2, at most ?3. */
const NEXT = (table: string): string => `SELECT id FROM ${table} WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3`;

/** What is deployed, or was just before, can be told of and sent again. */
const IS_DEPLOYED = "EXISTS (SELECT 1 FROM deployed p WHERE p.delivery_id = d.id)";

/** How many digests count for a target, beside what is deployed: as the space's rules say, switched on or not. */
const COUNTED = (space: string): string => `COALESCE(
  (SELECT MAX(k.keep ->> 'previouslyDeployed') FROM retention_rules k WHERE k.space_id = ${space}), ${PREVIOUSLY_DEPLOYED})`;

const NEXT_DEPLOYED = "SELECT id FROM deployed WHERE id > ?1 ORDER BY id LIMIT ?2";
const FORGET_DEPLOYED = `
  DELETE FROM deployed WHERE id IN (
    SELECT d.id FROM deployed d WHERE d.id IN (${NEXT_DEPLOYED}) AND ${NEWER("d")} > ${COUNTED("d.space_id")})`;

/** ?4: when it must have ended. */
const FORGOTTEN = `
  d.id IN (${NEXT("deliveries")}) AND d.status NOT IN ('pending', 'running') AND d.finished_at < ?4 AND NOT ${IS_DEPLOYED}`;

const FORGET_ATTEMPTS = `
  DELETE FROM attempts WHERE delivery_id IN (SELECT d.id FROM deliveries d WHERE ${FORGOTTEN})`;
const FORGET_DELIVERIES = `DELETE FROM deliveries AS d WHERE ${FORGOTTEN}`;

/** What set a tag, and what came of it since, belongs to the tag. */
const FORGET_EVENTS = `
  DELETE FROM events AS e WHERE e.id IN (${NEXT("events")}) AND e.sent_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = e.id)
    AND NOT EXISTS (
      SELECT 1 FROM tags t WHERE t.repository_id = e.repository_id AND t.name = e.tag AND t.updated_at <= e.occurred_at)`;

/** None is kept for anything else. */
const FORGET_ACTIVITY = "DELETE FROM activity WHERE id IN (SELECT id FROM activity WHERE id < ?1 ORDER BY id LIMIT ?2)";

const idRow = z.object({ id: z.string() });
const deployedRow = z.object({ id: z.int() });

export function d1Records(db: D1Database): RecordStore {
  const next = (table: string, range: readonly (string | number)[]): D1PreparedStatement =>
    db.prepare(NEXT(table)).bind(...range);

  return {
    async forgetDeployed(from, limit) {
      const range = [Number(from ?? 0), limit];
      const [found] = await db.batch([NEXT_DEPLOYED, FORGET_DEPLOYED].map((sql) => db.prepare(sql).bind(...range)));
      const ids = rows(deployedRow, found);
      return ids.length < limit ? null : String(ids.at(-1)?.id ?? 0);
    },

    async forgetDeliveries(from, bounds) {
      const range = rangeOf("dlv", from, bounds);
      const [found] = await db.batch([
        next("deliveries", range),
        db.prepare(FORGET_ATTEMPTS).bind(...range, bounds.cutoff),
        db.prepare(FORGET_DELIVERIES).bind(...range, bounds.cutoff),
      ]);
      return endOf(found, bounds);
    },

    async forgetEvents(from, bounds) {
      const range = rangeOf("evt", from, bounds);
      const [found] = await db.batch([next("events", range), db.prepare(FORGET_EVENTS).bind(...range)]);
      return endOf(found, bounds);
    },

    async forgetActivity({ cutoff, limit }) {
      await db.prepare(FORGET_ACTIVITY).bind(firstIdAt("act", cutoff), limit).run();
    },

    async forgetTombstones({ cutoff, limit }) {
      await db.batch(FORGET_TOMBSTONES.map((sql) => db.prepare(sql).bind(cutoff, limit)));
    },
  };
}

function rangeOf(prefix: string, from: string | null, { cutoff, limit }: Bounds): readonly (string | number)[] {
  return [from ?? "", firstIdAt(prefix, cutoff), limit];
}

/** The last page is shorter: the next walk begins anew. */
function endOf(found: D1Result | undefined, { limit }: Bounds): string | null {
  const ids = rows(idRow, found);
  return ids.length < limit ? null : (ids.at(-1)?.id ?? null);
}
