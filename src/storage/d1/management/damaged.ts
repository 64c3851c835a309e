import * as z from "zod";
import { pageOf } from "../../../oci/page.ts";
import { DAMAGES } from "../../../registry/damage.ts";
import { CONTENT_KINDS, type DamagedContent, type DamageList } from "../../../management/stores.ts";
import { rows, textsColumn } from "../rows.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import type { Values } from "../statement.ts";

/** The most manifests to look at for the tags of an entry. Tags show where to push again, so the list need not be complete. */
const NEEDING = 100;
const TAGS = 10;

const damagedRow = z.object({
  kind: z.enum(CONTENT_KINDS),
  digest: z.string(),
  repository_id: z.int(),
  repository: z.string(),
  size: z.int(),
  damage: z.enum(DAMAGES),
  quarantined_at: z.int(),
  tags: textsColumn,
});

/** Returns a JSON list of tags that need the digest, through the manifests that refer to it and the indexes that refer to those. */
const tagsNeeding = (repository: string, digest: string): string => `(
  WITH RECURSIVE needing (digest) AS (
    SELECT ${digest}
    UNION SELECT m.digest FROM needing found
      CROSS JOIN manifest_references f ON f.repository_id = ${repository} AND f.digest = found.digest
      CROSS JOIN manifests m ON m.id = f.manifest_id
    LIMIT ${NEEDING})
  SELECT json_group_array(found.name) FROM (
    SELECT t.name FROM needing found CROSS JOIN tags t ON t.repository_id = ${repository} AND t.digest = found.digest
    LIMIT ${TAGS}) found)`;

const LIVE = `r.space_id = ${SPACE} AND r.deleted_at IS NULL`;

/** Lists quarantined content of the space's repositories, ordered by digest: after `:digest`, `:repository` and `:kind`. */
const LIST = `
  SELECT 'blob' AS kind, b.digest, r.id AS repository_id, :space || '/' || r.path AS repository, b.size, b.damage, b.quarantined_at,
    ${tagsNeeding("r.id", "b.digest")} AS tags
  FROM blobs b INDEXED BY blobs_quarantined
    CROSS JOIN repository_blobs rb ON rb.digest = b.digest CROSS JOIN repositories r ON r.id = rb.repository_id
  WHERE b.quarantined_at IS NOT NULL AND b.digest >= :digest AND (b.digest, rb.repository_id, 'blob') > (:digest, :repository, :kind) AND ${LIVE}
  UNION ALL
  SELECT 'manifest', m.digest, r.id, :space || '/' || r.path, m.size, m.damage, m.quarantined_at,
    ${tagsNeeding("r.id", "m.digest")}
  FROM manifests m INDEXED BY manifests_quarantined CROSS JOIN repositories r ON r.id = m.repository_id
  WHERE m.quarantined_at IS NOT NULL AND m.digest >= :digest AND (m.digest, m.repository_id, 'manifest') > (:digest, :repository, :kind) AND ${LIVE}
  ORDER BY digest, repository_id, kind LIMIT :limit`;

/** Lists quarantined content, as the management API shows it. */
export function d1Damaged(db: D1Database): DamageList {
  return {
    async list(grant, { limit, last }) {
      const values = { ...parsePosition(last), limit: limit + 1 };
      const { damaged } = await runInSpace(db, grant, { damaged: { sql: LIST, values } });
      return pageOf(rows(damagedRow, damaged).map(damagedFromRow), limit);
    },
  };
}

/** Reads the digest, repository and kind of the last entry. It takes any text: one that names no entry is a position all the same. */
function parsePosition(last: string | null): Values {
  const [digest = "", repository = "0", kind = ""] = (last ?? "").split("/");
  return { digest, repository: Number.parseInt(repository, 10) || 0, kind };
}

function damagedFromRow(row: z.infer<typeof damagedRow>): DamagedContent {
  const { kind, digest, repository, size, damage } = row;
  return {
    position: `${digest}/${row.repository_id}/${kind}`,
    kind,
    digest,
    repository,
    size,
    damage,
    since: row.quarantined_at,
    tags: row.tags,
  };
}
