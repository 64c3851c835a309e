import { z } from "zod";
import { annotationsSchema } from "../../../oci/annotations.ts";
import type { Grant } from "../../../auth/grant.ts";
import { requireDigest } from "../../../oci/digest.ts";
import type { Reference } from "../../../oci/reference.ts";
import { type Damaged, DAMAGES } from "../../../registry/damage.ts";
import type {
  DeletionOutcome,
  FoundManifest,
  ManifestStore,
  ReferenceProblem,
  Referrer,
  StoredManifest,
} from "../../../registry/stores.ts";
import { REQUIRE_MANIFEST, REQUIRE_TAG_IF_ANY, REQUIRE_TAGS, required } from "./conditions.ts";
import {
  eventId,
  TAG_DELETED,
  TAGS_DELETED,
  MANIFEST_DELETED,
  MANIFEST_PUSHED,
  TAGS_PUSHED,
} from "./event-statements.ts";
import { type GatedStatement, REPOSITORY, runGated, runGatedPush } from "../gate.ts";
import { type D1Reader, isUndisturbed, readReplicaFirst } from "../reader.ts";
import { pullIsDue } from "./pull-times.ts";
import { firstRow, isEmpty, rows } from "../rows.ts";
import { moveToTrash } from "./trash.ts";

export const manifestRow = z.object({
  digest: z.string(),
  media_type: z.string(),
  size: z.int(),
  body: z.string().nullable(),
  key: z.string().nullable(),
  damage: z.enum(DAMAGES).nullable(),
  marked_at: z.int().nullable(),
});

const foundRow = manifestRow.extend({ pull_is_due: z.int() });

export const MANIFEST_COLUMNS = "m.digest, m.media_type, m.size, m.body, m.key, m.damage, m.marked_at";

/** ?8: the reference. */
export const BY_DIGEST = `manifests m WHERE m.repository_id = ${REPOSITORY} AND m.digest = ?8`;
export const BY_TAG = `tags t JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
  WHERE t.repository_id = ${REPOSITORY} AND t.name = ?8`;

const FIND_BY_DIGEST = `SELECT ${MANIFEST_COLUMNS}, ${pullIsDue("m")} AS pull_is_due FROM ${BY_DIGEST}`;
const FIND_WHOLE = `${FIND_BY_DIGEST} AND m.quarantined_at IS NULL`;

const FIND = {
  digest: FIND_BY_DIGEST,
  tag: `SELECT ${MANIFEST_COLUMNS}, ${pullIsDue("m")} OR ${pullIsDue("t")} AS pull_is_due FROM ${BY_TAG}`,
};

/** Who gets a manifest asks for its blobs next. So many that what is done for each stays within a request's means. */
const BLOBS_AT_ONCE = 12;

const blobsOf = (manifest: string): string => `
  SELECT b.digest, b.key, b.size
  FROM manifest_references f
    JOIN repository_blobs rb ON rb.repository_id = f.repository_id AND rb.digest = f.digest AND rb.marked_at IS NULL
    JOIN blobs b ON b.digest = f.digest AND b.quarantined_at IS NULL
  WHERE f.manifest_id = (SELECT m.id FROM ${manifest}) LIMIT ${BLOBS_AT_ONCE}`;
const BLOBS_OF = { digest: blobsOf(BY_DIGEST), tag: blobsOf(BY_TAG) };
const neededBlobRow = z.object({ digest: z.string(), key: z.string(), size: z.int() });

/** The wanted references, JSON in ?8, that the repository lacks or has in another size. It lacks what is quarantined. */
const PROBLEMS = `
  SELECT wanted.value ->> 'digest' AS digest, COALESCE(m.size, b.size) AS actual_size
  FROM json_each(?8) wanted
    LEFT JOIN repository_blobs rb ON rb.repository_id = ${REPOSITORY} AND rb.digest = wanted.value ->> 'digest'
    LEFT JOIN blobs b ON b.digest = rb.digest AND b.quarantined_at IS NULL
    LEFT JOIN manifests m ON wanted.value ->> 'kind' = 'any' AND m.quarantined_at IS NULL
      AND m.repository_id = ${REPOSITORY} AND m.digest = wanted.value ->> 'digest'
  WHERE COALESCE(m.size, b.size) IS NOT wanted.value ->> 'size'
  LIMIT 20`;

/** Ends the transaction, unless the repository has all of the wanted references. Without the grant it does nothing, as all others do. */
const REQUIRE_REFERENCES = `
  INSERT INTO lacking (digest) SELECT digest FROM (${PROBLEMS}) WHERE ${REPOSITORY} IS NOT NULL LIMIT 1`;

