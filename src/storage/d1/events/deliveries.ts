import { z } from "zod";
import { type AttemptRecord, type Delivery, DELIVERY_STATUSES, type DeliveryStore } from "../../../events/stores.ts";
import { VERDICTS } from "../../../events/target.ts";
import { pageOf } from "../../../oci/page.ts";
import { timeOrderedId } from "../../../registry/time-ordered-id.ts";
import type { SecretBox } from "../../secret-box.ts";
import { CANCEL_ONE } from "./cancel.ts";
import { begunAbove, CLAIM, FIND_BEFORE, standingFrom, standingStatements } from "./delivery-order.ts";
import { FREE_ONCE, INSERT, MARK_DECIDED, NOTE_PLATFORMS, PENDING, SUPERSEDE } from "./delivery-planning.ts";
import { markDeployed } from "./deployed.ts";
import { eventFromRow, eventRow, FIND_EVENT, LAST_ID } from "./outbox.ts";
import { firstRow, listWithin, rows } from "../rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "../management/spaces.ts";
import { OPEN_COLUMNS, openRow, openTarget } from "./targets.ts";

/** Of an event's verdicts, so that they fit into a row. */
const MAX_VERDICTS = 100;

/** Seconds that a delivery waits for another one of its lane. */
const LANE_WAIT = 2;

const DELIVERIES = `
  SELECT d.id, d.event_id, d.trigger_id, d.target_id, s.name || '/' || r.path AS repository, d.tag, d.status,
    d.reason, d.progress, d.attempts, d.tries, d.next_attempt_at, d.leased_until, d.redelivered_at, d.created_at, d.finished_at,
    d.canceled_by, k.name AS canceled_by_name
  FROM deliveries d JOIN spaces s ON s.id = d.space_id JOIN repositories r ON r.id = d.repository_id
    LEFT JOIN tokens k ON k.id = d.canceled_by`;

const FIND = `${DELIVERIES} WHERE d.id = ?1`;
const FIND_IN_SPACE = `${DELIVERIES} WHERE d.space_id = ${LIVE_SPACE} AND d.id = ?2`;
const LIST = `
  ${DELIVERIES} WHERE d.space_id = ${LIVE_SPACE} AND d.id < ?2 AND (?3 IS NULL OR d.status = ?3)
    AND (?4 IS NULL OR d.trigger_id = ?4) AND (?5 IS NULL OR d.target_id = ?5) AND (?6 IS NULL OR d.event_id = ?6)
  ORDER BY d.id DESC LIMIT ?7`;
const FIND_TARGET = `SELECT ${OPEN_COLUMNS} FROM targets WHERE id = ?1 AND deleted_at IS NULL`;
const ATTEMPTS =
  "SELECT number, at, milliseconds, status, outcome, detail FROM attempts WHERE delivery_id = ?1 ORDER BY number";

const ADD_ATTEMPT = `
  INSERT INTO attempts (delivery_id, number, at, milliseconds, status, outcome, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
  ON CONFLICT (delivery_id, number) DO UPDATE SET
    milliseconds = excluded.at + excluded.milliseconds - at, status = excluded.status, outcome = excluded.outcome,
    detail = excluded.detail`;
/** What was superseded or canceled meanwhile stays so, unless it arrived all the same, or the target has begun with what was superseded. */
const FINISH = `
  UPDATE deliveries SET status = ?2, next_attempt_at = COALESCE(?3, next_attempt_at), finished_at = ?4, reason = ?5, progress = ?6,
    leased_until = NULL, replayed_at = IIF(?4 IS NULL, replayed_at, NULL), canceled_by = NULL,
    redelivered_at = IIF(?2 = 'delivered' OR ?4 IS NULL, redelivered_at, NULL), delivered_at = IIF(?2 = 'delivered', ?4, delivered_at)
  WHERE id = ?1 AND (status IN ('pending', 'running') OR ?2 = 'delivered' OR (?2 = 'running' AND status = 'superseded'))`;

/** What ended while it was being sent kept its lane closed until the answer. */
const OPEN_LANE = `
  UPDATE deliveries SET leased_until = NULL WHERE id = ?1 AND leased_until IS NOT NULL AND status IN ('superseded', 'canceled')`;

/** Nothing was sent, so that it is no attempt. */
const END_UNSENT = `
  UPDATE deliveries SET status = 'superseded', reason = ?2, finished_at = ?3, attempts = attempts - 1, tries = tries - 1,
    leased_until = NULL, replayed_at = NULL
  WHERE id = ?1 AND status = 'pending'`;

