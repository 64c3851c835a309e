import * as z from "zod";
import type { Grant } from "../../../auth/grant.ts";
import { annotationsSchema } from "../../../oci/annotations.ts";
import { ATTESTATION, PREDICATE_TYPE, REFERENCE_DIGEST, REFERENCE_TYPE } from "../../../oci/attestation.ts";
import { requireDigest } from "../../../oci/digest.ts";
import { platformName, platformSchema } from "../../../oci/platform.ts";
import type { Reference } from "../../../oci/reference.ts";
import { DAMAGES } from "../../../registry/damage.ts";
import type { ManifestReport, ManifestReports, NeededContent } from "../../../management/manifest-report.ts";
import { REPOSITORY, runGated } from "../gate.ts";
import {
  BY_DIGEST,
  BY_TAG,
  MANIFEST_COLUMNS,
  manifestFromRow,
  manifestRow,
  referenceText,
} from "../registry/manifest-rows.ts";
import { referrersTagOf } from "../referrers-tag.ts";
import { firstRow, jsonColumn, rows, textsColumn } from "../rows.ts";
import { type Results, sharing } from "../statement.ts";

/** Bounds on the rows that one report reads, since pushes decide how many there are. */
const TAGS = 100;
const PARENTS = 50;
const NEEDS = 1000;
/** Bounds for each thing that a manifest needs: others that need it, those with the manifests above them, and the tags to list. */
const SHARERS = 10;
const SHARERS_AND_PARENTS = 20;
const SHARED_TAGS = 5;
/** Bounds on attestations, and on the indexes of an image that are searched for them. */
const ATTESTATIONS = 100;
const INDEXES = 3;

const reportRow = manifestRow.extend({
  artifact_type: z.string().nullable(),
  subject: z.string().nullable(),
  annotations: z.string().nullable(),
  platforms: textsColumn,
  content_size: z.int(),
  created_at: z.int(),
  pulled_at: z.int().nullable(),
});

const nameRow = z.object({ name: z.string() });
const attachedRow = z.object({ name: z.string(), digest: z.string() });
const parentRow = z.object({ digest: z.string(), media_type: z.string(), tags: textsColumn });

const damage = z.enum(DAMAGES).nullable();
const attestationRow = z.object({
  digest: z.string(),
  subject: z.string(),
  platform: jsonColumn(platformSchema).nullable(),
  predicate_types: textsColumn.nullable(),
});

const needRow = z.object({
  digest: z.string(),
  blob_size: z.int().nullable(),
  blob_damage: damage,
  manifest_size: z.int().nullable(),
  manifest_damage: damage,
  content_size: z.int().nullable(),
  shared_with: textsColumn,
});

/** Returns a JSON list of some tags on the manifest of the digest, in the repository. */
const tagsOn = (repository: string, digest: string): string => `(
  SELECT json_group_array(found.name) FROM (
    SELECT t.name FROM tags t WHERE t.repository_id = ${repository} AND t.digest = ${digest}
    ORDER BY t.name LIMIT ${SHARED_TAGS}) found)`;

/**
 * Returns a JSON list of tags that need `f.digest` too, through the newest manifests that do. Tags that
 * lead to this manifest itself are left out.
 */
const sharedWith = (self: string): string => `(
  WITH RECURSIVE needing (digest) AS (
    SELECT newest.digest FROM (
      SELECT p.digest FROM manifest_references x CROSS JOIN manifests p ON p.id = x.manifest_id
      WHERE x.repository_id = f.repository_id AND x.digest = f.digest AND x.manifest_id <> f.manifest_id
      ORDER BY x.manifest_id DESC LIMIT ${SHARERS}) newest
    UNION SELECT p.digest FROM needing found
      CROSS JOIN manifest_references x ON x.repository_id = f.repository_id AND x.digest = found.digest
      CROSS JOIN manifests p ON p.id = x.manifest_id
    LIMIT ${SHARERS_AND_PARENTS})
  SELECT json_group_array(sharing.name) FROM (
    SELECT t.name FROM needing found CROSS JOIN tags t ON t.repository_id = f.repository_id AND t.digest = found.digest
    WHERE t.digest NOT IN (
      SELECT ${self} UNION ALL SELECT own.digest FROM (
        SELECT p.digest FROM manifest_references x CROSS JOIN manifests p ON p.id = x.manifest_id
        WHERE x.repository_id = ${REPOSITORY} AND x.digest = ${self} LIMIT ${PARENTS}) own)
    LIMIT ${SHARED_TAGS}) sharing)`;

/** Returns SQL for a descriptor's annotation. Pushes do not check annotations: one that is no text counts as absent. */
const annotationOf = (descriptor: string, name: string): string => {
  const path = `'$.annotations."${name}"'`;
  return `IIF(json_type(${descriptor}, ${path}) = 'text', ${descriptor} ->> ${path}, NULL)`;
};

/** A JSON list of the predicate types in a manifest; empty for one that is too long for a row. */
const PREDICATE_TYPES = `(
  SELECT json_group_array(DISTINCT ${annotationOf("l.value", PREDICATE_TYPE)})
    FILTER (WHERE ${annotationOf("l.value", PREDICATE_TYPE)} IS NOT NULL)
  FROM manifests a JOIN json_each(a.body, '$.layers') l
  WHERE a.repository_id = found.repository_id AND a.digest = found.digest AND json_valid(a.body))`;

