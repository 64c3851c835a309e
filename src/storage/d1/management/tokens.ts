import * as z from "zod";
import type { SpaceGrant } from "../../../auth/space-grant.ts";
import { pageOf } from "../../../oci/page.ts";
import type { Token, TokenStore } from "../../../management/stores.ts";
import { parseRights } from "../registry/credentials.ts";
import { firstRow, rows } from "../rows.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import type { Values } from "../statement.ts";

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
  FROM tokens t LEFT JOIN tokens m ON m.id = t.created_by WHERE t.space_id = ${SPACE} AND t.revoked_at IS NULL`;

/** Makes a token; the gate confirms that its maker is still valid. */
const CREATE = `
  INSERT INTO tokens (id, space_id, name, hash, actions, repositories, created_at, expires_at, created_by)
  SELECT :id, s.id, :name, :hash, :actions, :repositories, :createdAt, :expiresAt, :createdBy FROM spaces s WHERE s.id = ${SPACE}`;

const FIND_TOKEN = `${TOKENS} AND t.id = :id`;
const LIST_TOKENS = `${TOKENS} AND t.id > :after ORDER BY t.id LIMIT :limit`;

const REVOKE = `
  UPDATE tokens SET revoked_at = :now WHERE space_id = ${SPACE} AND id = :id AND revoked_at IS NULL RETURNING id, name`;

/**
 * Revokes a token with all its descendants. It follows those that were revoked before, since tokens that they made may
 * still be valid.
 */
const REVOKE_WITH_DESCENDANTS = `
  WITH RECURSIVE made (id) AS (
    SELECT id FROM tokens WHERE space_id = ${SPACE} AND id = :id AND revoked_at IS NULL
    UNION SELECT t.id FROM made JOIN tokens t ON t.created_by = made.id)
  UPDATE tokens SET revoked_at = :now WHERE id IN (SELECT id FROM made) AND revoked_at IS NULL RETURNING id, name`;

export function d1Tokens(db: D1Database): TokenStore {
  const ask = async (grant: SpaceGrant, sql: string, values: Values): Promise<D1Result> =>
    (await runInSpace(db, grant, { tokens: { sql, values } })).tokens;
  return {
    async create(grant, token, hash) {
      await ask(grant, CREATE, { ...columnsOf(token), hash });
    },

    async find(grant, id) {
      const row = firstRow(tokenRow, await ask(grant, FIND_TOKEN, { id }));
      return row && tokenFromRow(row);
    },

    async list(grant, { limit, last }) {
      const found = rows(tokenRow, await ask(grant, LIST_TOKENS, { after: last ?? "", limit: limit + 1 }));
      return pageOf(found.map(tokenFromRow), limit);
    },

    async revoke(grant, id, descendants) {
      const sql = descendants ? REVOKE_WITH_DESCENDANTS : REVOKE;
      const revoked = rows(revokedRow, await ask(grant, sql, { id }));
      return revoked.toSorted((left, right) => Number(right.id === id) - Number(left.id === id));
    },
  };
}

function columnsOf({ id, name, actions, repositories, createdAt, expiresAt, createdBy }: Token): Values {
  return {
    id,
    name,
    actions: JSON.stringify(actions),
    repositories: JSON.stringify(repositories),
    createdAt,
    expiresAt,
    createdBy: createdBy?.id ?? null,
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
