import * as z from "zod";
import { hashSecret } from "../../../auth/secret.ts";
import type { PageRequest, Part } from "../../../oci/page.ts";
import type { Activity, ActivityFilter, ActivityStore } from "../../../management/activity.ts";
import { firstIdAt, timeOrderedId } from "../../../registry/time-ordered-id.ts";
import { jsonOrNull, rows } from "../rows.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import { run, type Values } from "../statement.ts";

/** A scalar subquery: the id of the space of an act, or null. */
const PLACE =
  "(SELECT id FROM spaces WHERE name = :space AND deleted_at IS NULL AND (:spaceId IS NULL OR id = :spaceId))";

/** Notes an act. If its space is gone meanwhile, it is not noted: it would look like an act in the installation. */
const NOTE = `
  INSERT INTO activity (id, space_id, actor, action, subject, name, repository, reference, detail, occurred_at)
  SELECT :id, ${PLACE}, :actor, :action, :subject, :name, :repository, :reference, :detail, :now
  WHERE :space IS NULL OR ${PLACE} IS NOT NULL`;

/** The most networks with an entry in one hour: without a bound, somebody could fill the database. */
const MAX_NETWORKS = 100;

const HOUR = 3_600_000;

/** Notes failed logins. `:id` is the hour's for the network; the ids of the hour are between `:first` and `:end`. */
const NOTE_FAILED_LOGINS = `
  INSERT INTO activity (id, space_id, actor, action, name, detail, occurred_at)
  SELECT :id, NULL, 'anonymous', 'login.failed', :network, json_object('attempts', :attempts), :now
  WHERE EXISTS (SELECT 1 FROM activity WHERE id = :id) OR ${MAX_NETWORKS} > (
    SELECT COUNT(*) FROM activity WHERE id >= :first AND id < :end AND action = 'login.failed')
  ON CONFLICT (id) DO UPDATE SET
    detail = json_object('attempts', (activity.detail ->> 'attempts') + :attempts), occurred_at = excluded.occurred_at`;

const ACTS = `
  SELECT a.id, a.occurred_at, a.actor, t.name AS actor_name, a.action, a.subject, a.name, a.repository, a.reference, a.detail
  FROM activity a LEFT JOIN tokens t ON t.id = a.actor`;

/** Lists acts of a space. Ids after `act_` and `evt_` are both ordered by time; `:before` is an id without that beginning. */
const ACTS_OF_SPACE = `${ACTS} WHERE a.space_id = ${SPACE} AND a.id < 'act_' || :before ORDER BY a.id DESC LIMIT :limit`;
const ACTS_OF_INSTALLATION = `${ACTS} WHERE a.space_id IS NULL AND a.id < 'act_' || :before ORDER BY a.id DESC LIMIT :limit`;
const EVENTS_OF_SPACE = `
  SELECT e.id, e.occurred_at, e.actor, COALESCE(e.actor_name, t.name) AS actor_name, e.type AS action, NULL AS subject, NULL AS name,
    r.path AS repository, COALESCE(e.tag, e.digest) AS reference, NULL AS detail
  FROM events e JOIN repositories r ON r.id = e.repository_id LEFT JOIN tokens t ON t.id = e.actor
  WHERE e.space_id = ${SPACE} AND e.id < 'evt_' || :before ORDER BY e.id DESC LIMIT :limit`;

/** The most rows of each table that are searched for those that pass a filter. */
const WINDOW = 500;

/** Sorts after every id. */
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
      const { space = null, spaceId = null } = place ?? {};
      await run(db, NOTE, {
        id: timeOrderedId("act"),
        space,
        spaceId,
        actor,
        action,
        subject: subject ?? null,
        name: name ?? null,
        repository: repository ?? null,
        reference: reference ?? null,
        detail: jsonOrNull(detail),
        now,
      });
    },

    async noteFailedLogins({ network, attempts }, now) {
      const hour = now - (now % HOUR);
      const [first, end] = [firstIdAt("act", hour), firstIdAt("act", hour + 1)];
      const id = `${first}7${(await hashSecret(network)).slice(0, 19)}`;
      await run(db, NOTE_FAILED_LOGINS, { id, network, attempts, now, first, end });
    },

    async ofSpace(grant, filter, page) {
      const values = lookOf(filter, page);
      const { acts, events } = await runInSpace(db, grant, {
        acts: { sql: ACTS_OF_SPACE, values },
        events: { sql: EVENTS_OF_SPACE, values },
      });
      return merge([acts, events], filter, page);
    },

    async ofInstallation(_grant, filter, page) {
      return merge([await run(db, ACTS_OF_INSTALLATION, lookOf(filter, page))], filter, page);
    },
  };
}

function lookOf(filter: ActivityFilter, page: PageRequest): Values {
  return { before: page.last ?? LAST, limit: windowOf(filter, page) };
}

function windowOf({ actor, kind }: ActivityFilter, { limit }: PageRequest): number {
  return actor === null && kind === null ? limit + 1 : Math.max(WINDOW, limit + 1);
}

/** Merges several lists into one page. Each list was read as far as its window goes. */
function merge(results: readonly (D1Result | undefined)[], filter: ActivityFilter, page: PageRequest): Part<Activity> {
  const lists = results.map((result) => rows(activityRow, result).map(activityFromRow));
  const size = windowOf(filter, page);
  // Past the newest of their ends, one of the lists was not read.
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
