import * as z from "zod";
import type { Repository, RepositoryDirectory } from "../../../management/stores.ts";
import { listCovered } from "../covered.ts";
import { REPOSITORY as GRANTED_REPOSITORY, runGated } from "../gate.ts";
import { firstRow, given, jsonOrNull, rows, textsColumn } from "../rows.ts";
import { runInSpace, SPACE } from "../space-gate.ts";

const repositoryRow = z.object({
  path: z.string(),
  public: z.int(),
  immutable_tags: textsColumn.nullable(),
  created_at: z.int(),
  bytes: z.int(),
  tags: z.int(),
  pushed_at: z.int().nullable(),
  pulled_at: z.int().nullable(),
});

const COLUMNS = "path, public, immutable_tags, created_at, bytes, tags, pushed_at, pulled_at";

const LIST = `
  SELECT ${COLUMNS} FROM repositories WHERE space_id = ${SPACE} AND path >= :from AND path < :before AND deleted_at IS NULL
  ORDER BY path LIMIT :limit`;

/** A scalar subquery: the id of the repository at `:path` in the grant's space, or null. */
const REPOSITORY = `(SELECT r.id FROM repositories r WHERE r.space_id = ${SPACE} AND r.path = :path AND r.deleted_at IS NULL)`;

const UPDATE = `
  UPDATE repositories SET public = COALESCE(:public, public),
    immutable_tags = IIF(:immutableTagsGiven, :immutableTags, immutable_tags)
  WHERE id = ${REPOSITORY} RETURNING ${COLUMNS}`;
const DELETE = `UPDATE repositories SET deleted_at = :now WHERE id = ${REPOSITORY}`;

const FIND = `SELECT ${COLUMNS} FROM repositories WHERE id = ${GRANTED_REPOSITORY}`;

/** Stores repositories, as the management API shows them. */
export function d1Directory(db: D1Database): RepositoryDirectory {
  return {
    async list(grant, page) {
      const { entries, next } = await listCovered(grant.repositories, page, async (from, before, limit) => {
        const { found } = await runInSpace(db, grant, { found: { sql: LIST, values: { from, before, limit } } });
        return rows(repositoryRow, found);
      });
      return { entries: entries.map(repositoryFromRow), next };
    },

    async find(grant) {
      const { results } = await runGated(db, grant, { found: { sql: FIND } });
      const row = firstRow(repositoryRow, results.found);
      return row && repositoryFromRow(row);
    },

    async update(grant, path, { public: isPublic, immutableTags }) {
      const values = {
        path,
        public: isPublic === undefined ? null : Number(isPublic),
        ...given("immutableTags", immutableTags === undefined ? undefined : jsonOrNull(immutableTags)),
      };
      const { updated } = await runInSpace(db, grant, { updated: { sql: UPDATE, values } });
      const row = firstRow(repositoryRow, updated);
      return row && repositoryFromRow(row);
    },

    async delete(grant, path) {
      const { deleted } = await runInSpace(db, grant, { deleted: { sql: DELETE, values: { path } } });
      return deleted.meta.changes > 0;
    },
  };
}

function repositoryFromRow(row: z.infer<typeof repositoryRow>): Repository {
  return {
    path: row.path,
    public: row.public === 1,
    immutableTags: row.immutable_tags,
    createdAt: row.created_at,
    bytes: row.bytes,
    tags: row.tags,
    pushedAt: row.pushed_at,
    pulledAt: row.pulled_at,
  };
}
