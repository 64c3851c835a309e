import * as z from "zod";
import { pageOf } from "../../../oci/page.ts";
import type {
  CoverableRepository,
  Coverage,
  CoveringRule,
  Look,
  RetentionStore,
  SeenManifest,
  SeenTag,
} from "../../../management/retention.ts";
import { keepColumn } from "./retention-rules.ts";
import { isCovered, isUnneeded, JUDGING, MOST_ABOVE, STEPS_UP, tagStays } from "./retention-sql.ts";
import { textsColumn, rows } from "../rows.ts";
import { isNamedAfterDigest, referrersTagOf } from "../referrers-tag.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import { run, type Values } from "../statement.ts";

const REPOSITORIES = `
  SELECT id, space_id, path FROM repositories
  WHERE space_id = ${SPACE} AND path >= :from AND deleted_at IS NULL ORDER BY path LIMIT :limit`;
const RULES = `
  SELECT id, space_id, repositories, keep FROM retention_rules WHERE space_id = ${SPACE} AND enabled = 1`;

/** Returns a query for the next `:limit` rows of covered repositories after `:after`, in the order of its loops, which CROSS JOIN keeps. */
export const foundIn = (table: string, key: string): string => `
  found AS MATERIALIZED (
    SELECT x.* FROM json_each(:coverage, '$.ids') c CROSS JOIN ${table} x
      ON x.repository_id = c.value AND x.${key} > IIF(c.key = 0, :after, '') LIMIT :limit)`;

const TAGS = `
  ${JUDGING}, ${foundIn("tags", "name")}
  SELECT found.repository_id, found.name, ${isCovered("found")} AND NOT ${tagStays("found")} AS goes FROM found`;

/** References to blobs that count as much as a tag. */
const REFERENCES = 20;

/**
 * Returns the cost of judging a manifest, counted in tags: those of everything that needs it, and a share
 * for its blobs. The count stops a little above `:limit`.
 */
const workOf = (manifest: string): string => `(
  (SELECT COUNT(*) FROM (
    WITH RECURSIVE up (id) AS (SELECT ${manifest}.id UNION ${STEPS_UP} LIMIT ${MOST_ABOVE})
    SELECT 1 FROM up JOIN manifests u ON u.id = up.id
      LEFT JOIN tags t ON t.repository_id = u.repository_id AND t.digest = u.digest LIMIT :limit + 1))
  + (SELECT COUNT(*) FROM (
    SELECT 1 FROM manifest_references f WHERE f.manifest_id = ${manifest}.id LIMIT ${REFERENCES} * :limit)) / ${REFERENCES})`;

/** Judges the rows of `found` in their order, until that has cost as much as `:limit` tags; from then on `goes` is null. */
const judged = (tag: string): string => `
  weighed AS MATERIALIZED (
    SELECT found.*, SUM(${workOf("found")}) OVER (ROWS UNBOUNDED PRECEDING) AS work FROM found)
  SELECT weighed.id, weighed.repository_id, weighed.digest, weighed.size,
    IIF(weighed.work <= :limit, ${isCovered("weighed")} AND ${isUnneeded("weighed", { tag })}, NULL) AS goes
  FROM weighed`;

/** A tag that is itself to go keeps no manifest. */
const MANIFESTS = `${JUDGING}, ${foundIn("manifests", "digest")}, ${judged(tagStays("t"))}`;

/** Finds tags of subjects, as of cosign's signatures, once the manifests with these `:ids` are gone: at most `:limit`. */
const ORPHANED_TAGS = `
  ${JUDGING}, going AS MATERIALIZED (
    SELECT m.repository_id, ${referrersTagOf("m.digest")} AS base
    FROM json_each(:ids) g CROSS JOIN manifests m ON m.id = g.value),
  found AS MATERIALIZED (
    SELECT t.* FROM going CROSS JOIN tags t
      ON t.repository_id = going.repository_id AND t.name >= going.base AND t.name < going.base || '/'
    WHERE ${isNamedAfterDigest("t.name")} LIMIT :limit)
  SELECT found.repository_id, found.name, NOT ${tagStays("found", "FALSE")} AS goes FROM found`;

const STAYS_BESIDE = `(
  (t.repository_id, t.name) NOT IN (SELECT selected.repository_id, selected.name FROM selected) AND ${tagStays("t")})`;

/** Finds manifests that only the `:tags` hold, a list of [repository, name]. */
const ORPHANED_MANIFESTS = `
  ${JUDGING}, selected AS MATERIALIZED (
    SELECT o.value ->> 0 AS repository_id, o.value ->> 1 AS name FROM json_each(:tags) o),
  needed AS MATERIALIZED (
    SELECT DISTINCT t.repository_id, t.digest FROM selected CROSS JOIN tags t
      ON t.repository_id = selected.repository_id AND t.name = selected.name),
  found AS MATERIALIZED (
    SELECT m.* FROM needed CROSS JOIN manifests m ON m.repository_id = needed.repository_id AND m.digest = needed.digest),
  ${judged(STAYS_BESIDE)}`;

