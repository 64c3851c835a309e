import { z } from "zod";
import { type AttemptRecord, type Delivery, DELIVERY_STATUSES, type DeliveryStore } from "../../events/stores.ts";
import { pageOf } from "../../oci/page.ts";
import { timeOrderedId } from "../../registry/time-ordered-id.ts";
import type { SecretBox } from "../secret-box.ts";
import { eventFromRow, eventRow, FIND_EVENT, LAST_ID, MARK_TAKEN } from "./outbox.ts";
import { firstRow, isEmpty, rows } from "./rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "./spaces.ts";
import { openSecrets, secretColumns, TARGET_COLUMNS, targetFromRow, targetRow } from "./targets.ts";

/** ?1 pairs, JSON list of { id, triggerId, targetId }; ?2 space, ?3 event, ?4 repository, ?5 tag, ?6 now. */
const INSERT = `
  INSERT INTO deliveries (id, space_id, event_id, trigger_id, target_id, repository_id, tag, next_attempt_at, created_at)
  SELECT pair.value ->> 'id', ?2, ?3, pair.value ->> 'triggerId', t.id, ?4, ?5, ?6, ?6
  FROM json_each(?1) pair JOIN targets t ON t.id = pair.value ->> 'targetId'
  WHERE t.space_id = ?2 AND t.deleted_at IS NULL
  ON CONFLICT (event_id, trigger_id, target_id) DO NOTHING`;

/** The newest push of a tag wins, in whatever order the queue brings them: older pending deliveries give way. */
const SUPERSEDE = `
  UPDATE deliveries SET status = 'superseded', finished_at = ?2 WHERE id IN (
    SELECT older.id FROM deliveries d
      JOIN deliveries newer ON newer.trigger_id = d.trigger_id AND newer.target_id = d.target_id
        AND newer.repository_id = d.repository_id AND newer.tag = d.tag
      JOIN deliveries older ON older.trigger_id = d.trigger_id AND older.target_id = d.target_id
        AND older.repository_id = d.repository_id AND older.tag = d.tag AND older.event_id < newer.event_id
    WHERE d.event_id = ?1 AND older.status = 'pending')`;

const PENDING = "SELECT id FROM deliveries WHERE event_id = ?1 AND status = 'pending'";

const CLAIM = `
  UPDATE deliveries SET attempts = attempts + 1, tries = tries + 1, next_attempt_at = ?2 + ?3
  WHERE id = ?1 AND status = 'pending' AND next_attempt_at <= ?2`;

const DELIVERIES = `
  SELECT d.id, d.event_id, d.trigger_id, d.target_id, s.name || '/' || r.path AS repository, d.tag, d.status,
    d.attempts, d.tries, d.next_attempt_at, d.created_at, d.finished_at
  FROM deliveries d JOIN spaces s ON s.id = d.space_id JOIN repositories r ON r.id = d.repository_id`;

const FIND = `${DELIVERIES} WHERE d.id = ?1`;
const FIND_IN_SPACE = `${DELIVERIES} WHERE d.space_id = ${LIVE_SPACE} AND d.id = ?2`;
const LIST = `
  ${DELIVERIES} WHERE d.space_id = ${LIVE_SPACE} AND d.id < ?2 AND (?3 IS NULL OR d.status = ?3)
    AND (?4 IS NULL OR d.trigger_id = ?4) AND (?5 IS NULL OR d.target_id = ?5) ORDER BY d.id DESC LIMIT ?6`;
const FIND_TARGET = `
  SELECT ${TARGET_COLUMNS}, secret, previous_secret, previous_until FROM targets WHERE id = ?1 AND deleted_at IS NULL`;
const ATTEMPTS =
  "SELECT number, at, milliseconds, status, outcome, detail FROM attempts WHERE delivery_id = ?1 ORDER BY number";

const ADD_ATTEMPT = `
  INSERT INTO attempts (delivery_id, number, at, milliseconds, status, outcome, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
  ON CONFLICT (delivery_id, number) DO NOTHING`;
/** What was superseded meanwhile stays so, unless it arrived all the same. */
const FINISH = `
  UPDATE deliveries SET status = ?2, next_attempt_at = COALESCE(?3, next_attempt_at), finished_at = ?4
  WHERE id = ?1 AND (status = 'pending' OR ?2 = 'delivered')`;
const NOTE_TARGET = `
  UPDATE targets SET failing_since = CASE WHEN ?2 = 'done' THEN NULL ELSE COALESCE(failing_since, ?3) END,
    enabled = CASE WHEN ?4 IS NULL THEN enabled ELSE 0 END, disabled_reason = COALESCE(?4, disabled_reason)
  WHERE id = ?1`;

const OVERDUE =
  "SELECT id FROM deliveries WHERE status = 'pending' AND next_attempt_at < ?1 ORDER BY next_attempt_at LIMIT ?2";
const REDELIVER = `
  UPDATE deliveries SET status = 'pending', tries = 0, next_attempt_at = ?3, finished_at = NULL
  WHERE space_id = ${LIVE_SPACE} AND id = ?2`;

