import * as z from "zod";
import { requireDigest } from "../../../oci/digest.ts";
import type { ManifestPush, ManifestStore, ReferenceProblem } from "../../../registry/stores.ts";
import { type GatedStatement, REPOSITORY, runGated, runGatedPush } from "../gate.ts";
import { firstRow, rows } from "../rows.ts";
import { hasWritten, sharing, type Values } from "../statement.ts";
import { type Announcing, announcing } from "./announcing.ts";
import { REQUIRE_MANIFEST, REQUIRE_TAGS, required } from "./conditions.ts";
import { eventId, MANIFEST_PUSHED, tagsPushed } from "./event-statements.ts";
import { FIND_BY_DIGEST, manifestFromRow, manifestRow } from "./manifest-rows.ts";

const FIND_WHOLE = `${FIND_BY_DIGEST} AND m.quarantined_at IS NULL`;

/**
 * Finds those of the `:references` (a JSON list) that the repository lacks or has in another size. It
 * counts quarantined content as lacking.
 */
const PROBLEMS = `
  SELECT wanted.value ->> 'digest' AS digest, COALESCE(m.size, b.size) AS actual_size
  FROM json_each(:references) wanted
    LEFT JOIN repository_blobs rb ON rb.repository_id = ${REPOSITORY} AND rb.digest = wanted.value ->> 'digest'
    LEFT JOIN blobs b ON b.digest = rb.digest AND b.quarantined_at IS NULL
    LEFT JOIN manifests m ON wanted.value ->> 'kind' = 'any' AND m.quarantined_at IS NULL
      AND m.repository_id = ${REPOSITORY} AND m.digest = wanted.value ->> 'digest'
  WHERE COALESCE(m.size, b.size) IS NOT wanted.value ->> 'size'
  LIMIT 20`;

/** Ends the transaction unless the repository has all of the references. Without the grant it does nothing, as all the statements do. */
const REQUIRE_REFERENCES = `
  INSERT INTO lacking (digest) SELECT digest FROM (${PROBLEMS}) WHERE ${REPOSITORY} IS NOT NULL LIMIT 1`;

/** Unmarks the content that a pushed manifest needs, for collection and for retention. */
const NEEDED = `
  repository_id = ${REPOSITORY} AND marked_at IS NOT NULL
    AND digest IN (SELECT wanted.value ->> 'digest' FROM json_each(:references) wanted)`;
const UNMARK_BLOBS = `UPDATE repository_blobs SET marked_at = NULL, touched_at = :now WHERE ${NEEDED}`;
const UNMARK_MANIFESTS = `UPDATE manifests SET marked_at = NULL WHERE ${NEEDED}`;

const problemRow = z.object({ digest: z.string(), actual_size: z.int().nullable() });

/** Condemns the damaged bytes that the new ones replace. */
const CONDEMN_DAMAGED = `
  INSERT INTO condemned (key, condemned_at)
  SELECT m.key, :now FROM manifests m
  WHERE m.repository_id = ${REPOSITORY} AND m.digest = :digest AND m.quarantined_at IS NOT NULL AND m.key IS NOT NULL
  ON CONFLICT (key) DO NOTHING`;

/** The size of everything that the manifest needs; an index's child adds what it needs in turn. */
const NEEDED_SIZE = `(
  SELECT COALESCE(SUM(COALESCE(c.content_size, wanted.value ->> 'size')), 0)
  FROM json_each(:references) wanted LEFT JOIN manifests c ON wanted.value ->> 'kind' = 'any'
    AND c.repository_id = ${REPOSITORY} AND c.digest = wanted.value ->> 'digest')`;

const INSERT_MANIFEST = `
  INSERT INTO manifests
    (repository_id, digest, media_type, size, body, key, artifact_type, subject, annotations, platforms, created_at, content_size)
  SELECT repository_id, :digest, :mediaType, :size, :body, :key, :artifactType, :subject, :annotations, :platforms, :now,
    :size + ${NEEDED_SIZE}
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
  FROM manifests m, json_each(:references) wanted WHERE m.repository_id = ${REPOSITORY} AND m.digest = :digest
  ON CONFLICT (repository_id, digest, manifest_id) DO NOTHING`;

