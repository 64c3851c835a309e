import * as z from "zod";
import type { SpaceGrant } from "../../../auth/space-grant.ts";
import type { TaggedSubject, Trigger, TriggerStore } from "../../../events/trigger-store.ts";
import { orderOf } from "../../../events/order.ts";
import { triggerRules } from "../../../events/trigger.ts";
import { parseInput } from "../../../oci/parse-input.ts";
import { pageOf } from "../../../oci/page.ts";
import { CANCEL_PENDING_OF } from "./cancel.ts";
import { newerTags } from "./newer-tags.ts";
import { firstRow, rows } from "../rows.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import { hasWritten, run, type Values } from "../statement.ts";

/** The most triggers of a space that are read: more than one has, since each event is matched against all. */
const MAX_ACTIVE = 1000;

export const TRIGGER_COLUMNS = "id, name, match, timing, targets, enabled, created_at";
const IN_SPACE = `space_id = ${SPACE} AND id = :id AND deleted_at IS NULL`;

const CREATE = `
  INSERT INTO triggers (id, space_id, name, match, timing, targets, created_at)
  SELECT :id, space_id, :name, :match, :timing, :targets, :createdAt FROM (SELECT ${SPACE} AS space_id) WHERE space_id IS NOT NULL`;
const FIND = `SELECT ${TRIGGER_COLUMNS} FROM triggers WHERE ${IN_SPACE}`;
const LIST = `
  SELECT ${TRIGGER_COLUMNS} FROM triggers WHERE space_id = ${SPACE} AND id > :after AND deleted_at IS NULL ORDER BY id LIMIT :limit`;
const ACTIVE = `
  SELECT ${TRIGGER_COLUMNS} FROM triggers WHERE space_id = :spaceId AND deleted_at IS NULL AND enabled = 1 ORDER BY id LIMIT ${MAX_ACTIVE}`;
const UPDATE = `UPDATE triggers SET name = :name, match = :match, timing = :timing, targets = :targets WHERE ${IN_SPACE}`;
const SET_ENABLED = `UPDATE triggers SET enabled = :enabled WHERE ${IN_SPACE}`;
const DELETE = `UPDATE triggers SET deleted_at = :now WHERE ${IN_SPACE}`;

const REPOSITORIES_WANTED = `
  json_each(:paths) wanted JOIN repositories r ON r.space_id = :spaceId AND r.path = wanted.value AND r.deleted_at IS NULL`;
const TAG_IN = `
  SELECT r.path, r.id, t.digest, t.updated_at
  FROM ${REPOSITORIES_WANTED} JOIN tags t ON t.repository_id = r.id AND t.name = :tag`;
/** Finds the tag as it was before the event `:before`, by the event before that. */
const TAG_WAS_IN = `
  SELECT r.path, r.id, e.digest, e.occurred_at AS updated_at
  FROM ${REPOSITORIES_WANTED}
    JOIN events e ON e.id = (
      SELECT MAX(x.id) FROM events x WHERE x.repository_id = r.id AND x.tag = :tag AND x.id < :before)
  WHERE e.type IN ('tag.created', 'tag.updated')`;
const TAGGED = `
  SELECT r.space_id, r.id, m.digest, m.media_type, m.artifact_type, m.size, m.platforms
  FROM repositories r JOIN tags t ON t.repository_id = r.id AND t.name = :tag
    JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
  WHERE r.space_id = ${SPACE} AND r.path = :path AND r.deleted_at IS NULL`;

/** Moves deliveries that have not ended to the lanes that the trigger's rule gives them now, beside its future deliveries. */
const SET_LANES = `
  UPDATE deliveries AS d SET
    topic = IIF(:isByPush AND EXISTS (SELECT 1 FROM events e WHERE e.id = d.event_id AND e.type IN ('tag.created', 'tag.updated')), scope, scope || ':' || tag),
    lane = IIF(:comparesTags, scope, scope || ':' || tag)
  WHERE space_id = ${SPACE} AND trigger_id = :id AND status IN ('pending', 'running')`;

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
  const ask = async (grant: SpaceGrant, sql: string, values: Values): Promise<D1Result> =>
    (await runInSpace(db, grant, { triggers: { sql, values } })).triggers;
  /** Changes a trigger so that it sends nothing more, and cancels its pending deliveries. */
  const end = async (grant: SpaceGrant, sql: string, values: Values & { readonly deed: string }): Promise<boolean> => {
    const { change } = await runInSpace(db, grant, {
      change: { sql, values },
      cancellation: { sql: CANCEL_PENDING_OF.trigger, values },
    });
    return hasWritten(change);
  };
  return {
    async create(grant, trigger) {
      await ask(grant, CREATE, { ...columnsOf(trigger), createdAt: trigger.createdAt });
    },

    async update(grant, trigger) {
      const { comparesTags, isByPush } = orderOf(trigger.rules);
      const values = { ...columnsOf(trigger), comparesTags: Number(comparesTags), isByPush: Number(isByPush) };
      const { update } = await runInSpace(db, grant, {
        update: { sql: UPDATE, values },
        lanes: { sql: SET_LANES, values },
      });
      return hasWritten(update);
    },

    async find(grant, id) {
      const row = firstRow(triggerRow, await ask(grant, FIND, { id }));
      return row && triggerFromRow(row);
    },

    async list(grant, { limit, last }) {
      const triggers = rows(triggerRow, await ask(grant, LIST, { after: last ?? "", limit: limit + 1 }));
      return pageOf(triggers.map(triggerFromRow), limit);
    },

    async active(spaceId) {
      return rows(triggerRow, await run(db, ACTIVE, { spaceId })).map(triggerFromRow);
    },

    async setEnabled(grant, id, enabled, by) {
      if (enabled) return hasWritten(await ask(grant, SET_ENABLED, { id, enabled: 1 }));
      return end(grant, SET_ENABLED, { id, enabled: 0, by, deed: "the trigger was disabled" });
    },

    delete: (grant, id, by) => end(grant, DELETE, { id, by, deed: "the trigger was deleted" }),

    newerTags: (stored, newer, limit) => newerTags(db, stored, newer, limit),

    async tagIn(spaceId, paths, tag, before) {
      const values = { spaceId, paths: JSON.stringify(paths), tag, before };
      const found = await run(db, before === null ? TAG_IN : TAG_WAS_IN, values);
      return rows(holderRow, found).map(({ path, id, digest, updated_at: updatedAt }) => ({
        path,
        repositoryId: id,
        digest,
        updatedAt,
      }));
    },

    async tagged(grant, path, tag) {
      const row = firstRow(taggedRow, await ask(grant, TAGGED, { path, tag }));
      return row && taggedFromRow(row);
    },
  };
}

function columnsOf({ id, name, rules, targets }: Trigger): Values {
  const { match = {}, ...timing } = rules ?? {};
  return {
    id,
    name,
    match: JSON.stringify(match),
    timing: JSON.stringify(timing),
    targets: JSON.stringify(targets),
  };
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
