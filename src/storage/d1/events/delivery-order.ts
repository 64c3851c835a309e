/** What a delivery looks at before it is sent: see `Standing` in events/stores.ts. */
import { z } from "zod";
import { DELIVERY_STATUSES, type PastDelivery, type PastDeliveries, type Standing } from "../../../events/stores.ts";
import type { NewerTags } from "../../../events/tag-rule.ts";
import { firstRow, rows } from "../rows.ts";
import { DEPLOYS } from "./targets.ts";
import { TRIGGER_COLUMNS, triggerFromRow, triggerRow } from "./triggers.ts";
import { foundInSpans, spanQueries, spansParameter } from "./version-spans.ts";

/** Due before the delivery `d`, of the same replay, or of one since. */
const BEFORE = `
  SELECT o.id FROM deliveries o
  WHERE o.replayed_at IS NOT NULL AND o.trigger_id = d.trigger_id AND o.target_id = d.target_id AND o.scope = d.scope
    AND o.event_id < d.event_id AND o.status = 'pending' AND o.next_attempt_at <= ?2
    AND d.replayed_at IS NOT NULL AND d.redelivered_at IS NULL
  ORDER BY o.event_id LIMIT 1`;

/**
 * Being sent in the lane of the delivery `d`, also if it was outdated or canceled meanwhile: two at once could arrive in either order. At a target
 * that only notifies, only pushes of one tag wait for each other.
 */
const IN_LANE = `
  SELECT 1 FROM deliveries o
  WHERE o.trigger_id = d.trigger_id AND o.target_id = d.target_id AND o.lane = d.lane AND o.leased_until > ?2
    AND o.status <> 'running' AND o.id <> d.id AND (o.tag = d.tag OR ${DEPLOYS("d")})`;

/** ?3: JSON, milliseconds by target type. */
const LEASE_END = `?2 + COALESCE(
  ?3 ->> (SELECT type FROM targets WHERE id = d.target_id), (SELECT MAX(value) FROM json_each(?3)))`;

/** What runs is only asked how it goes: that is no further attempt, and waits for no other. */
export const CLAIM = `
  UPDATE deliveries AS d SET attempts = attempts + (status = 'pending'), tries = tries + (status = 'pending'),
    next_attempt_at = ${LEASE_END}, leased_until = ${LEASE_END}
  WHERE id = ?1 AND status IN ('pending', 'running') AND next_attempt_at <= ?2 AND COALESCE(leased_until, 0) <= ?2
    AND (status = 'running' OR NOT EXISTS (${BEFORE}) AND NOT EXISTS (${IN_LANE}))`;

/** ?1 delivery, ?2 now. */
export const FIND_BEFORE = `SELECT (${BEFORE}) AS id FROM deliveries d WHERE d.id = ?1`;

/** Later pushes that are looked at: more than a target gets in the time that a delivery is retried for. */
const MOST_LATER = 1000;

/** Arrived, or on its way: an attempt was begun, and the next will not find its tag elsewhere. */
const BEGUN = (delivery: string): string => `(
  ${delivery}.delivered_at IS NOT NULL OR ${delivery}.status = 'running' OR (${delivery}.status = 'pending' AND ${delivery}.tries > 0 AND (
    ${delivery}.redelivered_at IS NOT NULL OR EXISTS (
      SELECT 1 FROM events pushed JOIN tags there
        ON there.repository_id = pushed.repository_id AND there.name = pushed.tag AND there.digest = pushed.digest
      WHERE pushed.id = ${delivery}.event_id))))`;

const TAG_SETS = "('tag.created', 'tag.updated')";

const TRIGGER = `
  SELECT ${TRIGGER_COLUMNS} FROM triggers
  WHERE id = (SELECT trigger_id FROM deliveries WHERE id = ?1) AND deleted_at IS NULL`;

const NOW = `
  SELECT t.digest AS tag_digest, m.id IS NOT NULL AS has_manifest
  FROM deliveries d JOIN events e ON e.id = d.event_id JOIN repositories r ON r.id = e.repository_id
    LEFT JOIN tags t ON t.repository_id = r.id AND t.name = e.tag AND r.deleted_at IS NULL
    LEFT JOIN manifests m ON m.repository_id = r.id AND m.digest = e.digest AND r.deleted_at IS NULL
  WHERE d.id = ?1`;

const MEMBERS = `
  SELECT COALESCE(r.path, 'a deleted repository') AS path, t.digest IS NOT s.value ->> 'digest' AS is_moved
  FROM deliveries d JOIN json_each(d.subjects) s
    LEFT JOIN repositories r ON r.id = s.value ->> 'repositoryId' AND r.deleted_at IS NULL
    LEFT JOIN tags t ON t.repository_id = r.id AND t.name = d.tag
  WHERE d.id = ?1`;

/** Those of the same trigger and target with a later event, that were begun. */
const LATER = (same: string): string => `
  SELECT o.tag, o.event_id, o.status
  FROM deliveries d CROSS JOIN deliveries o ON o.trigger_id = d.trigger_id AND o.target_id = d.target_id
      AND o.${same} = d.${same} AND o.event_id > d.event_id AND (o.tag = d.tag OR ${DEPLOYS("d")})
    JOIN events e ON e.id = o.event_id AND e.type IN ${TAG_SETS}
  WHERE d.id = ?1 AND ${BEGUN("o")}`;
