import * as z from "zod";
import type { SpaceGrant } from "../../../auth/space-grant.ts";
import {
  type AttemptRecord,
  type ClaimedDelivery,
  type Delivery,
  DELIVERY_STATUSES,
  type DeliveryStore,
} from "../../../events/delivery-store.ts";
import { VERDICTS } from "../../../events/target.ts";
import { pageOf } from "../../../oci/page.ts";
import { timeOrderedId } from "../../../registry/time-ordered-id.ts";
import type { SecretBox } from "../../secret-box.ts";
import { CANCEL_ONE } from "./cancel.ts";
import { begunAbove, CLAIM, currentStateFrom, currentStateOf, FIND_BEFORE } from "./delivery-order.ts";
import { FREE_ONCE, INSERT, MARK_DECIDED, NOTE_PLATFORMS, PENDING, SUPERSEDE } from "./new-deliveries.ts";
import { markDeployed } from "./deployed.ts";
import { eventFromRow, eventRow, FIND_EVENT, LAST_ID } from "./outbox.ts";
import { firstRow, rows } from "../rows.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import { hasWritten, run, runAll, sharing, type Values } from "../statement.ts";
import { OPEN_COLUMNS, openRow, openTarget } from "./targets.ts";

/** The most verdicts of an event that are kept, so that they fit into a row. */
const MAX_VERDICTS = 100;

/** Seconds that a delivery waits for another one in its lane. */
const LANE_WAIT = 2;

const DELIVERIES = `
  SELECT d.id, d.event_id, d.trigger_id, d.target_id, s.name || '/' || r.path AS repository, d.tag, d.status,
    d.reason, d.progress, d.attempts, d.tries, d.next_attempt_at, d.leased_until, d.redelivered_at, d.created_at, d.finished_at,
    d.canceled_by, k.name AS canceled_by_name
  FROM deliveries d JOIN spaces s ON s.id = d.space_id JOIN repositories r ON r.id = d.repository_id
    LEFT JOIN tokens k ON k.id = d.canceled_by`;

const FIND = `${DELIVERIES} WHERE d.id = :deliveryId`;
const FIND_IN_SPACE = `${DELIVERIES} WHERE d.space_id = ${SPACE} AND d.id = :deliveryId`;
const LIST = `
  ${DELIVERIES} WHERE d.space_id = ${SPACE} AND d.id < :before AND (:status IS NULL OR d.status = :status)
    AND (:trigger IS NULL OR d.trigger_id = :trigger) AND (:target IS NULL OR d.target_id = :target)
    AND (:event IS NULL OR d.event_id = :event)
  ORDER BY d.id DESC LIMIT :limit`;
const FIND_TARGET = `SELECT ${OPEN_COLUMNS} FROM targets WHERE id = :targetId AND deleted_at IS NULL`;
const ATTEMPTS = `
  SELECT number, at, milliseconds, status, outcome, detail FROM attempts
  WHERE delivery_id = (SELECT id FROM deliveries WHERE space_id = ${SPACE} AND id = :deliveryId) ORDER BY number`;

const ADD_ATTEMPT = `
  INSERT INTO attempts (delivery_id, number, at, milliseconds, status, outcome, detail)
  VALUES (:deliveryId, :number, :at, :milliseconds, :status, :outcome, :detail)
  ON CONFLICT (delivery_id, number) DO UPDATE SET
    milliseconds = excluded.at + excluded.milliseconds - at, status = excluded.status, outcome = excluded.outcome,
    detail = excluded.detail`;
/**
 * Records the end of an attempt. A delivery that was superseded or canceled meanwhile stays so, unless it
 * arrived all the same, or the target has begun with one that was superseded.
 */