const NOTE_TARGET = `
  UPDATE targets SET
    failing_since = CASE ?2 WHEN 'good' THEN NULL WHEN 'bad' THEN COALESCE(failing_since, ?3) ELSE failing_since END,
    enabled = CASE WHEN ?4 IS NULL THEN enabled ELSE 0 END, disabled_reason = COALESCE(?4, disabled_reason)
  WHERE id = ?1`;

/** What runs is followed for longer than a message lives: that is no failure. */
const GIVE_UP = `
  UPDATE deliveries SET status = 'failed', reason = ?3, finished_at = ?4, leased_until = NULL, replayed_at = NULL, redelivered_at = NULL
  WHERE id = ?1 AND status = 'pending' AND created_at < ?2`;

const OVERDUE =
  "SELECT id FROM deliveries WHERE status IN ('pending', 'running') AND next_attempt_at < ?1 ORDER BY next_attempt_at LIMIT ?2";
const REDELIVER = `
  UPDATE deliveries SET status = 'pending', reason = NULL, progress = NULL, tries = 0, next_attempt_at = ?3, finished_at = NULL,
    redelivered_at = ?3, replayed_at = NULL, canceled_by = NULL
  WHERE space_id = ${LIVE_SPACE} AND id = ?2`;

/** In the order of their events, in which they are to go. */
const REPLAYED = `
  SELECT id FROM deliveries WHERE space_id = ${LIVE_SPACE} AND trigger_id = ?2 AND status = 'failed' AND created_at >= ?3
  ORDER BY event_id, id LIMIT ?4`;
const REPLAY = `
  UPDATE deliveries SET status = 'pending', reason = NULL, progress = NULL, tries = 0, next_attempt_at = ?5, finished_at = NULL,
    replayed_at = ?5
  WHERE id IN (${REPLAYED})`;

const deliveryRow = z.object({
  id: z.string(),
  event_id: z.string(),
  trigger_id: z.string(),
  target_id: z.string(),
  repository: z.string(),
  tag: z.string().nullable(),
  status: z.enum(DELIVERY_STATUSES),
  reason: z.string().nullable(),
  progress: z.string().nullable(),
  attempts: z.int(),
  tries: z.int(),
  next_attempt_at: z.int(),
  leased_until: z.int().nullable(),
  redelivered_at: z.int().nullable(),
  created_at: z.int(),
  finished_at: z.int().nullable(),
  canceled_by: z.string().nullable(),
  canceled_by_name: z.string().nullable(),
});

const attemptRow = z.object({
  number: z.int(),
  at: z.int(),
  milliseconds: z.int(),
  status: z.int().nullable(),
  outcome: z.enum(VERDICTS),
  detail: z.string(),
});

const idRow = z.object({ id: z.string() });
const beforeRow = z.object({ id: z.string().nullable() });
const pendingRow = z.object({ id: z.string(), next_attempt_at: z.int() });

