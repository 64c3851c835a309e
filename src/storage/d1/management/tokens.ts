import { z } from "zod";
import { pageOf } from "../../../oci/page.ts";
import type { Token, TokenStore } from "../../../management/stores.ts";
import { parseRights } from "../registry/credentials.ts";
import { firstRow, listWithin, rows } from "../rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "./spaces.ts";

const tokenRow = z.object({
  id: z.string(),
  name: z.string(),
  actions: z.string(),
  repositories: z.string(),
  created_at: z.int(),
  expires_at: z.int().nullable(),
  last_used_at: z.int().nullable(),
  created_by: z.string().nullable(),
  maker_name: z.string().nullable(),
});

const revokedRow = z.object({ id: z.string(), name: z.string() });

const TOKENS = `
  SELECT t.id, t.name, t.actions, t.repositories, t.created_at, t.expires_at, t.last_used_at, t.created_by, m.name AS maker_name
  FROM tokens t LEFT JOIN tokens m ON m.id = t.created_by WHERE t.space_id = ${LIVE_SPACE} AND t.revoked_at IS NULL`;

/** The maker is an administrator, or a token that still lives. */
const CREATE = `
  INSERT INTO tokens (id, space_id, name, hash, actions, repositories, created_at, expires_at, created_by)
  SELECT ?2, space_id, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM (SELECT ${LIVE_SPACE} AS space_id)
  WHERE space_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM tokens m WHERE m.id = ?9 AND m.revoked_at IS NOT NULL)`;

const FIND_TOKEN = `${TOKENS} AND t.id = ?2`;
const LIST_TOKENS = `${TOKENS} AND t.id > ?2 ORDER BY t.id LIMIT ?3`;

const REVOKE = `
  UPDATE tokens SET revoked_at = ?3 WHERE space_id = ${LIVE_SPACE} AND id = ?2 AND revoked_at IS NULL RETURNING id, name`;

/** What a token made that is revoked already may have made others that live. */
const REVOKE_WITH_DESCENDANTS = `
  WITH RECURSIVE made (id) AS (
    SELECT id FROM tokens WHERE space_id = ${LIVE_SPACE} AND id = ?2 AND revoked_at IS NULL
    UNION SELECT t.id FROM made JOIN tokens t ON t.created_by = made.id)
  UPDATE tokens SET revoked_at = ?3 WHERE id IN (SELECT id FROM made) AND revoked_at IS NULL RETURNING id, name`;

export function d1Tokens(db: D1Database): TokenStore {
  return {
    async create({ space }, { id, name, actions, repositories, createdAt, expiresAt, createdBy }, hash) {
      const values = [
        space,
        id,
        name,
        hash,
        JSON.stringify(actions),
        JSON.stringify(repositories),
        createdAt,
        expiresAt,
        createdBy?.id ?? null,
      ];
      const { meta } = await db
        .prepare(CREATE)
        .bind(...values)
        .run();
      return meta.changes > 0;
    },

    async find({ space }, id) {
      const row = firstRow(tokenRow, await db.prepare(FIND_TOKEN).bind(space, id).all());
      return row && tokenFromRow(row);
    },

    async list({ space }, { limit, last }) {
      const tokens = await listWithin(
        db,
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(LIST_TOKENS).bind(space, last ?? "", limit + 1),
        tokenRow,
      );
      return tokens && pageOf(tokens.map(tokenFromRow), limit);
    },

    async revoke({ space }, id, descendants) {
      const sql = descendants ? REVOKE_WITH_DESCENDANTS : REVOKE;
      const revoked = rows(revokedRow, await db.prepare(sql).bind(space, id, Date.now()).all());
      return revoked.toSorted((left, right) => Number(right.id === id) - Number(left.id === id));
    },
  };
}

function tokenFromRow(row: z.infer<typeof tokenRow>): Token {
  return {
    id: row.id,
    name: row.name,
    ...parseRights(row),
    createdAt: row.created_at,
    createdBy: row.created_by === null ? null : { id: row.created_by, name: row.maker_name ?? row.created_by },
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
