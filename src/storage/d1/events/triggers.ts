import { z } from "zod";
import type { TaggedSubject, Trigger, TriggerStore } from "../../../events/stores.ts";
import { orderOf } from "../../../events/order.ts";
import { triggerRules } from "../../../events/trigger.ts";
import { parseInput } from "../../../oci/parse-input.ts";
import { pageOf } from "../../../oci/page.ts";
import { CANCEL_PENDING_OF } from "./cancel.ts";
import { newerTags } from "./newer-tags.ts";
import { firstRow, listWithin, rows } from "../rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "../management/spaces.ts";

/** More than a space has: they are all matched against each event. */
const MAX_ACTIVE = 1000;

export const TRIGGER_COLUMNS = "id, name, match, timing, targets, enabled, created_at";
const IN_SPACE = `space_id = ${LIVE_SPACE} AND id = ?2 AND deleted_at IS NULL`;

const CREATE = `
  INSERT INTO triggers (id, space_id, name, match, timing, targets, created_at)
  SELECT ?2, space_id, ?3, ?4, ?5, ?6, ?7 FROM (SELECT ${LIVE_SPACE} AS space_id) WHERE space_id IS NOT NULL`;
const FIND = `SELECT ${TRIGGER_COLUMNS} FROM triggers WHERE ${IN_SPACE}`;
const LIST = `
  SELECT ${TRIGGER_COLUMNS} FROM triggers WHERE space_id = ${LIVE_SPACE} AND id > ?2 AND deleted_at IS NULL ORDER BY id LIMIT ?3`;
const ACTIVE = `SELECT ${TRIGGER_COLUMNS} FROM triggers WHERE space_id = ?1 AND deleted_at IS NULL AND enabled = 1 ORDER BY id LIMIT ?2`;
const UPDATE = `UPDATE triggers SET name = ?3, match = ?4, timing = ?5, targets = ?6 WHERE ${IN_SPACE}`;
const SET_ENABLED = `UPDATE triggers SET enabled = ?3 WHERE ${IN_SPACE}`;
const DELETE = `UPDATE triggers SET deleted_at = ?3 WHERE ${IN_SPACE}`;
const TAG_IN = `
  SELECT r.path, r.id, t.digest, t.updated_at
  FROM json_each(?2) wanted JOIN repositories r ON r.space_id = ?1 AND r.path = wanted.value AND r.deleted_at IS NULL
    JOIN tags t ON t.repository_id = r.id AND t.name = ?3`;
const TAGGED = `
  SELECT r.space_id, r.id, m.digest, m.media_type, m.artifact_type, m.size, m.platforms
  FROM repositories r JOIN tags t ON t.repository_id = r.id AND t.name = ?3
    JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
  WHERE r.space_id = ${LIVE_SPACE} AND r.path = ?2 AND r.deleted_at IS NULL`;
/** ?4: the id of an event; what was so before it, by what was told of the tag last. */
const TAG_WAS_IN = `
  SELECT r.path, r.id, e.digest, e.occurred_at AS updated_at
  FROM json_each(?2) wanted JOIN repositories r ON r.space_id = ?1 AND r.path = wanted.value AND r.deleted_at IS NULL
    JOIN events e ON e.id = (
      SELECT MAX(x.id) FROM events x WHERE x.repository_id = r.id AND x.tag = ?3 AND x.id < ?4)
  WHERE e.type IN ('tag.created', 'tag.updated')`;
/**
 * What has not ended is sent by what the trigger says now, beside what it makes from now on. ?3: its rule compares tags, ?4: and does so by push time.
 */
const SET_LANES = `
  UPDATE deliveries AS d SET
    topic = IIF(?4 AND EXISTS (SELECT 1 FROM events e WHERE e.id = d.event_id AND e.type IN ('tag.created', 'tag.updated')), scope, scope || ':' || tag),
    lane = IIF(?3, scope, scope || ':' || tag)
  WHERE space_id = ${LIVE_SPACE} AND trigger_id = ?2 AND status IN ('pending', 'running')`;

export const triggerRow = z.object({
  id: z.string(),
  name: z.string(),
  match: z.string(),
  timing: z.string(),
  targets: z.string(),
  enabled: z.int(),
  created_at: z.int(),
});

const listColumn = z.array(z.string());
const timingColumn = z.record(z.string(), z.unknown());
const holderRow = z.object({ path: z.string(), id: z.int(), digest: z.string(), updated_at: z.int() });

