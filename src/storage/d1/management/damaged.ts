import { z } from "zod";
import { pageOf } from "../../../oci/page.ts";
import { DAMAGES } from "../../../registry/damage.ts";
import { CONTENT_KINDS, type DamagedContent, type DamageList } from "../../../management/stores.ts";
import { listWithin, textsColumn } from "../rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "./spaces.ts";

/** What one entry says of tags is to show where to push again, not to be complete. */
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

/** JSON list of tags that need the digest, by the manifests that refer to it, and the indexes that refer to them. */
const TAGS_NEEDING = (repository: string, digest: string): string => `(
  WITH RECURSIVE needing (digest) AS (
    SELECT ${digest}
    UNION SELECT m.digest FROM needing found
      CROSS JOIN manifest_references f ON f.repository_id = ${repository} AND f.digest = found.digest
      CROSS JOIN manifests m ON m.id = f.manifest_id
    LIMIT ${NEEDING})
  SELECT json_group_array(found.name) FROM (
    SELECT t.name FROM needing found CROSS JOIN tags t ON t.repository_id = ${repository} AND t.digest = found.digest
    LIMIT ${TAGS}) found)`;

const LIVE = `r.space_id = ${LIVE_SPACE} AND r.deleted_at IS NULL`;

/** The space's repositories in whose content something is quarantined, ordered by digest: after ?2 digest, ?3 repository, ?4 kind. */
const LIST = `
  SELECT 'blob' AS kind, b.digest, r.id AS repository_id, ?1 || '/' || r.path AS repository, b.size, b.damage, b.quarantined_at,
    ${TAGS_NEEDING("r.id", "b.digest")} AS tags
  FROM blobs b INDEXED BY blobs_quarantined
    CROSS JOIN repository_blobs rb ON rb.digest = b.digest CROSS JOIN repositories r ON r.id = rb.repository_id
  WHERE b.quarantined_at IS NOT NULL AND b.digest >= ?2 AND (b.digest, rb.repository_id, 'blob') > (?2, ?3, ?4) AND ${LIVE}
  UNION ALL
  SELECT 'manifest', m.digest, r.id, ?1 || '/' || r.path, m.size, m.damage, m.quarantined_at,
    ${TAGS_NEEDING("r.id", "m.digest")}
  FROM manifests m INDEXED BY manifests_quarantined CROSS JOIN repositories r ON r.id = m.repository_id
  WHERE m.quarantined_at IS NOT NULL AND m.digest >= ?2 AND (m.digest, m.repository_id, 'manifest') > (?2, ?3, ?4) AND ${LIVE}
  ORDER BY digest, repository_id, kind LIMIT ?5`;

/** What is quarantined, as the management API shows it. */
export function d1Damaged(db: D1Database): DamageList {
  return {
    async list({ space }, { limit, last }) {
      const damaged = await listWithin(
        db,
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(LIST).bind(space, ...parsePosition(last), limit + 1),
        damagedRow,
      );
      return damaged && pageOf(damaged.map(damagedFromRow), limit);
    },
  };
}

/** Digest, repository and kind of the last entry. Any text is taken: what is none leads somewhere, as elsewhere. */
function parsePosition(last: string | null): readonly [string, number, string] {
  const [digest = "", repository = "0", kind = ""] = (last ?? "").split("/");
  return [digest, Number.parseInt(repository, 10) || 0, kind];
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