const FINISH = `
  UPDATE deliveries SET status = :status, next_attempt_at = COALESCE(:nextAttemptAt, next_attempt_at), finished_at = :finishedAt,
    reason = :reason, progress = :progress, leased_until = NULL, replayed_at = IIF(:finishedAt IS NULL, replayed_at, NULL), canceled_by = NULL,
    redelivered_at = IIF(:status = 'delivered' OR :finishedAt IS NULL, redelivered_at, NULL),
    delivered_at = IIF(:status = 'delivered', :finishedAt, delivered_at)
  WHERE id = :deliveryId
    AND (status IN ('pending', 'running') OR :status = 'delivered' OR (:status = 'running' AND status = 'superseded'))`;

/** Opens the lane of a delivery that ended while it was being sent: it kept the lane closed until the answer. */
const OPEN_LANE = `
  UPDATE deliveries SET leased_until = NULL
  WHERE id = :deliveryId AND leased_until IS NOT NULL AND status IN ('superseded', 'canceled')`;

/** Ends a delivery of which nothing was sent, so the attempt does not count. */
const END_UNSENT = `
  UPDATE deliveries SET status = 'superseded', reason = :reason, finished_at = :now, attempts = attempts - 1, tries = tries - 1,
    leased_until = NULL, replayed_at = NULL
  WHERE id = :deliveryId AND status = 'pending'`;

const NOTE_TARGET = `
  UPDATE targets SET
    failing_since = CASE :health WHEN 'good' THEN NULL WHEN 'bad' THEN COALESCE(failing_since, :now) ELSE failing_since END,
    enabled = CASE WHEN :disabledReason IS NULL THEN enabled ELSE 0 END, disabled_reason = COALESCE(:disabledReason, disabled_reason)
  WHERE id = :targetId`;

/** Gives up a pending delivery. Those that run are spared: they are followed for longer than a message lives, and that is no failure. */
const GIVE_UP = `
  UPDATE deliveries SET status = 'failed', reason = :reason, finished_at = :now, leased_until = NULL, replayed_at = NULL, redelivered_at = NULL
  WHERE id = :deliveryId AND status = 'pending' AND created_at < :before`;

const OVERDUE = `
  SELECT id FROM deliveries WHERE status IN ('pending', 'running') AND next_attempt_at < :before ORDER BY next_attempt_at LIMIT :limit`;
const REDELIVER = `
  UPDATE deliveries SET status = 'pending', reason = NULL, progress = NULL, tries = 0, next_attempt_at = :now, finished_at = NULL,
    redelivered_at = :now, replayed_at = NULL, canceled_by = NULL
  WHERE space_id = ${SPACE} AND id = :id`;

/** Lists the failed deliveries in the order of their events, in which they are to be sent. */
const REPLAYED = `
  SELECT id FROM deliveries WHERE space_id = ${SPACE} AND trigger_id = :triggerId AND status = 'failed' AND created_at >= :since
  ORDER BY event_id, id LIMIT :limit`;
