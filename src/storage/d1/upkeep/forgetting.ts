import * as z from "zod";
import { PREVIOUSLY_DEPLOYED } from "../../../management/retention.ts";
import { firstIdAt } from "../../../registry/time-ordered-id.ts";
import type { Bounds, ForgettingStore } from "../../../upkeep/stores.ts";
import { givenSince } from "../events/deployed.ts";
import { rows } from "../rows.ts";
import { run, runAll, runList, sharing, type Values } from "../statement.ts";
import { FORGET_TOMBSTONES } from "./tombstones.ts";

/** Returns a query for the next rows of a table, whose ids are ordered by time. */
const nextOf = (table: string): string =>
  `SELECT id FROM ${table} WHERE id > :after AND id < :before ORDER BY id LIMIT :limit`;

/** True for a delivery of content that is deployed, or was just before: it can be shown and sent again. */
const IS_DEPLOYED = "EXISTS (SELECT 1 FROM deployed p WHERE p.delivery_id = d.id)";

/** Returns the number of digests that count for a target besides the deployed one, by the space's rules, switched on or off. */
const countedIn = (space: string): string => `COALESCE(
  (SELECT MAX(k.keep ->> 'previouslyDeployed') FROM retention_rules k WHERE k.space_id = ${space}), ${PREVIOUSLY_DEPLOYED})`;

const NEXT_DEPLOYED = "SELECT id FROM deployed WHERE id > :after ORDER BY id LIMIT :limit";
const FORGET_DEPLOYED = `
  DELETE FROM deployed WHERE id IN (
    SELECT d.id FROM deployed d WHERE d.id IN (${NEXT_DEPLOYED}) AND ${givenSince("d")} > ${countedIn("d.space_id")})`;

const FORGOTTEN = `
  d.id IN (${nextOf("deliveries")}) AND d.status NOT IN ('pending', 'running') AND d.finished_at < :cutoff AND NOT ${IS_DEPLOYED}`;

const FORGET_ATTEMPTS = `
  DELETE FROM attempts WHERE delivery_id IN (SELECT d.id FROM deliveries d WHERE ${FORGOTTEN})`;
const FORGET_DELIVERIES = `DELETE FROM deliveries AS d WHERE ${FORGOTTEN}`;

/** Forgets events, except the one that set a tag and those after it, which belong to the tag. */
const FORGET_EVENTS = `
  DELETE FROM events AS e WHERE e.id IN (${nextOf("events")}) AND e.sent_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = e.id)
    AND NOT EXISTS (
      SELECT 1 FROM tags t WHERE t.repository_id = e.repository_id AND t.name = e.tag AND t.updated_at <= e.occurred_at)`;

/** Forgets activity: nothing else needs these rows. */
const FORGET_ACTIVITY =
  "DELETE FROM activity WHERE id IN (SELECT id FROM activity WHERE id < :before ORDER BY id LIMIT :limit)";

const idRow = z.object({ id: z.string() });
const deployedRow = z.object({ id: z.int() });

export function d1Forgetting(db: D1Database): ForgettingStore {
  return {
    async forgetDeployed(from, limit) {
      const values = { after: Number(from ?? 0), limit };
      const { next } = await runAll(db, sharing(values, { next: NEXT_DEPLOYED, forgotten: FORGET_DEPLOYED }));
      const ids = rows(deployedRow, next);
      return ids.length < limit ? null : String(ids.at(-1)?.id ?? 0);
    },

    async forgetDeliveries(from, bounds) {
      const values = { ...rangeOf("dlv", from, bounds), cutoff: bounds.cutoff };
      const { next } = await runAll(
        db,
        sharing(values, { next: nextOf("deliveries"), attempts: FORGET_ATTEMPTS, deliveries: FORGET_DELIVERIES }),
      );
      return endOf(next, bounds);
    },

    async forgetEvents(from, bounds) {
      const statements = sharing(rangeOf("evt", from, bounds), { next: nextOf("events"), forgotten: FORGET_EVENTS });
      return endOf((await runAll(db, statements)).next, bounds);
    },

    async forgetActivity({ cutoff, limit }) {
      await run(db, FORGET_ACTIVITY, { before: firstIdAt("act", cutoff), limit });
    },

    async forgetTombstones({ cutoff, limit }) {
      await runList(
        db,
        FORGET_TOMBSTONES.map((sql) => ({ sql, values: { cutoff, limit } })),
      );
    },
  };
}

function rangeOf(prefix: string, from: string | null, { cutoff, limit }: Bounds): Values {
  return { after: from ?? "", before: firstIdAt(prefix, cutoff), limit };
}

/** Returns where to go on. A page that is shorter is the last, and the next walk begins anew. */
function endOf(next: D1Result, { limit }: Bounds): string | null {
  const ids = rows(idRow, next);
  return ids.length < limit ? null : (ids.at(-1)?.id ?? null);
}
