import { z } from "zod";
import { RegistryError } from "../../../oci/errors.ts";
import type { Repository, RepositoryDirectory } from "../../../management/stores.ts";
import { listCovered } from "../covered.ts";
import { constrained } from "../constraints.ts";
import { change, firstRow, jsonOrNull, listWithin, textsColumn } from "../rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "./spaces.ts";

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

/** A scalar subquery: the id of the repository at path ?2 in the space ?1, or null. */
export const LIVE_REPOSITORY = `(SELECT id FROM repositories WHERE space_id = ${LIVE_SPACE} AND path = ?2 AND deleted_at IS NULL)`;
const COLUMNS = "path, public, immutable_tags, created_at, bytes, tags, pushed_at, pulled_at";

const LIST_REPOSITORIES = `
  SELECT ${COLUMNS} FROM repositories WHERE space_id = ${LIVE_SPACE} AND path >= ?2 AND path < ?3 AND deleted_at IS NULL
  ORDER BY path LIMIT ?4`;

export const FIND_REPOSITORY = `SELECT ${COLUMNS} FROM repositories WHERE id = ${LIVE_REPOSITORY}`;
/** ?4 says whether the patterns in ?5 are to be set, perhaps to none of its own. */
const UPDATE = `
  UPDATE repositories SET public = COALESCE(?3, public), immutable_tags = IIF(?4, ?5, immutable_tags)
  WHERE id = ${LIVE_REPOSITORY} RETURNING ${COLUMNS}`;
const DELETE = `UPDATE repositories SET deleted_at = ?3 WHERE id = ${LIVE_REPOSITORY}`;

/** Repositories as the management API shows them. Who may look was decided by the space's grant. */
export function d1Directory(db: D1Database): RepositoryDirectory {
  return {
    async list({ space, repositories }, page) {
      const { entries, next } = await listCovered(repositories, page, async (from, before, wanted) => {
        const found = await listWithin(
          db,
          db.prepare(FIND_SPACE).bind(space),
          db.prepare(LIST_REPOSITORIES).bind(space, from, before, wanted),
          repositoryRow,
        );
        if (found === null) throw new RegistryError("SPACE_UNKNOWN");
        return found;
      });
      return { entries: entries.map(repositoryFromRow), next };
    },

    async find({ name: { space, path } }) {
      const row = firstRow(repositoryRow, await db.prepare(FIND_REPOSITORY).bind(space, path).all());
      return row && repositoryFromRow(row);
    },

    async update({ space }, path, { public: isPublic, immutableTags }) {
      const visibility = isPublic === undefined ? null : Number(isPublic);
      const patterns = change(immutableTags === undefined ? undefined : jsonOrNull(immutableTags));
      const result = await db
        .prepare(UPDATE)
        .bind(space, path, visibility, ...patterns)
        .all();
      const row = firstRow(repositoryRow, result);
      return row && repositoryFromRow(row);
    },

    async delete({ space }, path) {
      const { meta } = await constrained(db.prepare(DELETE).bind(space, path, Date.now()).run());
      return meta.changes > 0;
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