const BYTES = `
  WITH going AS MATERIALIZED (SELECT value AS id FROM json_each(:ids)),
  needed AS MATERIALIZED (
    SELECT DISTINCT f.repository_id, f.digest FROM going CROSS JOIN manifest_references f ON f.manifest_id = going.id)
  SELECT needed.repository_id, SUM(b.size) AS bytes FROM needed CROSS JOIN blobs b ON b.digest = needed.digest
  WHERE NOT EXISTS (
      SELECT 1 FROM manifest_references o WHERE o.repository_id = needed.repository_id AND o.digest = needed.digest
        AND o.manifest_id NOT IN (SELECT id FROM going))
    AND NOT EXISTS (
      SELECT 1 FROM repository_blobs l WHERE l.digest = needed.digest AND l.repository_id <> needed.repository_id)
  GROUP BY needed.repository_id`;

const repositoryRow = z.object({ id: z.int(), space_id: z.int(), path: z.string() });
const ruleRow = z.object({ id: z.string(), space_id: z.int(), repositories: textsColumn, keep: keepColumn });
const tagRow = z.object({ repository_id: z.int(), name: z.string(), goes: z.int() });
const manifestRow = z.object({
  id: z.int(),
  repository_id: z.int(),
  digest: z.string(),
  size: z.int(),
  goes: z.int().nullable(),
});
const bytesRow = z.object({ repository_id: z.int(), bytes: z.int() });

type Judge<T> = (look: Look, limit: number) => Promise<readonly T[]>;

function judge(db: D1Database, sql: string, grace: number, look: Look, limit: number): Promise<D1Result> {
  return run(db, sql, { ...judgingValues(look, grace), after: look.after, limit });
}

/** Returns the values that every judging statement needs. @param grace milliseconds after a push within which its content is not judged */
export function judgingValues(
  { coverage, now, graceIsOver = false }: Pick<Look, "coverage" | "now" | "graceIsOver">,
  grace: number,
): Values {
  return { coverage: coverageText(coverage), now, judgedUntil: graceIsOver ? now : now - grace };
}

export function seenTags(db: D1Database, grace: number): Judge<SeenTag> {
  return async (look, limit) => tagsFromRows(await judge(db, TAGS, grace, look, limit));
}

function tagsFromRows(result: D1Result | undefined): SeenTag[] {
  return rows(tagRow, result).map((row) => ({
    repositoryId: row.repository_id,
    name: row.name,
    goes: row.goes === 1,
  }));
}

export function seenManifests(db: D1Database, sql: string, grace: number): Judge<SeenManifest> {
  return async (look, limit) => manifestsFromRows(await judge(db, sql, grace, look, limit));
}

function manifestsFromRows(result: D1Result | undefined): SeenManifest[] {
  return rows(manifestRow, result).map((row) => ({
    id: row.id,
    repositoryId: row.repository_id,
    digest: row.digest,
    size: row.size,
    goes: row.goes === null ? null : row.goes === 1,
  }));
}

/** Reads the rules of retention and judges by them, in D1. @param grace milliseconds after a push within which its content is not judged */
export function d1Retention(db: D1Database, grace: number): RetentionStore {
  return {
    async ofSpace(grant, from, limit) {
      const { repositories, rules } = await runInSpace(db, grant, {
        repositories: { sql: REPOSITORIES, values: { from, limit: limit + 1 } },
        rules: { sql: RULES, values: {} },
      });
      return { repositories: pageOf(repositoriesFromRows(repositories), limit), rules: rulesFromRows(rules) };
    },

    tags: seenTags(db, grace),
    manifests: seenManifests(db, MANIFESTS, grace),

    async orphaned(look, manifestIds, limit) {
      const values = { ...judgingValues(look, grace), limit };
      const seen = tagsFromRows(await run(db, ORPHANED_TAGS, { ...values, ids: JSON.stringify(manifestIds) }));
      const tags = seen.filter(({ goes }) => goes);
      if (tags.length === 0) return { tags, manifests: [], isCut: seen.length === limit };
      const names = JSON.stringify(tags.map(({ repositoryId, name }) => [repositoryId, name]));
      const manifests = manifestsFromRows(await run(db, ORPHANED_MANIFESTS, { ...values, tags: names }));
      const isCut = seen.length === limit || manifests.some(({ goes }) => goes === null);
      return { tags, manifests: manifests.filter(({ goes }) => goes), isCut };
    },

    async bytesOfBlobs(manifestIds) {
      const found = rows(bytesRow, await run(db, BYTES, { ids: JSON.stringify(manifestIds) }));
      return new Map(found.map(({ repository_id: repositoryId, bytes }) => [repositoryId, bytes]));
    },
  };
}

function coverageText(coverage: Coverage): string {
  return JSON.stringify({ ...coverage, newest: Math.max(0, ...coverage.keeps.map(({ newest }) => newest ?? 0)) });
}

export function repositoriesFromRows(result: D1Result | undefined): CoverableRepository[] {
  return rows(repositoryRow, result).map(({ id, space_id: spaceId, path }) => ({ id, spaceId, path }));
}

export function rulesFromRows(result: D1Result | undefined): CoveringRule[] {
  return rows(ruleRow, result).map(({ space_id: spaceId, id, repositories, keep }) => ({
    spaceId,
    id,
    repositories,
    keep,
  }));
}
