import { z } from "zod";
import { pageOf } from "../../../oci/page.ts";
import type { Space, SpaceStore } from "../../../management/stores.ts";
import { change, firstRow, jsonOrNull, rows, textsColumn } from "../rows.ts";
import { USAGE_COLUMNS, usageFromRow, usageRow } from "../usage.ts";

const spaceRow = usageRow.extend({
  id: z.int(),
  name: z.string(),
  public: z.int(),
  immutable_tags: textsColumn,
  namespaces: textsColumn,
  created_at: z.int(),
});

const COLUMNS = `id, name, public, immutable_tags, namespaces, created_at, ${USAGE_COLUMNS}`;

const CREATE = `
  INSERT INTO spaces (name, public, created_at) VALUES (?1, ?2, ?3)
  ON CONFLICT (name) WHERE deleted_at IS NULL DO NOTHING RETURNING ${COLUMNS}`;

export const FIND_SPACE = `SELECT ${COLUMNS} FROM spaces WHERE name = ?1 AND deleted_at IS NULL`;
const LIST_SPACES = `SELECT ${COLUMNS} FROM spaces WHERE name > ?1 AND deleted_at IS NULL ORDER BY name LIMIT ?2`;
/** ?4 and ?6 say whether the limit that follows is to be set, perhaps to none. */
const UPDATE = `
  UPDATE spaces SET public = COALESCE(?2, public), immutable_tags = COALESCE(?3, immutable_tags),
    max_bytes = IIF(?4, ?5, max_bytes), max_repositories = IIF(?6, ?7, max_repositories),
    namespaces = COALESCE(?8, namespaces)
  WHERE name = ?1 AND deleted_at IS NULL RETURNING ${COLUMNS}`;

/** A scalar subquery: the id of the space named in ?1, or null. */
export const LIVE_SPACE = "(SELECT id FROM spaces WHERE name = ?1 AND deleted_at IS NULL)";
const REVOKE_TOKENS = `UPDATE tokens SET revoked_at = ?2 WHERE space_id = ${LIVE_SPACE} AND revoked_at IS NULL`;
/** With the space its patterns end: whoever deletes all of it means its immutable tags too. */
const RELEASE_TAGS = [
  `UPDATE spaces SET immutable_tags = '[]' WHERE id = ${LIVE_SPACE} AND ?2 > 0`,
  `UPDATE repositories SET immutable_tags = NULL WHERE space_id = ${LIVE_SPACE} AND ?2 > 0 AND immutable_tags IS NOT NULL`,
];
/** Nobody can reach them any more: secrets go at once, the rows once what was told of them is forgotten. */
const DELETE_IN_SPACE = [
  `UPDATE targets SET deleted_at = ?2, sealed_url = NULL, secret = NULL, previous_secret = NULL
   WHERE space_id = ${LIVE_SPACE} AND deleted_at IS NULL`,
  `UPDATE triggers SET deleted_at = ?2 WHERE space_id = ${LIVE_SPACE} AND deleted_at IS NULL`,
  `DELETE FROM retention_rules WHERE space_id = ${LIVE_SPACE} AND ?2 > 0`,
];
const FORGET_STORAGE = `DELETE FROM storage_days WHERE space_id = ${LIVE_SPACE} AND ?2 > 0`;
const DELETE_REPOSITORIES = `UPDATE repositories SET deleted_at = ?2 WHERE space_id = ${LIVE_SPACE} AND deleted_at IS NULL`;
const DELETE_SPACE = `UPDATE spaces SET deleted_at = ?2 WHERE name = ?1 AND deleted_at IS NULL`;

export function d1Spaces(db: D1Database): SpaceStore {
  const one = async (sql: string, ...values: readonly (string | number | null)[]): Promise<Space | null> => {
    const result = await db
      .prepare(sql)
      .bind(...values)
      .all();
    const row = firstRow(spaceRow, result);
    return row && spaceFromRow(row);
  };
  return {
    create: (_grant, name, isPublic) => one(CREATE, name, isPublic ? 1 : 0, Date.now()),
    find: ({ space }) => one(FIND_SPACE, space),
    update({ space }, { public: isPublic, immutableTags, namespaces, quota }) {
      const visibility = isPublic === undefined ? null : Number(isPublic);
      const limits = [quota?.bytes, quota?.repositories].flatMap(change);
      return one(UPDATE, space, visibility, jsonOrNull(immutableTags), ...limits, jsonOrNull(namespaces));
    },

    async list(_grant, { limit, last }) {
      const result = await db
        .prepare(LIST_SPACES)
        .bind(last ?? "", limit + 1)
        .all();
      return pageOf(rows(spaceRow, result).map(spaceFromRow), limit);
    },

    async delete({ space }) {
      const inSpace = [...DELETE_IN_SPACE, FORGET_STORAGE, DELETE_REPOSITORIES];
      const statements = [REVOKE_TOKENS, ...RELEASE_TAGS, ...inSpace, DELETE_SPACE];
      const results = await db.batch(statements.map((sql) => db.prepare(sql).bind(space, Date.now())));
      return (results.at(-1)?.meta.changes ?? 0) > 0;
    },
  };
}

function spaceFromRow(row: z.infer<typeof spaceRow>): Space {
  const { id, name, immutable_tags: immutableTags, namespaces, created_at: createdAt } = row;
  return { id, name, public: row.public === 1, immutableTags, namespaces, usage: usageFromRow(row), createdAt };
}
