import * as z from "zod";
import { pageOf } from "../../../oci/page.ts";
import type { Collectable, StorageReports, Stored, StoredInRepository } from "../../../management/storage-report.ts";
import { firstRow, requireRow, rows } from "../rows.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import type { Values } from "../statement.ts";

/** The most links that one look at collectable content reads. */
const WINDOW = 5000;

/** True for a link that collection takes, unless a manifest in the trash needs it. */
const unneeded = (link: string): string => `NOT EXISTS (
  SELECT 1 FROM manifest_references f WHERE f.repository_id = ${link}.repository_id AND f.digest = ${link}.digest)`;

const LINKS = "repositories r JOIN repository_blobs rb ON rb.repository_id = r.id";

/**
 * Adds up a space's storage. It walks over the links twice: a single walk would look for the manifests
 * that need each link in the order of digests, which is slower.
 */
const TOTAL = `
  SELECT s.bytes,
    (SELECT COALESCE(SUM(links * b.size), 0) FROM (
      SELECT rb.digest, COUNT(*) AS links FROM ${LINKS}
      WHERE r.space_id = s.id AND r.deleted_at IS NULL GROUP BY rb.digest HAVING COUNT(*) > 1) found
      JOIN blobs b ON b.digest = found.digest) AS shared,
    (SELECT COALESCE(SUM(b.size), 0) FROM ${LINKS} JOIN blobs b ON b.digest = rb.digest
      WHERE r.space_id = s.id AND r.deleted_at IS NULL AND ${unneeded("rb")}) AS reclaimable
  FROM spaces s WHERE s.id = ${SPACE}`;

const SHARED = `EXISTS (
  SELECT 1 FROM repository_blobs o JOIN repositories p ON p.id = o.repository_id
  WHERE o.digest = rb.digest AND o.repository_id <> rb.repository_id AND p.space_id = found.space_id AND p.deleted_at IS NULL)`;

const BY_REPOSITORY = `
  SELECT found.path, found.bytes, COALESCE(SUM(IIF(${SHARED}, b.size, 0)), 0) AS shared,
    COALESCE(SUM(IIF(${unneeded("rb")}, b.size, 0)), 0) AS reclaimable
  FROM (
    SELECT id, space_id, path, bytes FROM repositories
    WHERE space_id = ${SPACE} AND path > :after AND deleted_at IS NULL ORDER BY path LIMIT :limit) found
    LEFT JOIN repository_blobs rb ON rb.repository_id = found.id LEFT JOIN blobs b ON b.digest = rb.digest
  GROUP BY found.path`;

/** Lists deleted repositories that still have content, and the links of the others, after the `:repository` and its `:digest`. */
const CANDIDATES = `
  SELECT r.id AS repository_id, r.path, rb.digest, IIF(rb.digest IS NULL, r.bytes, NULL) AS bytes,
    COALESCE(r.deleted_at, rb.marked_at) AS since
  FROM repositories r
    LEFT JOIN repository_blobs rb ON r.deleted_at IS NULL AND rb.repository_id = r.id AND rb.digest > IIF(r.id = :repository, :digest, '')
  WHERE r.space_id = ${SPACE} AND r.id >= :repository
    AND (rb.digest IS NOT NULL OR (r.deleted_at IS NOT NULL AND r.purged_at IS NULL AND r.id > :repository))
  ORDER BY r.id, rb.digest`;

const COLLECTABLE = `
  SELECT found.repository_id, found.path, found.digest, COALESCE(found.bytes, b.size) AS bytes, found.since,
    (SELECT MAX(d.deleted_at) FROM deleted_references f JOIN deleted_manifests d ON d.id = f.manifest_id
      WHERE f.repository_id = found.repository_id AND f.digest = found.digest) AS trashed_at
  FROM (${CANDIDATES} LIMIT ${WINDOW}) found LEFT JOIN blobs b ON b.digest = found.digest
  WHERE found.digest IS NULL OR ${unneeded("found")} LIMIT :limit`;

/** Finds the last candidate of a full window. */
const WINDOW_END = `SELECT repository_id, digest FROM (${CANDIDATES} LIMIT 1 OFFSET ${WINDOW - 1})`;

const storedRow = z.object({ bytes: z.int(), shared: z.int(), reclaimable: z.int() });
const repositoryRow = storedRow.extend({ path: z.string() });
const candidateRow = z.object({ repository_id: z.int(), digest: z.string().nullable() });
const collectableRow = candidateRow.extend({
  path: z.string(),
  bytes: z.int(),
  since: z.int().nullable(),
  trashed_at: z.int().nullable(),
});

/** Milliseconds for which collection leaves content alone. */
interface Keeping {
  readonly grace: number;
  readonly keepDeleted: number;
}

/** Reports the storage of spaces, and the part of it that collection would take. */
export function d1StorageReports(db: D1Database, keeping: Keeping): StorageReports {
  return {
    async total(grant) {
      const { total } = await runInSpace(db, grant, { total: { sql: TOTAL, values: {} } });
      return storedFromRow(requireRow(storedRow, total));
    },

    async byRepository(grant, { limit, last }) {
      const values = { after: last ?? "", limit: limit + 1 };
      const { repositories } = await runInSpace(db, grant, { repositories: { sql: BY_REPOSITORY, values } });
      return pageOf(rows(repositoryRow, repositories).map(repositoryFromRow), limit);
    },

    async collectable(grant, { limit, last }) {
      const after = parsePosition(last);
      const { collectable, windowEnd } = await runInSpace(db, grant, {
        collectable: { sql: COLLECTABLE, values: { ...after, limit: limit + 1 } },
        windowEnd: { sql: WINDOW_END, values: after },
      });
      const { entries, more } = pageOf(
        rows(collectableRow, collectable).map((row) => collectableFromRow(row, keeping)),
        limit,
      );
      const end = firstRow(candidateRow, windowEnd);
      return { entries, next: more ? (entries.at(-1)?.position ?? null) : end && positionOf(end) };
    },
  };
}

function storedFromRow({ bytes, shared, reclaimable }: z.infer<typeof storedRow>): Stored {
  return { bytes, sharedBytes: shared, reclaimableBytes: reclaimable };
}

function repositoryFromRow(row: z.infer<typeof repositoryRow>): StoredInRepository {
  return { path: row.path, ...storedFromRow(row) };
}

function collectableFromRow(row: z.infer<typeof collectableRow>, keeping: Keeping): Collectable {
  const { path, digest, bytes } = row;
  return { path, digest, bytes, keptUntil: keptUntil(row, keeping), position: positionOf(row) };
}

function keptUntil(
  { digest, since, trashed_at: trashedAt }: z.infer<typeof collectableRow>,
  { grace, keepDeleted }: Keeping,
): number | null {
  // Its grace begins when the manifest that needed it leaves the trash.
  if (trashedAt !== null) return trashedAt + keepDeleted + grace;
  if (since === null) return null;
  return since + (digest === null ? keepDeleted : grace);
}

function positionOf({ repository_id: id, digest }: z.infer<typeof candidateRow>): string {
  return `${id}:${digest ?? ""}`;
}

/** Reads a position; text that is none is before all positions. */
function parsePosition(position: string | null): Values {
  const [, id = "0", digest = ""] = /^(\d{1,15}):(.*)$/.exec(position ?? "") ?? [];
  return { repository: Number(id), digest };
}