/** What a manifest that is being pushed needs is no longer marked, neither for collection nor by retention. */
const NEEDED = `
  repository_id = ${REPOSITORY} AND marked_at IS NOT NULL
    AND digest IN (SELECT wanted.value ->> 'digest' FROM json_each(?8) wanted)`;
const UNMARK = `UPDATE repository_blobs SET marked_at = NULL, touched_at = ?6 WHERE ${NEEDED}`;
const UNMARK_MANIFESTS = `UPDATE manifests SET marked_at = NULL WHERE ${NEEDED}`;

/** ?8 digest: who asks for a manifest that is marked may be about to tag it. */
const UNMARK_FOUND = `UPDATE manifests SET marked_at = NULL WHERE repository_id = ${REPOSITORY} AND digest = ?8`;

const problemRow = z.object({ digest: z.string(), actual_size: z.int().nullable() });

/** What the new bytes take the place of is collected. */
const CONDEMN_DAMAGED = `
  INSERT INTO condemned (key, condemned_at)
  SELECT m.key, ?6 FROM manifests m
  WHERE m.repository_id = ${REPOSITORY} AND m.digest = ?8 AND m.quarantined_at IS NOT NULL AND m.key IS NOT NULL
  ON CONFLICT (key) DO NOTHING`;

/** Of all that the manifest needs, JSON in ?17; an index's child has what it needs in turn. */
const NEEDED_SIZE = `(
  SELECT COALESCE(SUM(COALESCE(c.content_size, wanted.value ->> 'size')), 0)
  FROM json_each(?17) wanted LEFT JOIN manifests c ON wanted.value ->> 'kind' = 'any'
    AND c.repository_id = ${REPOSITORY} AND c.digest = wanted.value ->> 'digest')`;

const INSERT_MANIFEST = `
  INSERT INTO manifests
    (repository_id, digest, media_type, size, body, key, artifact_type, subject, annotations, platforms, created_at, content_size)
  SELECT repository_id, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?6, ?10 + ${NEEDED_SIZE}
  FROM (SELECT ${REPOSITORY} AS repository_id)
  WHERE repository_id IS NOT NULL
  ON CONFLICT (repository_id, digest) DO UPDATE
    SET body = IIF(manifests.quarantined_at IS NULL, manifests.body, excluded.body),
      key = IIF(manifests.quarantined_at IS NULL, manifests.key, excluded.key),
      quarantined_at = NULL, damage = NULL, marked_at = NULL
    WHERE manifests.quarantined_at IS NOT NULL OR manifests.marked_at IS NOT NULL`;

const INSERT_REFERENCES = `
  INSERT INTO manifest_references (repository_id, digest, manifest_id)
  SELECT m.repository_id, wanted.value ->> 'digest', m.id
  FROM manifests m, json_each(?9) wanted WHERE m.repository_id = ${REPOSITORY} AND m.digest = ?8
  ON CONFLICT (repository_id, digest, manifest_id) DO NOTHING`;

