import * as z from "zod";
import type { SpaceGrant } from "../../../auth/space-grant.ts";
import { pageOf } from "../../../oci/page.ts";
import type { Space, SpaceStore } from "../../../management/stores.ts";
import { firstRow, given, jsonOrNull, requireRow, rows, textsColumn } from "../rows.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import { run, type Values } from "../statement.ts";
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
  INSERT INTO spaces (name, public, created_at) VALUES (:name, :public, :now)
  ON CONFLICT (name) WHERE deleted_at IS NULL DO NOTHING RETURNING ${COLUMNS}`;

const FIND = `SELECT ${COLUMNS} FROM spaces WHERE id = ${SPACE}`;
const LIST = `SELECT ${COLUMNS} FROM spaces WHERE name > :after AND deleted_at IS NULL ORDER BY name LIMIT :limit`;
const UPDATE = `
  UPDATE spaces SET public = COALESCE(:public, public), immutable_tags = COALESCE(:immutableTags, immutable_tags),
    max_bytes = IIF(:maxBytesGiven, :maxBytes, max_bytes),
    max_repositories = IIF(:maxRepositoriesGiven, :maxRepositories, max_repositories),
    namespaces = COALESCE(:namespaces, namespaces)
  WHERE id = ${SPACE} RETURNING ${COLUMNS}`;

/**
 * Statements that delete a space, in this order. {@link SPACE} finds it until the last but one, and the
 * token that deletes it is valid as long.
 */
const DELETE = [
  // The patterns end with the space: to delete the whole space is to delete its immutable tags too.
  `UPDATE spaces SET immutable_tags = '[]' WHERE id = ${SPACE}`,
  `UPDATE repositories SET immutable_tags = NULL WHERE space_id = ${SPACE} AND immutable_tags IS NOT NULL`,
  // These rows can no longer be reached. Secrets go at once, the rows once their records are forgotten.
  `UPDATE targets SET deleted_at = :now, sealed_url = NULL, secret = NULL, previous_secret = NULL
   WHERE space_id = ${SPACE} AND deleted_at IS NULL`,
  `UPDATE triggers SET deleted_at = :now WHERE space_id = ${SPACE} AND deleted_at IS NULL`,
  `DELETE FROM retention_rules WHERE space_id = ${SPACE}`,
  `DELETE FROM storage_days WHERE space_id = ${SPACE}`,
  `UPDATE repositories SET deleted_at = :now WHERE space_id = ${SPACE} AND deleted_at IS NULL`,
  `UPDATE tokens SET revoked_at = :now WHERE space_id = ${SPACE} AND revoked_at IS NULL AND id IS NOT :credentialId`,
  `UPDATE spaces SET deleted_at = :now WHERE id = ${SPACE}`,
  `UPDATE tokens SET revoked_at = :now WHERE id = :credentialId AND revoked_at IS NULL
     AND EXISTS (SELECT 1 FROM spaces s WHERE s.id = tokens.space_id AND s.deleted_at IS NOT NULL)`,
];

export function d1Spaces(db: D1Database): SpaceStore {
  const ask = async (grant: SpaceGrant, sql: string, values: Values): Promise<Space> => {
    const { space } = await runInSpace(db, grant, { space: { sql, values } });
    return spaceFromRow(requireRow(spaceRow, space));
  };
  return {
    async create(_grant, name, isPublic) {
      const created = await run(db, CREATE, { name, public: Number(isPublic), now: Date.now() });
      const row = firstRow(spaceRow, created);
      return row && spaceFromRow(row);
    },

    find: (grant) => ask(grant, FIND, {}),

    update: (grant, { public: isPublic, immutableTags, namespaces, quota }) =>
      ask(grant, UPDATE, {
        public: isPublic === undefined ? null : Number(isPublic),
        immutableTags: jsonOrNull(immutableTags),
        namespaces: jsonOrNull(namespaces),
        ...given("maxBytes", quota?.bytes),
        ...given("maxRepositories", quota?.repositories),
      }),

    async list(_grant, { limit, last }) {
      const result = await run(db, LIST, { after: last ?? "", limit: limit + 1 });
      return pageOf(rows(spaceRow, result).map(spaceFromRow), limit);
    },

    async delete(grant) {
      await runInSpace(db, grant, Object.fromEntries(DELETE.map((sql, step) => [`step${step}`, { sql, values: {} }])));
    },
  };
}

function spaceFromRow(row: z.infer<typeof spaceRow>): Space {
  const { id, name, immutable_tags: immutableTags, namespaces, created_at: createdAt } = row;
  return { id, name, public: row.public === 1, immutableTags, namespaces, usage: usageFromRow(row), createdAt };
}
