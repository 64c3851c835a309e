import { z } from "zod";
import { annotationsSchema } from "../../oci/annotations.ts";
import { requireDigest } from "../../oci/digest.ts";
import type { Reference } from "../../oci/reference.ts";
import type {
  DeletionOutcome,
  ManifestStore,
  ReferenceProblem,
  Referrer,
  StoredManifest,
} from "../../registry/stores.ts";
import { eventId, TAG_DELETED, TAGS_DELETED, MANIFEST_DELETED, MANIFEST_PUSHED, TAGS_PUSHED } from "./events.ts";
import { REPOSITORY, runGated, runGatedPush } from "./gate.ts";
import { firstRow, isEmpty, rows } from "./rows.ts";
import { moveToTrash } from "./trash.ts";

const manifestRow = z.object({
  digest: z.string(),
  media_type: z.string(),
  size: z.int(),
  body: z.string().nullable(),
  key: z.string().nullable(),
});

const MANIFEST_COLUMNS = "m.digest, m.media_type, m.size, m.body, m.key";

const FIND_BY_DIGEST = `
  SELECT ${MANIFEST_COLUMNS} FROM manifests m WHERE m.repository_id = ${REPOSITORY} AND m.digest = ?8`;

const FIND_BY_TAG = `
  SELECT ${MANIFEST_COLUMNS} FROM tags t JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
  WHERE t.repository_id = ${REPOSITORY} AND t.name = ?8`;

/** The wanted references, JSON in ?8, that the repository lacks or has in another size. */
const PROBLEMS = `
  SELECT wanted.value ->> 'digest' AS digest, COALESCE(m.size, b.size) AS actual_size
  FROM json_each(?8) wanted
    LEFT JOIN repository_blobs rb ON rb.repository_id = ${REPOSITORY} AND rb.digest = wanted.value ->> 'digest'
    LEFT JOIN blobs b ON b.digest = rb.digest
    LEFT JOIN manifests m ON wanted.value ->> 'kind' = 'any'
      AND m.repository_id = ${REPOSITORY} AND m.digest = wanted.value ->> 'digest'
  WHERE COALESCE(m.size, b.size) IS NOT wanted.value ->> 'size'
  LIMIT 20`;

/** What a manifest that is being pushed needs is no longer marked for collection. */
const UNMARK = `
  UPDATE repository_blobs SET marked_at = NULL, touched_at = ?6
  WHERE repository_id = ${REPOSITORY} AND marked_at IS NOT NULL
    AND digest IN (SELECT wanted.value ->> 'digest' FROM json_each(?8) wanted)`;

const problemRow = z.object({ digest: z.string(), actual_size: z.int().nullable() });

const INSERT_MANIFEST = `
  INSERT INTO manifests
    (repository_id, digest, media_type, size, body, key, artifact_type, subject, annotations, platforms, created_at)
  SELECT repository_id, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?6
  FROM (SELECT ${REPOSITORY} AS repository_id)
  WHERE repository_id IS NOT NULL AND NOT EXISTS (${PROBLEMS})
  ON CONFLICT (repository_id, digest) DO NOTHING`;

const INSERT_REFERENCES = `
  INSERT INTO manifest_references (repository_id, digest, manifest_id)
  SELECT m.repository_id, wanted.value ->> 'digest', m.id
  FROM manifests m, json_each(?9) wanted WHERE m.repository_id = ${REPOSITORY} AND m.digest = ?8
  ON CONFLICT (repository_id, digest, manifest_id) DO NOTHING`;

/** ?8 digest, ?9 JSON list of { tag }; `pushed`: what to take of it. */
export const UPSERT_TAGS = (pushed = "json_each(?9)"): string => `
  INSERT INTO tags (repository_id, name, digest, created_at, updated_at)
  SELECT m.repository_id, pushed.value ->> 'tag', m.digest, ?6, ?6
  FROM manifests m, ${pushed} pushed WHERE m.repository_id = ${REPOSITORY} AND m.digest = ?8
  ON CONFLICT (repository_id, name) DO UPDATE SET digest = excluded.digest, updated_at = excluded.updated_at`;