/** @param box opens the secrets of the target that a claimed delivery goes to. */
export function d1Deliveries(db: D1Database, box: SecretBox): DeliveryStore {
  const ids = async (sql: string, ...values: readonly (string | number)[]): Promise<readonly string[]> => {
    const statement = db.prepare(sql).bind(...values);
    return rows(idRow, await statement.all()).map(({ id }) => id);
  };
  return {
    async plan({ event, spaceId, repositoryId, config }, planned, verdicts, now) {
      const list = JSON.stringify(planned.map((one) => ({ id: timeOrderedId("dlv"), ...one })));
      const kept = JSON.stringify(verdicts.slice(0, MAX_VERDICTS));
      const platforms = JSON.stringify(event.platforms);
      const once = planned.some((one) => one.once !== null) ? [db.prepare(FREE_ONCE).bind(list, event.id)] : [];
      const results = await db.batch([
        ...once,
        db.prepare(INSERT).bind(list, spaceId, event.id, repositoryId, event.tag, now),
        db.prepare(SUPERSEDE).bind(event.id, now),
        db.prepare(MARK_DECIDED).bind(event.id, now, kept, platforms),
        db.prepare(PENDING).bind(event.id),
        ...(config === null ? [] : [db.prepare(NOTE_PLATFORMS).bind(repositoryId, event.digest, platforms)]),
      ]);
      return rows(pendingRow, results[once.length + 3]).map((row) => ({ id: row.id, dueAt: row.next_attempt_at }));
    },

    async claim(id, now, leases) {
      const [claimed, found, before] = await db.batch([
        db.prepare(CLAIM).bind(id, now, JSON.stringify(leases)),
        db.prepare(FIND).bind(id),
        db.prepare(FIND_BEFORE).bind(id, now),
      ]);
      const row = firstRow(deliveryRow, found);
      if (row === null || !["pending", "running"].includes(row.status)) return "over";
      if ((claimed?.meta.changes ?? 0) === 0) return waiting(row, firstRow(beforeRow, before)?.id ?? null, now);
      const [event, target, ...standing] = await db.batch([
        db.prepare(FIND_EVENT).bind(row.event_id),
        db.prepare(FIND_TARGET).bind(row.target_id),
        ...standingStatements(db, id),
      ]);
      const eventFound = firstRow(eventRow, event);
      const targetFound = firstRow(openRow, target);
      const progress: unknown = row.progress === null ? null : JSON.parse(row.progress);
      const goesAnyway = row.status === "running" || row.redelivered_at !== null;
      return {
        delivery: deliveryFromRow(row),
        tries: row.tries,
        event: eventFound && eventFromRow(eventFound),
        target: targetFound && (await openTarget(box, targetFound)),
        progress,
        standing: goesAnyway ? null : standingFrom(standing),
      };
    },

    begunAbove: (id, newer, limit) => begunAbove(db, id, newer, limit),

    async supersede(id, reason, now) {
      await db.prepare(END_UNSENT).bind(id, reason, now).run();
    },

    async record(id, targetId, result, now) {
      const { number, at, milliseconds, outcome, detail, status } = result.attempt;
      const finishedAt = result.nextAttemptAt === null ? now : null;
      const progress = result.progress === null ? null : JSON.stringify(result.progress);
      await db.batch([
        db.prepare(ADD_ATTEMPT).bind(id, number, at, milliseconds, status, outcome, detail),
        db.prepare(FINISH).bind(id, result.status, result.nextAttemptAt, finishedAt, result.reason, progress),
        db.prepare(OPEN_LANE).bind(id),
        db.prepare(NOTE_TARGET).bind(targetId, result.health, now, result.disableTarget),
        ...(result.status === "delivered" ? markDeployed(db, id, now) : []),
      ]);
    },

    async giveUp(id, before, reason, now) {
      await db.prepare(GIVE_UP).bind(id, before, reason, now).run();
    },

    overdue: (before, limit) => ids(OVERDUE, before, limit),

    async list({ space }, { status, trigger, target, event }, { limit, last }) {
      const deliveries = await listWithin(
        db,
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(LIST).bind(space, last ?? LAST_ID, status, trigger, target, event, limit + 1),
        deliveryRow,
      );
      return deliveries && pageOf(deliveries.map(deliveryFromRow), limit);
    },

    async find({ space }, id) {
      const [found, attempts] = await db.batch([
        db.prepare(FIND_IN_SPACE).bind(space, id),
        db.prepare(ATTEMPTS).bind(id),
      ]);
      const row = firstRow(deliveryRow, found);
      return row && { delivery: deliveryFromRow(row), attempts: rows(attemptRow, attempts) satisfies AttemptRecord[] };
    },

    async replay({ space }, triggerId, since, limit, now) {
      const range = [space, triggerId, since, limit] as const;
      // The rows that an update returns come in no order.
      const [found] = await db.batch([db.prepare(REPLAYED).bind(...range), db.prepare(REPLAY).bind(...range, now)]);
      return rows(idRow, found).map(({ id }) => id);
    },

    async redeliver({ space }, id, now) {
      const { meta } = await db.prepare(REDELIVER).bind(space, id, now).run();
      return meta.changes > 0;
    },

    async cancel({ space }, id, by, now) {
      const { meta } = await db.prepare(CANCEL_ONE).bind(space, id, by, "canceled", now).run();
      return meta.changes > 0;
    },
  };
}

/** Not due, or behind another one. */
function waiting(
  { next_attempt_at: dueAt, leased_until: leasedUntil }: z.infer<typeof deliveryRow>,
  before: string | null,
  now: number,
): Awaited<ReturnType<DeliveryStore["claim"]>> {
  const from = Math.max(dueAt, leasedUntil ?? 0);
  if (from > now) return { later: Math.max(1, Math.ceil((from - now) / 1000)) };
  return before === null ? { later: LANE_WAIT } : { before };
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
    reason: row.reason,
    attempts: row.attempts,
    nextAttemptAt: row.finished_at === null ? row.next_attempt_at : null,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    canceledBy:
      row.canceled_by === null ? null : { id: row.canceled_by, name: row.canceled_by_name ?? row.canceled_by },
  };
}
