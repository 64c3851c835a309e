import { z } from "zod";
import { pageOf } from "../../../oci/page.ts";
import type { Collectable, StorageReports, Stored, StoredInRepository } from "../../../management/storage-report.ts";
import { firstRow, isEmpty, rows } from "../rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "./spaces.ts";

/** Links that one look at what may be collected reads at most. */
const WINDOW = 5000;

/** Of a link: collection takes it, though not while a manifest in the trash needs it. */
const unneeded = (link: string): string => `NOT EXISTS (
  SELECT 1 FROM manifest_references f WHERE f.repository_id = ${link}.repository_id AND f.digest = ${link}.digest)`;

const LINKS = "repositories r JOIN repository_blobs rb ON rb.repository_id = r.id";

/** Two walks over the links: one alone would look for what needs each of them in the order of digests, which is slower. */
const TOTAL = `
  SELECT s.bytes,
    (SELECT COALESCE(SUM(links * b.size), 0) FROM (
      SELECT rb.digest, COUNT(*) AS links FROM ${LINKS}
      WHERE r.space_id = s.id AND r.deleted_at IS NULL GROUP BY rb.digest HAVING COUNT(*) > 1) found
      JOIN blobs b ON b.digest = found.digest) AS shared,
    (SELECT COALESCE(SUM(b.size), 0) FROM ${LINKS} JOIN blobs b ON b.digest = rb.digest
      WHERE r.space_id = s.id AND r.deleted_at IS NULL AND ${unneeded("rb")}) AS reclaimable
  FROM spaces s WHERE s.name = ?1 AND s.deleted_at IS NULL`;

const SHARED = `EXISTS (
  SELECT 1 FROM repository_blobs o JOIN repositories p ON p.id = o.repository_id
  WHERE o.digest = rb.digest AND o.repository_id <> rb.repository_id AND p.space_id = found.space_id AND p.deleted_at IS NULL)`;

const BY_REPOSITORY = `
  SELECT found.path, found.bytes, COALESCE(SUM(IIF(${SHARED}, b.size, 0)), 0) AS shared,
    COALESCE(SUM(IIF(${unneeded("rb")}, b.size, 0)), 0) AS reclaimable
  FROM (
    SELECT id, space_id, path, bytes FROM repositories
    WHERE space_id = ${LIVE_SPACE} AND path > ?2 AND deleted_at IS NULL ORDER BY path LIMIT ?3) found
    LEFT JOIN repository_blobs rb ON rb.repository_id = found.id LEFT JOIN blobs b ON b.digest = rb.digest
  GROUP BY found.path`;

/** Deleted repositories that still have something, and the links of the others, after the repository ?2 and its digest ?3. */
const CANDIDATES = `
  SELECT r.id AS repository_id, r.path, rb.digest, IIF(rb.digest IS NULL, r.bytes, NULL) AS bytes,
    COALESCE(r.deleted_at, rb.marked_at) AS since
  FROM repositories r
    LEFT JOIN repository_blobs rb ON r.deleted_at IS NULL AND rb.repository_id = r.id AND rb.digest > IIF(r.id = ?2, ?3, '')
  WHERE r.space_id = ${LIVE_SPACE} AND r.id >= ?2
    AND (rb.digest IS NOT NULL OR (r.deleted_at IS NOT NULL AND r.purged_at IS NULL AND r.id > ?2))
  ORDER BY r.id, rb.digest`;

const COLLECTABLE = `
  SELECT found.repository_id, found.path, found.digest, COALESCE(found.bytes, b.size) AS bytes, found.since,
    (SELECT MAX(d.deleted_at) FROM deleted_references f JOIN deleted_manifests d ON d.id = f.manifest_id
      WHERE f.repository_id = found.repository_id AND f.digest = found.digest) AS trashed_at
  FROM (${CANDIDATES} LIMIT ${WINDOW}) found LEFT JOIN blobs b ON b.digest = found.digest
  WHERE found.digest IS NULL OR ${unneeded("found")} LIMIT ?4`;

/** The last candidate of a window that is full. */
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

/** Milliseconds that collection leaves things alone. */
interface Keeping {
  readonly grace: number;
  readonly keepDeleted: number;
}

/** What spaces store, and what collection would take of it. */
export function d1StorageReports(db: D1Database, keeping: Keeping): StorageReports {
  return {
    async total({ space }) {
      const row = firstRow(storedRow, await db.prepare(TOTAL).bind(space).all());
      return row && storedFromRow(row);
    },

    async byRepository({ space }, { limit, last }) {
      const [found, repositories] = await db.batch([
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(BY_REPOSITORY).bind(space, last ?? "", limit + 1),
      ]);
      if (isEmpty(found)) return null;
      return pageOf(rows(repositoryRow, repositories).map(repositoryFromRow), limit);
    },

    async collectable({ space }, { limit, last }) {
      const after = parsePosition(last);
      const [found, collectable, windowEnd] = await db.batch([
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(COLLECTABLE).bind(space, ...after, limit + 1),
        db.prepare(WINDOW_END).bind(space, ...after),
      ]);
      if (isEmpty(found)) return null;
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

/** Text that is no position is before all of them. */
function parsePosition(position: string | null): readonly [number, string] {
  const [, id = "0", digest = ""] = /^(\d{1,15}):(.*)$/.exec(position ?? "") ?? [];
  return [Number(id), digest];
}
