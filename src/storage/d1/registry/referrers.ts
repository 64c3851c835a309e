import * as z from "zod";
import { annotationsSchema } from "../../../oci/annotations.ts";
import { requireDigest } from "../../../oci/digest.ts";
import type { ManifestStore, Referrer } from "../../../registry/stores.ts";
import { REPOSITORY, runGated } from "../gate.ts";
import { rows } from "../rows.ts";

/** Compares artifact types. An unescaped `+` in a query is read as a blank, so one counts as the other. */
const OF_TYPE = "(:artifactType IS NULL OR replace(m.artifact_type, '+', ' ') = replace(:artifactType, '+', ' '))";

/** Lists referrers. A page ends early if its manifests have more than 4 MiB together, since annotations may be most of a manifest. */
const REFERRERS = `
  SELECT digest, media_type, size, artifact_type, annotations, key, available FROM (
    SELECT found.*, COUNT(*) OVER () AS available,
      SUM(size) OVER (ORDER BY digest ROWS UNBOUNDED PRECEDING) - size AS before
    FROM (
      SELECT m.digest, m.media_type, m.size, m.artifact_type, m.annotations, m.key FROM manifests m
      WHERE m.repository_id = ${REPOSITORY} AND m.subject = :subject AND m.digest > :last
        AND ${OF_TYPE}
      ORDER BY m.digest LIMIT :limit) found)
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

/** Lists referrers, in D1. */
export function listReferrers(db: D1Database): Pick<ManifestStore, "referrers"> {
  return {
    async referrers(grant, subject, artifactType, { limit, last }) {
      const { results } = await runGated(db, grant, {
        referrers: { sql: REFERRERS, values: { subject, last: last ?? "", artifactType, limit: limit + 1 } },
      });
      const found = rows(referrerRow, results.referrers).toSorted((left, right) =>
        left.digest < right.digest ? -1 : 1,
      );
      const entries = found.slice(0, limit).map(referrerFromRow);
      return { entries, more: limit > 0 && (found[0]?.available ?? 0) > entries.length };
    },
  };
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