/** Points tags to the manifest of `:digest`. @param pushed JSON rows of { tag }. */
export const upsertTags = (pushed = "json_each(:tags)"): string => `
  INSERT INTO tags (repository_id, name, digest, created_at, updated_at)
  SELECT m.repository_id, pushed.value ->> 'tag', m.digest, :now, :now
  FROM manifests m, ${pushed} pushed
  WHERE m.repository_id = ${REPOSITORY} AND m.digest = :digest AND m.quarantined_at IS NULL
  ON CONFLICT (repository_id, name) DO UPDATE SET digest = excluded.digest, updated_at = excluded.updated_at`;

/** Empties the trash of a manifest that is back. */
const FORGET_DELETION = `
  DELETE FROM deleted_manifests WHERE repository_id = ${REPOSITORY} AND digest = :digest
    AND EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = deleted_manifests.repository_id AND m.digest = :digest)`;

/** The statements of a push without its conditions, in order. */
const COMMIT = {
  requireReferences: REQUIRE_REFERENCES,
  unmarkBlobs: UNMARK_BLOBS,
  unmarkManifests: UNMARK_MANIFESTS,
  manifestEvent: MANIFEST_PUSHED,
  condemnDamaged: CONDEMN_DAMAGED,
  insertManifest: INSERT_MANIFEST,
  insertReferences: INSERT_REFERENCES,
  tagEvents: tagsPushed(),
  upsertTags: upsertTags(),
  forgetDeletion: FORGET_DELETION,
  kept: FIND_WHOLE,
};

/** Pushes manifests. */
export function pushManifests(
  db: D1Database,
  { registry, announce }: Announcing,
): Pick<ManifestStore, "check" | "commit"> {
  const announceAll = announcing(announce);
  return {
    async check(grant, references) {
      const texts = { unmarkBlobs: UNMARK_BLOBS, unmarkManifests: UNMARK_MANIFESTS, problems: PROBLEMS };
      const { results } = await runGated(db, grant, sharing({ references: JSON.stringify(references) }, texts));
      return rows(problemRow, results.problems).map(problemFromRow);
    },

    async commit(grant, push) {
      const { results, usage } = await runGatedPush(db, grant, {
        condition: conditionOf(push),
        ...sharing({ ...valuesOf(push), actor: grant.subject, registry }, COMMIT),
      });
      announceAll(results.manifestEvent, results.tagEvents);
      const kept = firstRow(manifestRow, results.kept);
      return { kept: kept && manifestFromRow(kept), mends: hasWritten(results.condemnDamaged), usage };
    },
  };
}

function conditionOf({ stored, tags, condition }: ManifestPush): GatedStatement | undefined {
  return tags.length > 0
    ? required(REQUIRE_TAGS, condition, tags)
    : required(REQUIRE_MANIFEST, condition, [stored.digest]);
}

function valuesOf({ stored: { digest, mediaType, size, content }, manifest, tags }: ManifestPush): Values {
  return {
    digest,
    reference: digest,
    mediaType,
    size,
    body: "body" in content ? content.body : null,
    key: "key" in content ? content.key : null,
    artifactType: manifest.artifactType,
    subject: manifest.subject,
    // If the body is too long for a row, its annotations may be too: they are then read from the body when needed.
    annotations: "body" in content && manifest.annotations ? JSON.stringify(manifest.annotations) : null,
    platforms: JSON.stringify(manifest.platforms),
    references: JSON.stringify(manifest.references),
    tags: JSON.stringify(tags.map((tag) => ({ tag, id: eventId() }))),
    manifestEventId: eventId(),
  };
}

function problemFromRow(row: z.infer<typeof problemRow>): ReferenceProblem {
  return { digest: requireDigest(row.digest), actualSize: row.actual_size };
}
