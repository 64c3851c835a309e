import { z } from "zod";
import { pageOf } from "../../oci/page.ts";
import type { Coverage, Look, RetentionStore } from "../../registry/retention.ts";
import { keepColumn } from "./retention-rules.ts";
import { IS_COVERED, IS_UNNEEDED, JUDGING, TAG_STAYS } from "./retention-sql.ts";
import { firstRow, patternsColumn, rows } from "./rows.ts";
import { LIVE_SPACE } from "./spaces.ts";

const FIND_SPACE_ID = `SELECT ${LIVE_SPACE} AS id`;
const REPOSITORIES = `
  SELECT id, space_id, path FROM repositories
  WHERE space_id = ${LIVE_SPACE} AND path > ?2 AND deleted_at IS NULL ORDER BY path LIMIT ?3`;
const RULES = `
  SELECT id, space_id, repositories, keep FROM retention_rules WHERE space_id = ${LIVE_SPACE} AND enabled = 1`;

/** The next rows of covered repositories, in their order: the loops' own, which CROSS JOIN keeps. ?4 after, ?5 limit. */
const FOUND = (table: string, key: string): string => `
  found AS MATERIALIZED (
    SELECT x.* FROM json_each(?1, '$.ids') c CROSS JOIN ${table} x
      ON x.repository_id = c.value AND x.${key} > IIF(c.key = 0, ?4, '') LIMIT ?5)`;

const TAGS = `
  ${JUDGING}, ${FOUND("tags", "name")}
  SELECT t.repository_id, t.name, ${IS_COVERED("t")} AND NOT ${TAG_STAYS} AS goes FROM found t`;

/** A tag that is to go keeps nothing. */
const MANIFESTS = `
  ${JUDGING}, ${FOUND("manifests", "digest")}
  SELECT m.id, m.repository_id, m.digest, m.size,
    ${IS_COVERED("m")} AND ${IS_UNNEEDED({ tag: TAG_STAYS })} AS goes FROM found m`;

const BYTES = `
  WITH going AS MATERIALIZED (SELECT value AS id FROM json_each(?1)),
  needed AS MATERIALIZED (
    SELECT DISTINCT f.repository_id, f.digest FROM going g CROSS JOIN manifest_references f ON f.manifest_id = g.id)
  SELECT n.repository_id, SUM(b.size) AS bytes FROM needed n CROSS JOIN blobs b ON b.digest = n.digest
  WHERE NOT EXISTS (
      SELECT 1 FROM manifest_references o WHERE o.repository_id = n.repository_id AND o.digest = n.digest
        AND o.manifest_id NOT IN (SELECT id FROM going))
    AND NOT EXISTS (SELECT 1 FROM repository_blobs l WHERE l.digest = n.digest AND l.repository_id <> n.repository_id)
  GROUP BY n.repository_id`;

const spaceRow = z.object({ id: z.int().nullable() });
const repositoryRow = z.object({ id: z.int(), space_id: z.int(), path: z.string() });
const ruleRow = z.object({ id: z.string(), space_id: z.int(), repositories: patternsColumn, keep: keepColumn });
const tagRow = z.object({ repository_id: z.int(), name: z.string(), goes: z.int() });
const manifestRow = z.object({
  id: z.int(),
  repository_id: z.int(),
  digest: z.string(),
  size: z.int(),
  goes: z.int(),
});
const bytesRow = z.object({ repository_id: z.int(), bytes: z.int() });

/** @param grace milliseconds that what was just pushed is not judged. */
export function d1Retention(db: D1Database, grace: number): RetentionStore {
  const judged = (sql: string, { coverage, after, now }: Look, limit: number): Promise<D1Result> =>
    db
      .prepare(sql)
      .bind(coverageText(coverage), now, now - grace, after, limit)
      .all();

  return {
    async ofSpace(space, { limit, last }) {
      const [found, repositories, rules] = await db.batch([
        db.prepare(FIND_SPACE_ID).bind(space),
        db.prepare(REPOSITORIES).bind(space, last ?? "", limit + 1),
        db.prepare(RULES).bind(space),
      ]);
      if ((firstRow(spaceRow, found)?.id ?? null) === null) return null;
      return {
        repositories: pageOf(rows(repositoryRow, repositories).map(ofSpaceFromRow), limit),
        rules: rows(ruleRow, rules).map(ofSpaceFromRow),
      };
    },

    async tags(look, limit) {
      const found = rows(tagRow, await judged(TAGS, look, limit));
      return found.map(({ repository_id: repositoryId, name, goes }) => ({ repositoryId, name, goes: goes === 1 }));
    },

    async manifests(look, limit) {
      const found = rows(manifestRow, await judged(MANIFESTS, look, limit));
      return found.map(({ id, repository_id: repositoryId, digest, size, goes }) => ({
        id,
        repositoryId,
        digest,
        size,
        goes: goes === 1,
      }));
    },

    async bytesOfBlobs(manifestIds) {
      const found = rows(bytesRow, await db.prepare(BYTES).bind(JSON.stringify(manifestIds)).all());
      return new Map(found.map(({ repository_id: repositoryId, bytes }) => [repositoryId, bytes]));
    },
  };
}

function coverageText(coverage: Coverage): string {
  return JSON.stringify({ ...coverage, newest: Math.max(0, ...coverage.keeps.map(({ newest }) => newest ?? 0)) });
}

function ofSpaceFromRow<T extends { space_id: number }>({
  space_id: spaceId,
  ...row
}: T): Omit<T, "space_id"> & { spaceId: number } {
  return { ...row, spaceId };
}