const taggedRow = z.object({
  space_id: z.int(),
  id: z.int(),
  digest: z.string(),
  media_type: z.string(),
  artifact_type: z.string().nullable(),
  size: z.int(),
  platforms: z.string(),
});

export function d1Triggers(db: D1Database): TriggerStore {
  const changes = async (sql: string, ...values: readonly (string | number)[]): Promise<boolean> => {
    const statement = db.prepare(sql).bind(...values);
    return (await statement.run()).meta.changes > 0;
  };
  /** Nothing that a trigger has pending outlives it. */
  const endedBy = async (
    change: D1PreparedStatement,
    space: string,
    id: string,
    by: string,
    reason: string,
  ): Promise<boolean> => {
    const [changed] = await db.batch([
      change,
      db.prepare(CANCEL_PENDING_OF.trigger).bind(space, id, by, reason, Date.now()),
    ]);
    return (changed?.meta.changes ?? 0) > 0;
  };
  return {
    create: ({ space }, trigger) =>
      changes(CREATE, space, trigger.id, trigger.name, ...rulesColumns(trigger), trigger.createdAt),

    async update({ space }, trigger) {
      const { comparesTags, isByPush } = orderOf(trigger.rules);
      const [updated] = await db.batch([
        db.prepare(UPDATE).bind(space, trigger.id, trigger.name, ...rulesColumns(trigger)),
        db.prepare(SET_LANES).bind(space, trigger.id, comparesTags ? 1 : 0, isByPush ? 1 : 0),
      ]);
      return (updated?.meta.changes ?? 0) > 0;
    },

    async find({ space }, id) {
      const row = firstRow(triggerRow, await db.prepare(FIND).bind(space, id).all());
      return row && triggerFromRow(row);
    },

    async list({ space }, { limit, last }) {
      const triggers = await listWithin(
        db,
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(LIST).bind(space, last ?? "", limit + 1),
        triggerRow,
      );
      return triggers && pageOf(triggers.map(triggerFromRow), limit);
    },

    async active(spaceId) {
      return rows(triggerRow, await db.prepare(ACTIVE).bind(spaceId, MAX_ACTIVE).all()).map(triggerFromRow);
    },

    async setEnabled({ space }, id, enabled, by) {
      if (enabled) return changes(SET_ENABLED, space, id, 1);
      const off = db.prepare(SET_ENABLED).bind(space, id, 0);
      return endedBy(off, space, id, by, "the trigger was disabled");
    },

    delete: ({ space }, id, by) =>
      endedBy(db.prepare(DELETE).bind(space, id, Date.now()), space, id, by, "the trigger was deleted"),

    newerTags: (stored, newer, limit) => newerTags(db, stored, newer, limit),

    async tagIn(spaceId, paths, tag, before) {
      const wanted = [spaceId, JSON.stringify(paths), tag] as const;
      const found = await (
        before === null ? db.prepare(TAG_IN).bind(...wanted) : db.prepare(TAG_WAS_IN).bind(...wanted, before)
      ).all();
      return rows(holderRow, found).map(({ path, id, digest, updated_at: updatedAt }) => ({
        path,
        repositoryId: id,
        digest,
        updatedAt,
      }));
    },

    async tagged({ space }, path, tag) {
      const row = firstRow(taggedRow, await db.prepare(TAGGED).bind(space, path, tag).all());
      return row && taggedFromRow(row);
    },
  };
}

/** The columns match, timing and targets. */
function rulesColumns({ rules, targets }: Trigger): readonly string[] {
  const { match, ...timing } = rules ?? {};
  return [match ?? {}, timing, targets].map((value) => JSON.stringify(value));
}

export function triggerFromRow(row: z.infer<typeof triggerRow>): Trigger {
  const match: unknown = JSON.parse(row.match);
  const rules = parseInput(triggerRules, { ...timingColumn.parse(JSON.parse(row.timing)), match });
  return {
    id: row.id,
    name: row.name,
    rules: rules.ok ? rules.data : null,
    targets: listColumn.parse(JSON.parse(row.targets)),
    enabled: row.enabled === 1,
    createdAt: row.created_at,
  };
}

function taggedFromRow(row: z.infer<typeof taggedRow>): TaggedSubject {
  return {
    spaceId: row.space_id,
    repositoryId: row.id,
    digest: row.digest,
    mediaType: row.media_type,
    artifactType: row.artifact_type,
    size: row.size,
    platforms: listColumn.parse(JSON.parse(row.platforms)),
  };
}