/** ?8 digest, ?9 JSON list of { tag }; `pushed`: what to take of it. */
export const UPSERT_TAGS = (pushed = "json_each(?9)"): string => `
  INSERT INTO tags (repository_id, name, digest, created_at, updated_at)
  SELECT m.repository_id, pushed.value ->> 'tag', m.digest, ?6, ?6
  FROM manifests m, ${pushed} pushed
  WHERE m.repository_id = ${REPOSITORY} AND m.digest = ?8 AND m.quarantined_at IS NULL
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

/** ?10: a `+` that nobody escaped is read as a blank, so that one counts as the other. */
const OF_TYPE = "(?10 IS NULL OR replace(m.artifact_type, '+', ' ') = replace(?10, '+', ' '))";

/** A page ends early where its manifests have more than 4 MiB together: annotations may be most of a manifest. */
const REFERRERS = `
  SELECT digest, media_type, size, artifact_type, annotations, key, available FROM (
    SELECT found.*, COUNT(*) OVER () AS available,
      SUM(size) OVER (ORDER BY digest ROWS UNBOUNDED PRECEDING) - size AS before
    FROM (
      SELECT m.digest, m.media_type, m.size, m.artifact_type, m.annotations, m.key FROM manifests m
      WHERE m.repository_id = ${REPOSITORY} AND m.subject = ?8 AND m.digest > ?9
        AND ${OF_TYPE}
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

/** Manifests, their references and the tags on them, in D1. @param replica see {@link readReplicaFirst}. */
export function d1Manifests(
  db: D1Database,
  replica: D1Reader | null,
  { registry, announce }: Announcing,
): ManifestStore {
  const announceAll = announcing(announce);

  async function look(grant: Grant, reference: Reference): Promise<FoundManifest | Damaged | null> {
    const { results } = await runGated(db, grant, findStatements(reference).slice(0, 1));
    const row = firstRow(foundRow, results[0]);
    return row && foundFromRow(row, undefined, reference);
  }

  async function find(
    first: D1Reader | null,
    grant: Grant,
    reference: Reference,
  ): Promise<FoundManifest | Damaged | null> {
    const found = findStatements(reference);
    const read = async (from: D1Reader): Promise<readonly D1Result[]> => (await runGated(from, grant, found)).results;
    const results = await readReplicaFirst(db, first, read, ([some]) => isUndisturbed(firstRow(foundRow, some)));
    const row = firstRow(foundRow, results[0]);
    if (row === null || row.marked_at === null) return row && foundFromRow(row, results[1], reference);
    const again = await runGated(db, grant, [{ sql: UNMARK_FOUND, values: [row.digest] }, ...found]);
    const still = firstRow(foundRow, again.results[1]);
    return still && foundFromRow(still, again.results[2], reference);
  }

  return {
    look,
    find: (grant, reference) => find(null, grant, reference),
    findToRead: (grant, digest) => find(replica, grant, { digest }),

    async check(grant, references) {
      const values = [JSON.stringify(references)];
      const { results } = await runGated(db, grant, [
        { sql: UNMARK, values },
        { sql: UNMARK_MANIFESTS, values },
        { sql: PROBLEMS, values },
      ]);
      return rows(problemRow, results[2]).map(problemFromRow);
    },

    async commit(grant, { stored, manifest, tags, condition }) {
      const { digest, mediaType, size, content } = stored;
      const wanted = JSON.stringify(manifest.references);
      const pushed = JSON.stringify(tags.map((tag) => ({ tag, id: eventId() })));
      const platforms = JSON.stringify(manifest.platforms);
      const conditions =
        tags.length > 0 ? required(REQUIRE_TAGS, condition, tags) : required(REQUIRE_MANIFEST, condition, [digest]);
      const { results: all, usage } = await runGatedPush(db, grant, [
        ...conditions,
        { sql: REQUIRE_REFERENCES, values: [wanted] },
        { sql: UNMARK, values: [wanted] },
        { sql: UNMARK_MANIFESTS, values: [wanted] },
        {
          sql: MANIFEST_PUSHED,
          values: [digest, eventId(), mediaType, manifest.artifactType, size, platforms, grant.subject, registry],
        },
        { sql: CONDEMN_DAMAGED, values: [digest] },
        {
          sql: INSERT_MANIFEST,
          values: [
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
            wanted,
          ],
        },
        { sql: INSERT_REFERENCES, values: [digest, wanted] },
        { sql: TAGS_PUSHED(), values: [digest, pushed, grant.subject, registry] },
        { sql: UPSERT_TAGS(), values: [digest, pushed] },
        { sql: FORGET_DELETION, values: [digest] },
        { sql: FIND_WHOLE, values: [digest] },
      ]);
      const results = all.slice(conditions.length);
      announceAll(results[3], results[7]);
      const kept = firstRow(manifestRow, results.at(-1));
      const mends = (results[4]?.meta.changes ?? 0) > 0;
      return { kept: kept && manifestFromRow(kept), mends, usage };
    },

    async delete(grant, reference, condition) {
      const values = [referenceText(reference)];
      if ("tag" in reference) {
        const conditions = required(REQUIRE_TAG_IF_ANY, condition, [reference.tag]);
        const { results: all } = await runGated(db, grant, [
          ...conditions,
          { sql: TAG_DELETED, values: [...values, eventId(), grant.subject, registry] },
          { sql: DELETE_TAG, values },
        ]);
        const results = all.slice(conditions.length);
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

/** The manifest, and some of the blobs that it needs. */
function findStatements(reference: Reference): readonly GatedStatement[] {
  const values = [referenceText(reference)];
  const kind = "tag" in reference ? "tag" : "digest";
  return [
    { sql: FIND[kind], values },
    { sql: BLOBS_OF[kind], values },
  ];
}

function referenceText(reference: Reference): string {
  return "tag" in reference ? reference.tag : reference.digest;
}

function deletionOutcome(before: boolean, after: boolean): DeletionOutcome {
  if (!before) return "absent";
  return after ? "referenced" : "deleted";
}

function foundFromRow(
  row: z.infer<typeof foundRow>,
  needed: D1Result | undefined,
  reference: Reference,
): FoundManifest | Damaged {
  if (row.damage !== null) return { digest: requireDigest(row.digest), damage: row.damage };
  const tag = "tag" in reference ? reference.tag : null;
  const blobs = rows(neededBlobRow, needed).map(({ digest, key, size }) => ({
    digest: requireDigest(digest),
    key,
    size,
  }));
  return { ...manifestFromRow(row), tag, pullIsDue: row.pull_is_due === 1, blobs };
}

export function manifestFromRow(row: z.infer<typeof manifestRow>): StoredManifest {
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
