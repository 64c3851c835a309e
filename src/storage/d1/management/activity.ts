import { z } from "zod";
import { hashSecret } from "../../../auth/secret.ts";
import type { PageRequest, Part } from "../../../oci/page.ts";
import type { Activity, ActivityFilter, ActivityStore } from "../../../management/activity.ts";
import { firstIdAt, timeOrderedId } from "../../../registry/time-ordered-id.ts";
import { isEmpty, jsonOrNull, rows } from "../rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "./spaces.ts";

const NOTE = `
  INSERT INTO activity (id, space_id, actor, action, subject, name, repository, reference, detail, occurred_at)
  SELECT ?2, ${LIVE_SPACE}, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10`;

/** Networks that have an entry in an hour: more would be a way to fill the database. */
const MAX_NETWORKS = 100;

const HOUR = 3_600_000;

/** ?1: the hour's id for the network; ?5 and ?6: between which ids those of the hour are. */
const NOTE_FAILED_LOGINS = `
  INSERT INTO activity (id, space_id, actor, action, name, detail, occurred_at)
  SELECT ?1, NULL, 'anonymous', 'login.failed', ?2, json_object('attempts', ?3), ?4
  WHERE EXISTS (SELECT 1 FROM activity WHERE id = ?1) OR ${MAX_NETWORKS} > (
    SELECT COUNT(*) FROM activity WHERE id >= ?5 AND id < ?6 AND action = 'login.failed')
  ON CONFLICT (id) DO UPDATE SET
    detail = json_object('attempts', (activity.detail ->> 'attempts') + ?3), occurred_at = excluded.occurred_at`;

const ACTS = `
  SELECT a.id, a.occurred_at, a.actor, t.name AS actor_name, a.action, a.subject, a.name, a.repository, a.reference, a.detail
  FROM activity a LEFT JOIN tokens t ON t.id = a.actor`;

/** Ids after `act_` and `evt_` are ordered by time alike: ?2 is one without that. */
const ACTS_OF_SPACE = `${ACTS} WHERE a.space_id = ${LIVE_SPACE} AND a.id < 'act_' || ?2 ORDER BY a.id DESC LIMIT ?3`;
const ACTS_OF_INSTALLATION = `${ACTS} WHERE a.space_id IS NULL AND a.id < 'act_' || ?1 ORDER BY a.id DESC LIMIT ?2`;
const EVENTS_OF_SPACE = `
  SELECT e.id, e.occurred_at, e.actor, COALESCE(e.actor_name, t.name) AS actor_name, e.type AS action, NULL AS subject, NULL AS name,
    r.path AS repository, COALESCE(e.tag, e.digest) AS reference, NULL AS detail
  FROM events e JOIN repositories r ON r.id = e.repository_id LEFT JOIN tokens t ON t.id = e.actor
  WHERE e.space_id = ${LIVE_SPACE} AND e.id < 'evt_' || ?2 ORDER BY e.id DESC LIMIT ?3`;

/** Rows of each table that are looked at for what a filter lets through. */
const WINDOW = 500;

/** After every id there can be. */
const LAST = "~";

const activityRow = z.object({
  id: z.string(),
  occurred_at: z.int(),
  actor: z.string(),
  actor_name: z.string().nullable(),
  action: z.string(),
  subject: z.string().nullable(),
  name: z.string().nullable(),
  repository: z.string().nullable(),
  reference: z.string().nullable(),
  detail: z.string().nullable(),
});

const detailColumn = z.record(z.string(), z.unknown());

export function d1Activity(db: D1Database): ActivityStore {
  return {
    async note(place, { actor, action, subject, name, repository, reference, detail }, now) {
      const texts = [subject, name, repository, reference].map((text) => text ?? null);
      await db
        .prepare(NOTE)
        .bind(place?.space ?? null, timeOrderedId("act"), actor, action, ...texts, jsonOrNull(detail), now)
        .run();
    },

    async noteFailedLogins({ network, attempts }, now) {
      const hour = now - (now % HOUR);
      const [first, end] = [firstIdAt("act", hour), firstIdAt("act", hour + 1)];
      const id = `${first}7${(await hashSecret(network)).slice(0, 19)}`;
      await db.prepare(NOTE_FAILED_LOGINS).bind(id, network, attempts, now, first, end).run();
    },

    async ofSpace({ space }, filter, page) {
      const look = [page.last ?? LAST, windowOf(filter, page)] as const;
      const [found, acts, events] = await db.batch([
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(ACTS_OF_SPACE).bind(space, ...look),
        db.prepare(EVENTS_OF_SPACE).bind(space, ...look),
      ]);
      return isEmpty(found) ? null : merge([acts, events], filter, page);
    },

    async ofInstallation(_grant, filter, page) {
      const look = [page.last ?? LAST, windowOf(filter, page)] as const;
      return merge(
        [
          await db
            .prepare(ACTS_OF_INSTALLATION)
            .bind(...look)
            .all(),
        ],
        filter,
        page,
      );
    },
  };
}

function windowOf({ actor, kind }: ActivityFilter, { limit }: PageRequest): number {
  return actor === null && kind === null ? limit + 1 : Math.max(WINDOW, limit + 1);
}

/** One list of several, each of which was read as far as its window goes. */
function merge(results: readonly (D1Result | undefined)[], filter: ActivityFilter, page: PageRequest): Part<Activity> {
  const lists = results.map((result) => rows(activityRow, result).map(activityFromRow));
  const size = windowOf(filter, page);
  // Beyond the newest of their ends, one of them was not looked at.
  const end = lists
    .flatMap((list) => (list.length < size ? [] : list.slice(-1)))
    .map(keyOf)
    .reduce((newest, key) => (key > newest ? key : newest), "");
  const seen = lists
    .flat()
    .filter((one) => keyOf(one) >= end && passes(filter, one))
    .toSorted((left, right) => (keyOf(left) < keyOf(right) ? 1 : -1));
  const entries = seen.slice(0, page.limit);
  const last = entries.at(-1);
  return { entries, next: seen.length > page.limit && last !== undefined ? keyOf(last) : end || null };
}

function keyOf({ id }: Activity): string {
  return id.slice(id.indexOf("_") + 1);
}

function passes({ actor, kind }: ActivityFilter, one: Activity): boolean {
  return (actor === null || one.actor.id === actor) && (kind === null || one.action.startsWith(`${kind}.`));
}

function activityFromRow(row: z.infer<typeof activityRow>): Activity {
  const { occurred_at: at, actor, actor_name: actorName, detail, ...rest } = row;
  return {
    ...rest,
    at,
    actor: { id: actor, name: actorName ?? actor },
    detail: detail === null ? null : detailColumn.parse(JSON.parse(detail)),
  };
}