/** Finds the attestations of the index itself, or those in indexes that need the image, newest first. */
const attestationsOf = (by: string, self: string): string => `
  WITH own (repository_id, id, body, itself) AS (
    SELECT m.repository_id, m.id, m.body, TRUE FROM ${by}
    UNION ALL
    SELECT newest.* FROM (
      SELECT p.repository_id, p.id, p.body, FALSE FROM manifest_references x CROSS JOIN manifests p ON p.id = x.manifest_id
      WHERE x.repository_id = ${REPOSITORY} AND x.digest = ${self} ORDER BY x.manifest_id DESC LIMIT ${INDEXES}) newest),
  found AS (
    SELECT own.repository_id, e.value ->> '$.digest' AS digest, ${annotationOf("e.value", REFERENCE_DIGEST)} AS subject,
      (SELECT o.value -> '$.platform' FROM json_each(own.body, '$.manifests') o
       WHERE o.value ->> '$.digest' = ${annotationOf("e.value", REFERENCE_DIGEST)} LIMIT 1) AS platform
    FROM own JOIN json_each(own.body, '$.manifests') e
    WHERE json_valid(own.body) AND ${annotationOf("e.value", REFERENCE_TYPE)} = '${ATTESTATION}'
      AND ${annotationOf("e.value", REFERENCE_DIGEST)} IS NOT NULL
      AND (own.itself OR ${annotationOf("e.value", REFERENCE_DIGEST)} = ${self})
    LIMIT ${ATTESTATIONS})
  SELECT digest, subject, platform, ${PREDICATE_TYPES} AS predicate_types FROM found`;

/** Makes the SQL of a report. @param by the manifest `m` that `:reference` leads to */
function reportOf(by: string) {
  const self = `(SELECT m.digest FROM ${by})`;
  return {
    manifest: `SELECT ${MANIFEST_COLUMNS}, m.artifact_type, m.subject, m.annotations, m.platforms, m.content_size,
       m.created_at, m.pulled_at FROM ${by}`,
    tags: `SELECT t.name FROM tags t WHERE t.repository_id = ${REPOSITORY} AND t.digest = ${self}
     ORDER BY t.name LIMIT ${TAGS + 1}`,
    parents: `SELECT p.digest, p.media_type, ${tagsOn("p.repository_id", "p.digest")} AS tags
     FROM manifest_references x CROSS JOIN manifests p ON p.id = x.manifest_id
     WHERE x.repository_id = ${REPOSITORY} AND x.digest = ${self} ORDER BY x.manifest_id DESC LIMIT ${PARENTS}`,
    // One by one, since for `name IN (…)` SQLite would read all tags of the repository.
    attached: `SELECT t.name, t.digest FROM json_each('[".sig", ".att", ".sbom"]') ending
       CROSS JOIN tags t ON t.repository_id = ${REPOSITORY} AND t.name = ${referrersTagOf(self)} || ending.value`,
    needs: `SELECT f.digest, b.size AS blob_size, b.damage AS blob_damage, c.size AS manifest_size, c.damage AS manifest_damage,
       c.content_size - c.size AS content_size, ${sharedWith(self)} AS shared_with
     FROM manifest_references f
       LEFT JOIN repository_blobs rb ON rb.repository_id = f.repository_id AND rb.digest = f.digest
       LEFT JOIN blobs b ON b.digest = rb.digest
       LEFT JOIN manifests c ON c.repository_id = f.repository_id AND c.digest = f.digest
     WHERE f.manifest_id = (SELECT m.id FROM ${by}) LIMIT ${NEEDS}`,
    attestations: attestationsOf(by, self),
  };
}

const REPORTS = { digest: reportOf(BY_DIGEST), tag: reportOf(BY_TAG) };

/** Reports manifests with everything around them, in one round trip. */
export function d1ManifestReports(db: D1Database): ManifestReports {
  return {
    async find(grant: Grant, reference: Reference) {
      const report = REPORTS["tag" in reference ? "tag" : "digest"];
      const { results } = await runGated(db, grant, sharing({ reference: referenceText(reference) }, report));
      return reportFromResults(results);
    },
  };
}

function reportFromResults(results: Results<ReturnType<typeof reportOf>>): ManifestReport | null {
  const row = firstRow(reportRow, results.manifest);
  if (row === null) return null;
  const names = rows(nameRow, results.tags).map(({ name }) => name);
  return {
    stored: manifestFromRow(row),
    damage: row.damage,
    artifactType: row.artifact_type,
    subject: row.subject === null ? null : requireDigest(row.subject),
    annotations: row.annotations === null ? null : annotationsSchema.parse(JSON.parse(row.annotations)),
    platforms: row.platforms,
    contentSize: row.content_size,
    tags: names.slice(0, TAGS),
    hasMoreTags: names.length > TAGS,
    usedBy: rows(parentRow, results.parents).map(({ digest, media_type: mediaType, tags }) => ({
      digest: requireDigest(digest),
      mediaType,
      tags,
    })),
    attached: rows(attachedRow, results.attached).map(({ name, digest }) => ({
      tag: name,
      digest: requireDigest(digest),
    })),
    needs: rows(needRow, results.needs).map(neededFromRow),
    attestations: rows(attestationRow, results.attestations).map((one) => ({
      digest: requireDigest(one.digest),
      subject: one.subject,
      platform: platformName(one.platform),
      predicateTypes: one.predicate_types ?? [],
    })),
    pushedAt: row.created_at,
    pulledAt: row.pulled_at,
  };
}

/** Reads a row of needed content. An index's child is a manifest if there is one with its digest; otherwise it may be a blob. */
function neededFromRow(row: z.infer<typeof needRow>): NeededContent {
  const common = { digest: requireDigest(row.digest), sharedWith: row.shared_with };
  if (row.manifest_size !== null) {
    const { manifest_size: size, content_size: contentSize, manifest_damage: found } = row;
    return { ...common, kind: "manifest", size, contentSize, damage: found };
  }
  const kind = row.blob_size === null ? null : "blob";
  return { ...common, kind, size: row.blob_size, contentSize: null, damage: row.blob_damage };
}
