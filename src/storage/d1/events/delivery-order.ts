/** Reads the state that a delivery is checked against before it is sent: see `CurrentState` in events/delivery-store.ts. */
import * as z from "zod";
import {
  type CurrentState,
  DELIVERY_STATUSES,
  type PastDeliveries,
  type PastDelivery,
} from "../../../events/delivery-store.ts";
import type { NewerTags } from "../../../events/tag-rule.ts";
import { firstRow, rows } from "../rows.ts";
import { type Results, run, runAll, sharing } from "../statement.ts";
import { deploys } from "./targets.ts";
import { TRIGGER_COLUMNS, triggerFromRow, triggerRow } from "./triggers.ts";
import { foundInSpans, spanQueries, spanStatements } from "./version-spans.ts";

/** Finds the delivery that is to be sent before the delivery `d`, of the same replay or of a later one. */
const BEFORE = `
  SELECT o.id FROM deliveries o
  WHERE o.replayed_at IS NOT NULL AND o.trigger_id = d.trigger_id AND o.target_id = d.target_id AND o.scope = d.scope
    AND o.event_id < d.event_id AND o.status = 'pending' AND o.next_attempt_at <= :now
    AND d.replayed_at IS NOT NULL AND d.redelivered_at IS NULL
  ORDER BY o.event_id LIMIT 1`;

/**
 * Finds deliveries that are being sent in the lane of the delivery `d`, even if they were outdated or
 * canceled meanwhile: two at once could arrive in either order. At a target that only notifies, only
 * pushes of one tag wait for each other.
 */
const IN_LANE = `
  SELECT 1 FROM deliveries o
  WHERE o.trigger_id = d.trigger_id AND o.target_id = d.target_id AND o.lane = d.lane AND o.leased_until > :now
    AND o.status <> 'running' AND o.id <> d.id AND (o.tag = d.tag OR ${deploys("d")})`;

/** The end of a lease. `:leases` are milliseconds by target type, as JSON. */
const LEASE_END = `:now + COALESCE(
  :leases ->> (SELECT type FROM targets WHERE id = d.target_id), (SELECT MAX(value) FROM json_each(:leases)))`;

/** Claims a delivery. One that runs is only asked for its progress: that is no further attempt, and it waits for no other. */
export const CLAIM = `
  UPDATE deliveries AS d SET attempts = attempts + (status = 'pending'), tries = tries + (status = 'pending'),
    next_attempt_at = ${LEASE_END}, leased_until = ${LEASE_END}
  WHERE id = :deliveryId AND status IN ('pending', 'running') AND next_attempt_at <= :now AND COALESCE(leased_until, 0) <= :now
    AND (status = 'running' OR NOT EXISTS (${BEFORE}) AND NOT EXISTS (${IN_LANE}))`;

export const FIND_BEFORE = `SELECT (${BEFORE}) AS id FROM deliveries d WHERE d.id = :deliveryId`;

/** The most later pushes that are read: more than a target gets in the time for which a delivery is retried. */
const MOST_LATER = 1000;

/** True for a delivery that arrived or is on its way: an attempt was begun, and the next one will not find its tag elsewhere. */
const isBegun = (delivery: string): string => `(
  ${delivery}.delivered_at IS NOT NULL OR ${delivery}.status = 'running' OR (${delivery}.status = 'pending' AND ${delivery}.tries > 0 AND (
    ${delivery}.redelivered_at IS NOT NULL OR EXISTS (
      SELECT 1 FROM events pushed JOIN tags there
        ON there.repository_id = pushed.repository_id AND there.name = pushed.tag AND there.digest = pushed.digest
      WHERE pushed.id = ${delivery}.event_id))))`;

const TAG_SETS = "('tag.created', 'tag.updated')";

const TRIGGER = `
  SELECT ${TRIGGER_COLUMNS} FROM triggers
  WHERE id = (SELECT trigger_id FROM deliveries WHERE id = :deliveryId) AND deleted_at IS NULL`;

const TAG_AND_MANIFEST = `
  SELECT t.digest AS tag_digest, m.id IS NOT NULL AS has_manifest
  FROM deliveries d JOIN events e ON e.id = d.event_id JOIN repositories r ON r.id = e.repository_id
    LEFT JOIN tags t ON t.repository_id = r.id AND t.name = e.tag AND r.deleted_at IS NULL
    LEFT JOIN manifests m ON m.repository_id = r.id AND m.digest = e.digest AND r.deleted_at IS NULL
  WHERE d.id = :deliveryId`;

const MEMBERS = `
  SELECT COALESCE(r.path, 'a deleted repository') AS path, t.digest IS NOT s.value ->> 'digest' AS is_moved
  FROM deliveries d JOIN json_each(d.subjects) s
    LEFT JOIN repositories r ON r.id = s.value ->> 'repositoryId' AND r.deleted_at IS NULL
    LEFT JOIN tags t ON t.repository_id = r.id AND t.name = d.tag
  WHERE d.id = :deliveryId`;

/** Finds deliveries of the same trigger and target with a later event that were begun. */
const laterIn = (same: string): string => `
  SELECT o.tag, o.event_id, o.status
  FROM deliveries d CROSS JOIN deliveries o ON o.trigger_id = d.trigger_id AND o.target_id = d.target_id
      AND o.${same} = d.${same} AND o.event_id > d.event_id AND (o.tag = d.tag OR ${deploys("d")})
    JOIN events e ON e.id = o.event_id AND e.type IN ${TAG_SETS}
  WHERE d.id = :deliveryId AND ${isBegun("o")}`;