const LATER_IN_TOPIC = `${LATER("topic")} LIMIT 1`;
/** Only where the rule compares tags: then the lane is the scope. */
const LATER_IN_SCOPE = `${LATER("scope")} AND d.lane = d.scope AND ${DEPLOYS("d")} ORDER BY o.event_id DESC LIMIT ${MOST_LATER}`;

/**
 * What the target was given last of the repository, and of each of a group's, where another trigger sent it; or the same one, when it
 * sent groups and now does not, or the other way round.
 */
const FROM_ANOTHER = `
  SELECT o.tag, o.event_id, o.status
  FROM deliveries d LEFT JOIN json_each(d.subjects) s
    JOIN deployed p ON p.id = (
      SELECT MAX(n.id) FROM deployed n
      WHERE n.repository_id = COALESCE(s.value ->> 'repositoryId', d.repository_id) AND n.target_id = d.target_id)
    JOIN deliveries o ON o.id = p.delivery_id AND (o.trigger_id <> d.trigger_id OR o.scope <> d.scope) AND o.tag IS NOT NULL
  WHERE d.id = ?1 AND ${DEPLOYS("d")}`;

/** When what a person asked for arrived last, if the push of ?1 came after that. */
const SINCE = `COALESCE((
  SELECT h.delivered_at FROM deliveries h
  WHERE h.trigger_id = d.trigger_id AND h.target_id = d.target_id AND h.scope = d.scope AND h.redelivered_at IS NOT NULL
    AND h.redelivered_at < (SELECT occurred_at FROM events WHERE id = d.event_id)
  ORDER BY h.delivered_at DESC LIMIT 1), 0)`;

/** Of the delivery ?1; those that have not arrived are on their way. */
const SAME_SCOPE = `
  deliveries d CROSS JOIN deliveries x ON x.trigger_id = d.trigger_id AND x.target_id = d.target_id AND x.scope = d.scope
  WHERE d.id = ?1 AND x.id <> d.id AND ${BEGUN("x")} AND COALESCE(x.delivered_at, ${Number.MAX_SAFE_INTEGER}) >= ${SINCE}
    AND EXISTS (SELECT 1 FROM events e WHERE e.id = x.event_id AND e.type IN ${TAG_SETS})`;

const PAST = "json_object('tag', x.tag, 'event_id', x.event_id, 'status', x.status)";

/** ?2 spans, ?3 how many. */
const IN_SPANS = spanQueries({ json: PAST, from: SAME_SCOPE, spans: "?2", limit: "?3" });

/** Where the database knows no order of the tags: the newest pushes. ?2: how many. */
const NEWEST = `SELECT x.tag, x.event_id, x.status FROM ${SAME_SCOPE} ORDER BY x.event_id DESC LIMIT ?2`;

const nowRow = z.object({ tag_digest: z.string().nullable(), has_manifest: z.int() });
const memberRow = z.object({ path: z.string(), is_moved: z.int() });
const pastRow = z.object({ tag: z.string(), event_id: z.string(), status: z.enum(DELIVERY_STATUSES) });

/** The statements whose results {@link standingFrom} reads. */
export function standingStatements(db: D1Database, id: string): readonly D1PreparedStatement[] {
  return [TRIGGER, NOW, MEMBERS, LATER_IN_TOPIC, LATER_IN_SCOPE, FROM_ANOTHER].map((sql) => db.prepare(sql).bind(id));
}

export function standingFrom([trigger, now, members, inTopic, inScope, another]: readonly D1Result[]): Standing {
  const triggerFound = firstRow(triggerRow, trigger);
  const nowFound = firstRow(nowRow, now);
  const later = rows(pastRow, inScope);
  return {
    trigger: triggerFound && triggerFromRow(triggerFound),
    tagDigest: nowFound?.tag_digest ?? null,
    hasManifest: nowFound?.has_manifest === 1,
    members: rows(memberRow, members).map(({ path, is_moved: isMoved }) => ({ path, isMoved: isMoved === 1 })),
    later: {
      deliveries: [...rows(pastRow, inTopic), ...later].map(pastFromRow),
      isCut: later.length === MOST_LATER,
    },
    fromAnother: rows(pastRow, another).map(pastFromRow),
  };
}

/** See `DeliveryStore.begunAbove`. */
export async function begunAbove(db: D1Database, id: string, newer: NewerTags, limit: number): Promise<PastDeliveries> {
  if (newer.by === "name") {
    const found = rows(pastRow, await db.prepare(NEWEST).bind(id, limit).all());
    // What is not among the newest was deleted since, or its tag would have kept this one from being planned.
    return { deliveries: found.map(pastFromRow), isCut: false };
  }
  const statements = newer.spans.some(({ folded }) => folded) ? IN_SPANS : IN_SPANS.slice(0, 1);
  const spans = spansParameter(newer.spans);
  const results = await db.batch(statements.map((sql) => db.prepare(sql).bind(id, spans, limit)));
  const { found, isCut } = foundInSpans(pastRow, results, limit);
  return { deliveries: found.map(pastFromRow), isCut };
}

function pastFromRow({ tag, event_id: eventId, status }: z.infer<typeof pastRow>): PastDelivery {
  return { tag, eventId, status };
}
