import { z } from "zod";
import type { Trigger, TriggerStore } from "../../events/stores.ts";
import { triggerMatch } from "../../events/trigger.ts";
import { pageOf } from "../../oci/page.ts";
import { firstRow, isEmpty, rows } from "./rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "./spaces.ts";

/** More than a space has: they are all matched against each event. */
const MAX_ACTIVE = 1000;

const COLUMNS = "id, name, match, targets, enabled, created_at";
const IN_SPACE = `space_id = ${LIVE_SPACE} AND id = ?2 AND deleted_at IS NULL`;

const CREATE = `
  INSERT INTO triggers (id, space_id, name, match, targets, created_at)
  SELECT ?2, space_id, ?3, ?4, ?5, ?6 FROM (SELECT ${LIVE_SPACE} AS space_id) WHERE space_id IS NOT NULL`;
const FIND = `SELECT ${COLUMNS} FROM triggers WHERE ${IN_SPACE}`;
const LIST = `
  SELECT ${COLUMNS} FROM triggers WHERE space_id = ${LIVE_SPACE} AND id > ?2 AND deleted_at IS NULL ORDER BY id LIMIT ?3`;
const ACTIVE = `SELECT ${COLUMNS} FROM triggers WHERE space_id = ?1 AND deleted_at IS NULL AND enabled = 1 ORDER BY id LIMIT ?2`;
const SET_ENABLED = `UPDATE triggers SET enabled = ?3 WHERE ${IN_SPACE}`;
const DELETE = `UPDATE triggers SET deleted_at = ?3 WHERE ${IN_SPACE}`;
const TAGS = "SELECT name FROM tags WHERE repository_id = ?1 ORDER BY name DESC LIMIT ?2";

const triggerRow = z.object({
  id: z.string(),
  name: z.string(),
  match: z.string(),
  targets: z.string(),
  enabled: z.int(),
  created_at: z.int(),
});

const targetsColumn = z.array(z.string());
const nameRow = z.object({ name: z.string() });

export function d1Triggers(db: D1Database): TriggerStore {
  const changes = async (sql: string, ...values: readonly (string | number)[]): Promise<boolean> => {
    const statement = db.prepare(sql).bind(...values);
    return (await statement.run()).meta.changes > 0;
  };
  return {
    create: (space, { id, name, match, targets, createdAt }) =>
      changes(CREATE, space, id, name, JSON.stringify(match), JSON.stringify(targets), createdAt),

    async find(space, id) {
      const row = firstRow(triggerRow, await db.prepare(FIND).bind(space, id).all());
      return row && triggerFromRow(row);
    },

    async list(space, { limit, last }) {
      const [found, triggers] = await db.batch([
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(LIST).bind(space, last ?? "", limit + 1),
      ]);
      return isEmpty(found) ? null : pageOf(rows(triggerRow, triggers).map(triggerFromRow), limit);
    },

    async active(spaceId) {
      return rows(triggerRow, await db.prepare(ACTIVE).bind(spaceId, MAX_ACTIVE).all()).map(triggerFromRow);
    },

    setEnabled: (space, id, enabled) => changes(SET_ENABLED, space, id, enabled ? 1 : 0),
    delete: (space, id) => changes(DELETE, space, id, Date.now()),

    async tagsOf(repositoryId, limit) {
      return rows(nameRow, await db.prepare(TAGS).bind(repositoryId, limit).all()).map(({ name }) => name);
    },
  };
}

function triggerFromRow(row: z.infer<typeof triggerRow>): Trigger {
  return {
    id: row.id,
    name: row.name,
    match: triggerMatch.parse(JSON.parse(row.match)),
    targets: targetsColumn.parse(JSON.parse(row.targets)),
    enabled: row.enabled === 1,
    createdAt: row.created_at,
  };
}