const REPLAY = `
  UPDATE deliveries SET status = 'pending', tries = 0, next_attempt_at = ?5, finished_at = NULL
  WHERE id IN (
    SELECT id FROM deliveries WHERE space_id = ${LIVE_SPACE} AND trigger_id = ?2 AND status = 'failed' AND created_at >= ?3
    ORDER BY id LIMIT ?4)
  RETURNING id`;

const deliveryRow = z.object({
  id: z.string(),
  event_id: z.string(),
  trigger_id: z.string(),
  target_id: z.string(),
  repository: z.string(),
  tag: z.string().nullable(),
  status: z.enum(DELIVERY_STATUSES),
  attempts: z.int(),
  tries: z.int(),
  next_attempt_at: z.int(),
  created_at: z.int(),
  finished_at: z.int().nullable(),
});

const attemptRow = z.object({
  number: z.int(),
  at: z.int(),
  milliseconds: z.int(),
  status: z.int().nullable(),
  outcome: z.enum(["done", "retry", "failed", "gone"]),
  detail: z.string(),
});

const idRow = z.object({ id: z.string() });

/** @param box opens the secrets of the target that a claimed delivery goes to. */
export function d1Deliveries(db: D1Database, box: SecretBox): DeliveryStore {
  const ids = async (sql: string, ...values: readonly (string | number)[]): Promise<readonly string[]> => {
    const statement = db.prepare(sql).bind(...values);
    return rows(idRow, await statement.all()).map(({ id }) => id);
  };
  return {
    async plan({ event, spaceId, repositoryId }, pairs, now) {
      const withIds = JSON.stringify(pairs.map((pair) => ({ id: timeOrderedId("dlv"), ...pair })));
      const results = await db.batch([
        db.prepare(INSERT).bind(withIds, spaceId, event.id, repositoryId, event.tag, now),
        db.prepare(SUPERSEDE).bind(event.id, now),
        db.prepare(MARK_TAKEN).bind(event.id, now),
        db.prepare(PENDING).bind(event.id),
      ]);
      return rows(idRow, results[3]).map(({ id }) => id);
    },

    async claim(id, now, lease) {
      const [claimed, found] = await db.batch([db.prepare(CLAIM).bind(id, now, lease), db.prepare(FIND).bind(id)]);
      const row = firstRow(deliveryRow, found);
      if (row === null || row.status !== "pending") return "over";
      if ((claimed?.meta.changes ?? 0) === 0)
        return { later: Math.max(1, Math.ceil((row.next_attempt_at - now) / 1000)) };
      const [event, target] = await db.batch([
        db.prepare(FIND_EVENT).bind(row.event_id),
        db.prepare(FIND_TARGET).bind(row.target_id),
      ]);
      const eventFound = firstRow(eventRow, event);
      const targetFound = firstRow(targetRow.extend(secretColumns.shape), target);
      const noSecrets = { secret: null, previous_secret: null, previous_until: null };
      return {
        delivery: deliveryFromRow(row),
        tries: row.tries,
        event: eventFound && eventFromRow(eventFound),
        target: targetFound && targetFromRow(targetFound),
        secrets: await openSecrets(box, row.target_id, targetFound ?? noSecrets),
      };
    },

    async record(id, targetId, { attempt, status, nextAttemptAt, disableTarget }, now) {
      const { number, at, milliseconds, outcome, detail } = attempt;
      const finishedAt = nextAttemptAt === null ? now : null;
      await db.batch([
        db.prepare(ADD_ATTEMPT).bind(id, number, at, milliseconds, attempt.status, outcome, detail),
        db.prepare(FINISH).bind(id, status, nextAttemptAt, finishedAt),
        db.prepare(NOTE_TARGET).bind(targetId, outcome, now, disableTarget),
      ]);
    },

    overdue: (before, limit) => ids(OVERDUE, before, limit),

    async list(space, { status, trigger, target }, { limit, last }) {
      const [found, deliveries] = await db.batch([
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(LIST).bind(space, last ?? LAST_ID, status, trigger, target, limit + 1),
      ]);
      return isEmpty(found) ? null : pageOf(rows(deliveryRow, deliveries).map(deliveryFromRow), limit);
    },

    async find(space, id) {
      const [found, attempts] = await db.batch([
        db.prepare(FIND_IN_SPACE).bind(space, id),
        db.prepare(ATTEMPTS).bind(id),
      ]);
      const row = firstRow(deliveryRow, found);
      return row && { delivery: deliveryFromRow(row), attempts: rows(attemptRow, attempts) satisfies AttemptRecord[] };
    },

    replay: (space, triggerId, since, limit, now) => ids(REPLAY, space, triggerId, since, limit, now),

    async redeliver(space, id, now) {
      const { meta } = await db.prepare(REDELIVER).bind(space, id, now).run();
      return meta.changes > 0;
    },
  };
}

function deliveryFromRow(row: z.infer<typeof deliveryRow>): Delivery {
  return {
    id: row.id,
    eventId: row.event_id,
    triggerId: row.trigger_id,
    targetId: row.target_id,
    repository: row.repository,
    tag: row.tag,
    status: row.status,
    attempts: row.attempts,
    nextAttemptAt: row.status === "pending" ? row.next_attempt_at : null,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}
