import { z } from "zod";
import { requireDigest } from "../../../oci/digest.ts";
import type { ManifestStore, ReferenceProblem } from "../../../registry/stores.ts";
import { REPOSITORY, runGated, runGatedPush } from "../gate.ts";
import { firstRow, rows } from "../rows.ts";
import { type Announcing, announcing } from "./announcing.ts";
import { REQUIRE_MANIFEST, REQUIRE_TAGS, required } from "./conditions.ts";
import { eventId, MANIFEST_PUSHED, TAGS_PUSHED } from "./event-statements.ts";
import { FIND_BY_DIGEST, manifestFromRow, manifestRow } from "./manifest-rows.ts";

const FIND_WHOLE = `${FIND_BY_DIGEST} AND m.quarantined_at IS NULL`;

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

/** ?8 digest: one that is back is no longer in the trash. */
const FORGET_DELETION = `
  DELETE FROM deleted_manifests WHERE repository_id = ${REPOSITORY} AND digest = ?8
    AND EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = deleted_manifests.repository_id AND m.digest = ?8)`;

/** Pushing manifests. */
export function pushManifests(
  db: D1Database,
  { registry, announce }: Announcing,
): Pick<ManifestStore, "check" | "commit"> {
  const announceAll = announcing(announce);
  return {
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
  };
}

function problemFromRow(row: z.infer<typeof problemRow>): ReferenceProblem {
  return { digest: requireDigest(row.digest), actualSize: row.actual_size };
}
