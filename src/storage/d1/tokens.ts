import { z } from "zod";
import { pageOf } from "../../oci/page.ts";
import type { Token, TokenStore } from "../../registry/management.ts";
import { parseRights } from "./credentials.ts";
import { firstRow, listWithin } from "./rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "./spaces.ts";

const tokenRow = z.object({
  id: z.string(),
  name: z.string(),
  actions: z.string(),
  repositories: z.string(),
  created_at: z.int(),
  expires_at: z.int().nullable(),
  last_used_at: z.int().nullable(),
});

const COLUMNS = "id, name, actions, repositories, created_at, expires_at, last_used_at";

const CREATE = `
  INSERT INTO tokens (id, space_id, name, hash, actions, repositories, created_at, expires_at)
  SELECT ?2, space_id, ?3, ?4, ?5, ?6, ?7, ?8 FROM (SELECT ${LIVE_SPACE} AS space_id) WHERE space_id IS NOT NULL`;

const FIND_TOKEN = `SELECT ${COLUMNS} FROM tokens WHERE space_id = ${LIVE_SPACE} AND id = ?2 AND revoked_at IS NULL`;

const LIST_TOKENS = `
  SELECT ${COLUMNS} FROM tokens WHERE space_id = ${LIVE_SPACE} AND id > ?2 AND revoked_at IS NULL ORDER BY id LIMIT ?3`;

const REVOKE = `UPDATE tokens SET revoked_at = ?3 WHERE space_id = ${LIVE_SPACE} AND id = ?2 AND revoked_at IS NULL`;

export function d1Tokens(db: D1Database): TokenStore {
  return {
    async create(space, { id, name, actions, repositories, createdAt, expiresAt }, hash) {
      const values = [
        space,
        id,
        name,
        hash,
        JSON.stringify(actions),
        JSON.stringify(repositories),
        createdAt,
        expiresAt,
      ];
      const { meta } = await db
        .prepare(CREATE)
        .bind(...values)
        .run();
      return meta.changes > 0;
    },

    async find(space, id) {
      const row = firstRow(tokenRow, await db.prepare(FIND_TOKEN).bind(space, id).all());
      return row && tokenFromRow(row);
    },

    async list(space, { limit, last }) {
      const tokens = await listWithin(
        db,
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(LIST_TOKENS).bind(space, last ?? "", limit + 1),
        tokenRow,
      );
      return tokens && pageOf(tokens.map(tokenFromRow), limit);
    },

    async revoke(space, id) {
      const { meta } = await db.prepare(REVOKE).bind(space, id, Date.now()).run();
      return meta.changes > 0;
    },
  };
}

function tokenFromRow(row: z.infer<typeof tokenRow>): Token {
  return {
    id: row.id,
    name: row.name,
    ...parseRights(row),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