const REPLAY = `
  UPDATE deliveries SET status = 'pending', reason = NULL, progress = NULL, tries = 0, next_attempt_at = :now, finished_at = NULL,
    replayed_at = :now
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

/** Stores deliveries, in D1. @param box opens the secrets of the target that a claimed delivery goes to */
export function d1Deliveries(db: D1Database, box: SecretBox): DeliveryStore {
  const change = async (grant: SpaceGrant, sql: string, values: Values, now: number): Promise<boolean> =>
    hasWritten((await runInSpace(db, grant, { change: { sql, values } }, now)).change);
  /** Reads everything that an attempt needs. */
  const claimedFrom = async (row: z.infer<typeof deliveryRow>): Promise<ClaimedDelivery> => {
    const { event, target, ...state } = await runAll(db, {
      event: { sql: FIND_EVENT, values: { eventId: row.event_id } },
      target: { sql: FIND_TARGET, values: { targetId: row.target_id } },
      ...currentStateOf(row.id),
    });
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
      currentState: goesAnyway ? null : currentStateFrom(state),
    };
  };
  return {
    async create({ event, spaceId, repositoryId, config }, deliveries, verdicts, now) {
      const values = {
        deliveries: JSON.stringify(deliveries.map((one) => ({ id: timeOrderedId("dlv"), ...one }))),
        eventId: event.id,
        spaceId,
        repositoryId,
        tag: event.tag,
        digest: event.digest,
        verdicts: JSON.stringify(verdicts.slice(0, MAX_VERDICTS)),
        platforms: JSON.stringify(event.platforms),
        now,
      };
      const { pending } = await runAll(db, {
        freed: deliveries.some((one) => one.once !== null) ? { sql: FREE_ONCE, values } : undefined,
        ...sharing(values, { inserted: INSERT, superseded: SUPERSEDE, decided: MARK_DECIDED, pending: PENDING }),
        platforms: config === null ? undefined : { sql: NOTE_PLATFORMS, values },
      });
      return rows(pendingRow, pending).map((row) => ({ id: row.id, dueAt: row.next_attempt_at }));
    },

    async claim(id, now, leases) {
      const values = { deliveryId: id, now, leases: JSON.stringify(leases) };
      const { claim, delivery, before } = await runAll(
        db,
        sharing(values, { claim: CLAIM, delivery: FIND, before: FIND_BEFORE }),
      );
      const row = firstRow(deliveryRow, delivery);
      if (row === null || !["pending", "running"].includes(row.status)) return "over";
      if (!hasWritten(claim)) return waiting(row, firstRow(beforeRow, before)?.id ?? null, now);
      return claimedFrom(row);
    },

    begunAbove: (id, newer, limit) => begunAbove(db, id, newer, limit),

    async supersede(id, reason, now) {
      await run(db, END_UNSENT, { deliveryId: id, reason, now });
    },

    async record(id, targetId, result, now) {
      const { attempt, status, reason, nextAttemptAt, health } = result;
      const delivery = { deliveryId: id, now };
      const end = {
        ...delivery,
        status,
        reason,
        nextAttemptAt,
        finishedAt: nextAttemptAt === null ? now : null,
        progress: result.progress === null ? null : JSON.stringify(result.progress),
      };
      await runAll(db, {
        attempt: { sql: ADD_ATTEMPT, values: { ...delivery, ...attempt } },
        finish: { sql: FINISH, values: end },
        lane: { sql: OPEN_LANE, values: delivery },
        target: { sql: NOTE_TARGET, values: { targetId, health, disabledReason: result.disableTarget, now } },
        ...(status === "delivered" ? markDeployed(delivery) : {}),
      });
    },

    async giveUp(id, before, reason, now) {
      await run(db, GIVE_UP, { deliveryId: id, before, reason, now });
    },

    async overdue(before, limit) {
      return rows(idRow, await run(db, OVERDUE, { before, limit })).map(({ id }) => id);
    },

    async list(grant, { status, trigger, target, event }, { limit, last }) {
      const values = { before: last ?? LAST_ID, status, trigger, target, event, limit: limit + 1 };
      const { deliveries } = await runInSpace(db, grant, { deliveries: { sql: LIST, values } });
      return pageOf(rows(deliveryRow, deliveries).map(deliveryFromRow), limit);
    },

    async find(grant, id) {
      const { delivery, attempts } = await runInSpace(
        db,
        grant,
        sharing({ deliveryId: id }, { delivery: FIND_IN_SPACE, attempts: ATTEMPTS }),
      );
      const row = firstRow(deliveryRow, delivery);
      return row && { delivery: deliveryFromRow(row), attempts: rows(attemptRow, attempts) satisfies AttemptRecord[] };
    },

    async replay(grant, triggerId, since, limit, now) {
      // An update returns its rows in no particular order.
      const statements = sharing({ triggerId, since, limit }, { replayed: REPLAYED, replay: REPLAY });
      const { replayed } = await runInSpace(db, grant, statements, now);
      return rows(idRow, replayed).map(({ id }) => id);
    },

    redeliver: (grant, id, now) => change(grant, REDELIVER, { id }, now),
    cancel: (grant, id, by, now) => change(grant, CANCEL_ONE, { id, by, deed: "canceled" }, now),
  };
}

/** Returns the claim of a delivery that is not due, or that waits for another one. */
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