const LATER_IN_TOPIC = `${laterIn("topic")} LIMIT 1`;
/** Finds later deliveries if the rule compares tags: then the lane is the scope. */
const LATER_IN_SCOPE = `${laterIn("scope")} AND d.lane = d.scope AND ${deploys("d")} ORDER BY o.event_id DESC LIMIT ${MOST_LATER}`;

/**
 * Finds the last delivery of the repository to the target, and of each repository of a group, if another
 * trigger sent it, or the same one while it had a group and now has none, or the other way round.
 */
const FROM_ANOTHER = `
  SELECT o.tag, o.event_id, o.status
  FROM deliveries d LEFT JOIN json_each(d.subjects) s
    JOIN deployed p ON p.id = (
      SELECT MAX(n.id) FROM deployed n
      WHERE n.repository_id = COALESCE(s.value ->> 'repositoryId', d.repository_id) AND n.target_id = d.target_id)
    JOIN deliveries o ON o.id = p.delivery_id AND (o.trigger_id <> d.trigger_id OR o.scope <> d.scope) AND o.tag IS NOT NULL
  WHERE d.id = :deliveryId AND ${deploys("d")}`;

/** The time when the last redelivery arrived that a person asked for before the push of the delivery. */
const SINCE = `COALESCE((
  SELECT h.delivered_at FROM deliveries h
  WHERE h.trigger_id = d.trigger_id AND h.target_id = d.target_id AND h.scope = d.scope AND h.redelivered_at IS NOT NULL
    AND h.redelivered_at < (SELECT occurred_at FROM events WHERE id = d.event_id)
  ORDER BY h.delivered_at DESC LIMIT 1), 0)`;

/** Selects begun deliveries of the same trigger, target and scope as this one. Those that have not arrived are on their way. */
const SAME_SCOPE = `
  deliveries d CROSS JOIN deliveries x ON x.trigger_id = d.trigger_id AND x.target_id = d.target_id AND x.scope = d.scope
  WHERE d.id = :deliveryId AND x.id <> d.id AND ${isBegun("x")} AND COALESCE(x.delivered_at, ${Number.MAX_SAFE_INTEGER}) >= ${SINCE}
    AND EXISTS (SELECT 1 FROM events e WHERE e.id = x.event_id AND e.type IN ${TAG_SETS})`;

const PAST = "json_object('tag', x.tag, 'event_id', x.event_id, 'status', x.status)";

const IN_SPANS = spanQueries({ json: PAST, from: SAME_SCOPE });

/** Finds the newest pushes, for rules whose order of tags the database does not know. */
const NEWEST = `SELECT x.tag, x.event_id, x.status FROM ${SAME_SCOPE} ORDER BY x.event_id DESC LIMIT :limit`;

const nowRow = z.object({ tag_digest: z.string().nullable(), has_manifest: z.int() });
const memberRow = z.object({ path: z.string(), is_moved: z.int() });
const pastRow = z.object({ tag: z.string(), event_id: z.string(), status: z.enum(DELIVERY_STATUSES) });

const CURRENT_STATE = {
  trigger: TRIGGER,
  tagAndManifest: TAG_AND_MANIFEST,
  members: MEMBERS,
  laterInTopic: LATER_IN_TOPIC,
  laterInScope: LATER_IN_SCOPE,
  fromAnother: FROM_ANOTHER,
};

/** The statements whose results {@link currentStateFrom} reads. */
export function currentStateOf(deliveryId: string) {
  return sharing({ deliveryId }, CURRENT_STATE);
}

export function currentStateFrom(results: Results<typeof CURRENT_STATE>): CurrentState {
  const trigger = firstRow(triggerRow, results.trigger);
  const now = firstRow(nowRow, results.tagAndManifest);
  const laterInScope = rows(pastRow, results.laterInScope);
  return {
    trigger: trigger && triggerFromRow(trigger),
    tagDigest: now?.tag_digest ?? null,
    hasManifest: now?.has_manifest === 1,
    members: rows(memberRow, results.members).map(({ path, is_moved: isMoved }) => ({ path, isMoved: isMoved === 1 })),
    later: {
      deliveries: [...rows(pastRow, results.laterInTopic), ...laterInScope].map(pastFromRow),
      isCut: laterInScope.length === MOST_LATER,
    },
    fromAnother: rows(pastRow, results.fromAnother).map(pastFromRow),
  };
}

/** Finds begun deliveries, as `DeliveryStore.begunAbove` says. */
export async function begunAbove(
  db: D1Database,
  deliveryId: string,
  newer: NewerTags,
  limit: number,
): Promise<PastDeliveries> {
  const values = { deliveryId, limit };
  if (newer.by === "name") {
    const found = rows(pastRow, await run(db, NEWEST, values));
    // A tag that is not among the newest was deleted since, or it would have kept this delivery from being made.
    return { deliveries: found.map(pastFromRow), isCut: false };
  }
  const { found, isCut } = foundInSpans(
    pastRow,
    await runAll(db, spanStatements(IN_SPANS, newer.spans, values)),
    limit,
  );
  return { deliveries: found.map(pastFromRow), isCut };
}

function pastFromRow({ tag, event_id: eventId, status }: z.infer<typeof pastRow>): PastDelivery {
  return { tag, eventId, status };
}