const DELETE_TAG = `DELETE FROM tags WHERE repository_id = ${REPOSITORY} AND name = ?8`;

/** An index's child is kept while the index is: what is tagged must stay whole. */
const UNREFERENCED = `NOT EXISTS (
  SELECT 1 FROM manifest_references f WHERE f.repository_id = ${REPOSITORY} AND f.digest = ?8)`;

/** ?8 digest; for the first, ?9 actor. */
const [COPY_TO_TRASH, ...MOVE_TO_TRASH] = moveToTrash({
  ids: `SELECT id FROM manifests WHERE repository_id = ${REPOSITORY} AND digest = ?8 AND ${UNREFERENCED}`,
  at: "?6",
  actor: "?9",
});

/** ?8 digest: one that is back is no longer in the trash. */
const FORGET_DELETION = `
  DELETE FROM deleted_manifests WHERE repository_id = ${REPOSITORY} AND digest = ?8
    AND EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = deleted_manifests.repository_id AND m.digest = ?8)`;

/** A page ends early where its manifests have more than 4 MiB together: annotations may be most of a manifest. */
const REFERRERS = `
  SELECT digest, media_type, size, artifact_type, annotations, key, available FROM (
    SELECT found.*, COUNT(*) OVER () AS available,
      SUM(size) OVER (ORDER BY digest ROWS UNBOUNDED PRECEDING) - size AS before
    FROM (
      SELECT m.digest, m.media_type, m.size, m.artifact_type, m.annotations, m.key FROM manifests m
      WHERE m.repository_id = ${REPOSITORY} AND m.subject = ?8 AND m.digest > ?9
        AND (?10 IS NULL OR m.artifact_type = ?10)
      ORDER BY m.digest LIMIT ?11) found)
  WHERE before < 4194304`;

const referrerRow = z.object({
  digest: z.string(),
  media_type: z.string(),
  size: z.int(),
  artifact_type: z.string().nullable(),
  annotations: z.string().nullable(),
  key: z.string().nullable(),
  available: z.int(),
});

/** How the events of a change become known to others than the outbox. */
export interface Announcing {
  /** The host and port that the pusher used. */
  readonly registry: string;
  /** Called with the ids of what was written, once it is. */
  readonly announce: (eventIds: readonly string[]) => void;
}

const idRow = z.object({ id: z.string() });

/** Announces the events whose ids the results have. */
export function announcing(announce: Announcing["announce"]): (...results: readonly (D1Result | undefined)[]) => void {
  return (...results) => {
    const ids = results.flatMap((result) => rows(idRow, result)).map(({ id }) => id);
    if (ids.length > 0) announce(ids);
  };
}

