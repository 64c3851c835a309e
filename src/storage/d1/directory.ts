import { z } from "zod";
import { pageOf } from "../../oci/page.ts";
import type { Repository, RepositoryDirectory, TaggedManifest } from "../../registry/management.ts";
import { firstRow, isEmpty, rows } from "./rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "./spaces.ts";

const repositoryRow = z.object({ path: z.string(), public: z.int(), created_at: z.int() });

const tagRow = z.object({
  name: z.string(),
  digest: z.string(),
  media_type: z.string(),
  size: z.int(),
  created_at: z.int(),
  updated_at: z.int(),
  pulled_at: z.int().nullable(),
});

const LIVE_REPOSITORY = `(SELECT id FROM repositories WHERE space_id = ${LIVE_SPACE} AND path = ?2 AND deleted_at IS NULL)`;
const COLUMNS = "path, public, created_at";

const LIST_REPOSITORIES = `
  SELECT ${COLUMNS} FROM repositories WHERE space_id = ${LIVE_SPACE} AND path > ?2 AND deleted_at IS NULL
  ORDER BY path LIMIT ?3`;

const FIND_REPOSITORY = `SELECT ${COLUMNS} FROM repositories WHERE id = ${LIVE_REPOSITORY}`;
const SET_PUBLIC = `UPDATE repositories SET public = ?3 WHERE id = ${LIVE_REPOSITORY} RETURNING ${COLUMNS}`;
const DELETE = `UPDATE repositories SET deleted_at = ?3 WHERE id = ${LIVE_REPOSITORY}`;

const LIST_TAGGED = `
  SELECT t.name, t.digest, m.media_type, m.size, t.created_at, t.updated_at, t.pulled_at
  FROM tags t JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
  WHERE t.repository_id = ${LIVE_REPOSITORY} AND t.name > ?3 ORDER BY t.name LIMIT ?4`;

/** Repositories as the management API shows them. Who may look was decided by the space's grant. */
export function d1Directory(db: D1Database): RepositoryDirectory {
  return {
    async list(space, { limit, last }) {
      const [found, repositories] = await db.batch([
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(LIST_REPOSITORIES).bind(space, last ?? "", limit + 1),
      ]);
      return isEmpty(found) ? null : pageOf(rows(repositoryRow, repositories).map(repositoryFromRow), limit);
    },

    async find(space, path) {
      const row = firstRow(repositoryRow, await db.prepare(FIND_REPOSITORY).bind(space, path).all());
      return row && repositoryFromRow(row);
    },

    async setPublic(space, path, isPublic) {
      const values = [space, path, isPublic ? 1 : 0];
      const result = await db
        .prepare(SET_PUBLIC)
        .bind(...values)
        .all();
      const row = firstRow(repositoryRow, result);
      return row && repositoryFromRow(row);
    },

    async delete(space, path) {
      const { meta } = await db.prepare(DELETE).bind(space, path, Date.now()).run();
      return meta.changes > 0;
    },

    async tags(space, path, { limit, last }) {
      const [found, tags] = await db.batch([
        db.prepare(FIND_REPOSITORY).bind(space, path),
        db.prepare(LIST_TAGGED).bind(space, path, last ?? "", limit + 1),
      ]);
      return isEmpty(found) ? null : pageOf(rows(tagRow, tags).map(taggedFromRow), limit);
    },
  };
}

function repositoryFromRow(row: z.infer<typeof repositoryRow>): Repository {
  return { path: row.path, public: row.public === 1, createdAt: row.created_at };
}

function taggedFromRow(row: z.infer<typeof tagRow>): TaggedManifest {
  return {
    name: row.name,
    digest: row.digest,
    mediaType: row.media_type,
    size: row.size,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    pulledAt: row.pulled_at,
  };
}