/** Manifests, their references and the tags on them, in D1. */
export function d1Manifests(db: D1Database, { registry, announce }: Announcing): ManifestStore {
  const announceAll = announcing(announce);
  return {
    async find(grant, reference) {
      const sql = "tag" in reference ? FIND_BY_TAG : FIND_BY_DIGEST;
      const { results } = await runGated(db, grant, [{ sql, values: [referenceText(reference)] }]);
      return manifestFromRow(firstRow(manifestRow, results[0]));
    },

    async check(grant, references) {
      const values = [JSON.stringify(references)];
      const { results } = await runGated(db, grant, [
        { sql: UNMARK, values },
        { sql: PROBLEMS, values },
      ]);
      return rows(problemRow, results[1]).map(problemFromRow);
    },

    async commit(grant, { stored, manifest, tags }) {
      const { digest, mediaType, size, content } = stored;
      const wanted = JSON.stringify(manifest.references);
      const pushed = JSON.stringify(tags.map((tag) => ({ tag, id: eventId() })));
      const platforms = JSON.stringify(manifest.platforms);
      const { results } = await runGatedPush(db, grant, [
        {
          sql: MANIFEST_PUSHED(PROBLEMS),
          values: [
            wanted,
            digest,
            eventId(),
            mediaType,
            manifest.artifactType,
            size,
            platforms,
            grant.subject,
            registry,
          ],
        },
        {
          sql: INSERT_MANIFEST,
          values: [
            wanted,
            digest,
            mediaType,
            size,
            "body" in content ? content.body : null,
            "key" in content ? content.key : null,
            manifest.artifactType,
            manifest.subject,
            // With a body too long for a row they may be too long as well, and are read from the body when needed.
            "body" in content && manifest.annotations ? JSON.stringify(manifest.annotations) : null,
            platforms,
          ],
        },
        { sql: INSERT_REFERENCES, values: [digest, wanted] },
        { sql: TAGS_PUSHED(), values: [digest, pushed, grant.subject, registry] },
        { sql: UPSERT_TAGS(), values: [digest, pushed] },
        { sql: FORGET_DELETION, values: [digest] },
        { sql: FIND_BY_DIGEST, values: [digest] },
      ]);
      announceAll(results[0], results[3]);
      return manifestFromRow(firstRow(manifestRow, results.at(-1)));
    },

    async delete(grant, reference) {
      const values = [referenceText(reference)];
      if ("tag" in reference) {
        const { results } = await runGated(db, grant, [
          { sql: TAG_DELETED, values: [...values, eventId(), grant.subject, registry] },
          { sql: DELETE_TAG, values },
        ]);
        announceAll(results[0]);
        return (results[1]?.meta.changes ?? 0) > 0 ? "deleted" : "absent";
      }
      const { results } = await runGated(db, grant, [
        { sql: FIND_BY_DIGEST, values },
        { sql: TAGS_DELETED(UNREFERENCED), values: [...values, eventId(), grant.subject, registry] },
        { sql: MANIFEST_DELETED(UNREFERENCED), values: [...values, eventId(), grant.subject, registry] },
        { sql: COPY_TO_TRASH, values: [...values, grant.subject] },
        ...MOVE_TO_TRASH.map((sql) => ({ sql, values })),
        { sql: FIND_BY_DIGEST, values },
      ]);
      announceAll(results[1], results[2]);
      return deletionOutcome(!isEmpty(results[0]), !isEmpty(results.at(-1)));
    },

    async referrers(grant, subject, artifactType, { limit, last }) {
      const { results } = await runGated(db, grant, [
        { sql: REFERRERS, values: [subject, last ?? "", artifactType, limit + 1] },
      ]);
      const found = rows(referrerRow, results[0]).toSorted((left, right) => (left.digest < right.digest ? -1 : 1));
      const entries = found.slice(0, limit).map(referrerFromRow);
      return { entries, more: limit > 0 && (found[0]?.available ?? 0) > entries.length };
    },
  };
}

function referenceText(reference: Reference): string {
  return "tag" in reference ? reference.tag : reference.digest;
}

function deletionOutcome(before: boolean, after: boolean): DeletionOutcome {
  if (!before) return "absent";
  return after ? "referenced" : "deleted";
}

function manifestFromRow(row: z.infer<typeof manifestRow> | null): StoredManifest | null {
  if (row === null) return null;
  const content = row.body === null ? { key: row.key ?? "" } : { body: row.body };
  return { digest: requireDigest(row.digest), mediaType: row.media_type, size: row.size, content };
}

function problemFromRow(row: z.infer<typeof problemRow>): ReferenceProblem {
  return { digest: requireDigest(row.digest), actualSize: row.actual_size };
}

function referrerFromRow(row: z.infer<typeof referrerRow>): Referrer {
  return {
    digest: requireDigest(row.digest),
    mediaType: row.media_type,
    size: row.size,
    artifactType: row.artifact_type,
    annotations: row.annotations === null ? null : annotationsSchema.parse(JSON.parse(row.annotations)),
    longBody: row.key,
  };
}
