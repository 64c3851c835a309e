import type { Grant } from "../../../auth/grant.ts";
import type { Digest } from "../../../oci/digest.ts";
import { DAMAGES, type Damaged } from "../../../registry/damage.ts";
import type { BlobStore, DeletionOutcome, StoredBlob } from "../../../registry/stores.ts";
import { z } from "zod";
import { requireRepositoryName } from "../../../oci/name.ts";
import { parseRights } from "./credentials.ts";
import { type GatedStatement, REPOSITORY, runGated, runGatedPush, runWithUsage } from "../gate.ts";
import { closeUpload, openUpload } from "./open-uploads.ts";
import { type D1Reader, isUndisturbed, readReplicaFirst } from "../reader.ts";
import { firstRow, isEmpty, rows } from "../rows.ts";

const blobRow = z.object({
  key: z.string(),
  size: z.int(),
  damage: z.enum(DAMAGES).nullable(),
  marked_at: z.int().nullable(),
});
const rightsRow = z.object({ space: z.string(), actions: z.string(), repositories: z.string() });
const nameRow = z.object({ name: z.string() });

const FIND_BLOB = `
  SELECT b.key, b.size, b.damage, rb.marked_at FROM repository_blobs rb JOIN blobs b ON b.digest = rb.digest
  WHERE rb.repository_id = ${REPOSITORY} AND rb.digest = ?8`;
const FIND_WHOLE = `${FIND_BLOB} AND b.quarantined_at IS NULL`;

const MAY_POINT_TO_KEY = `${REPOSITORY} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM condemned c WHERE c.key = ?9)`;

/** What the new bytes take the place of is collected. */
const CONDEMN_DAMAGED = `
  INSERT INTO condemned (key, condemned_at)
  SELECT b.key, ?6 FROM blobs b
  WHERE b.digest = ?8 AND b.quarantined_at IS NOT NULL AND b.key <> ?9 AND ${MAY_POINT_TO_KEY}
  ON CONFLICT (key) DO NOTHING`;

/** A repeated upload may bring the damaged bytes themselves: these mend nothing. */
const INSERT_BLOB = `
  INSERT INTO blobs (digest, key, size, created_at)
  SELECT ?8, ?9, ?10, ?6 WHERE ${MAY_POINT_TO_KEY}
  ON CONFLICT (digest) DO UPDATE SET key = excluded.key, size = excluded.size, quarantined_at = NULL, damage = NULL
    WHERE blobs.quarantined_at IS NOT NULL AND blobs.key <> excluded.key`;

/** A link that is there already is touched, and no longer marked for collection. */
const TOUCH = "ON CONFLICT (repository_id, digest) DO UPDATE SET touched_at = excluded.touched_at, marked_at = NULL";

const LINK_BLOB = `
  INSERT INTO repository_blobs (repository_id, digest, touched_at)
  SELECT repository_id, ?8, ?6 FROM (SELECT ${REPOSITORY} AS repository_id)
  WHERE repository_id IS NOT NULL AND EXISTS (SELECT 1 FROM blobs b WHERE b.digest = ?8 AND b.quarantined_at IS NULL)
  ${TOUCH}`;

/** Who asks for a blob that is marked may be about to push a manifest that needs it. */
const UNMARK = `
  UPDATE repository_blobs SET touched_at = ?6, marked_at = NULL WHERE repository_id = ${REPOSITORY} AND digest = ?8`;

const LINK_FROM = `
  INSERT INTO repository_blobs (repository_id, digest, touched_at)
  SELECT repository_id, ?8, ?6 FROM (SELECT ${REPOSITORY} AS repository_id)
  WHERE repository_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM spaces s JOIN repositories r ON r.space_id = s.id AND r.path = ?10 AND r.deleted_at IS NULL
      JOIN repository_blobs rb ON rb.repository_id = r.id AND rb.digest = ?8
      JOIN blobs b ON b.digest = rb.digest AND b.quarantined_at IS NULL
    WHERE s.name = ?9 AND s.deleted_at IS NULL)
  ${TOUCH}`;

const HOLDERS = `
  SELECT s.name || '/' || r.path AS name
  FROM repository_blobs rb JOIN repositories r ON r.id = rb.repository_id AND r.deleted_at IS NULL
    JOIN spaces s ON s.id = r.space_id AND s.name = ?1 AND s.deleted_at IS NULL
  WHERE rb.digest = ?8 LIMIT ?9`;

/** What the grant's own credential permits, whatever the token that stands for it names. */
const GRANT_RIGHTS = `
  SELECT s.name AS space, t.actions, t.repositories FROM tokens t JOIN spaces s ON s.id = t.space_id
  WHERE t.id = ?5 AND ?7 = 0`;

const UNLINK_BLOB = `
  DELETE FROM repository_blobs WHERE repository_id = ${REPOSITORY} AND digest = ?8
    AND NOT EXISTS (SELECT 1 FROM manifest_references f WHERE f.repository_id = repository_blobs.repository_id AND f.digest = ?8)`;

/** From what is quarantined, which is little, to the links. */
const DAMAGED = `
  SELECT 1 FROM blobs b INDEXED BY blobs_quarantined
    CROSS JOIN repository_blobs rb ON rb.repository_id = ${REPOSITORY} AND rb.digest = b.digest
  WHERE b.quarantined_at IS NOT NULL LIMIT 1`;

function blobFromRow(digest: Digest, row: z.infer<typeof blobRow> | null): StoredBlob | Damaged | null {
  if (row === null) return null;
  return row.damage === null ? { digest, key: row.key, size: row.size } : { digest, damage: row.damage };
}

/** Links in D1 between repositories and the bytes in R2. @param replica see {@link readReplicaFirst}. */
export function d1Blobs(db: D1Database, replica: D1Reader | null): BlobStore {
  async function look(grant: Grant, digest: Digest): Promise<StoredBlob | Damaged | null> {
    const { results } = await runGated(db, grant, [{ sql: FIND_BLOB, values: [digest] }]);
    return blobFromRow(digest, firstRow(blobRow, results[0]));
  }

  async function find(first: D1Reader | null, grant: Grant, digest: Digest): Promise<StoredBlob | Damaged | null> {
    const found: GatedStatement = { sql: FIND_BLOB, values: [digest] };
    const read = async (from: D1Reader): Promise<z.infer<typeof blobRow> | null> =>
      firstRow(blobRow, (await runGated(from, grant, [found])).results[0]);
    const row = await readReplicaFirst(db, first, read, isUndisturbed);
    if (row === null || row.marked_at === null) return blobFromRow(digest, row);
    const again = await runGated(db, grant, [{ sql: UNMARK, values: [digest] }, found]);
    return blobFromRow(digest, firstRow(blobRow, again.results[1]));
  }

  return {
    look,
    find: (grant, digest) => find(null, grant, digest),
    findToRead: (grant, digest) => find(replica, grant, digest),

    async confirm(grant, session) {
      const open = session === null ? [] : [openUpload(session)];
      const { facts, results, usage } = await runWithUsage(db, grant, [{ sql: DAMAGED }, ...open]);
      const opened = (results[1]?.meta.changes ?? 0) > 0;
      // A grant to push names the space, so the confirmation has already compared it.
      const { spaceId, repositoryId } = facts;
      return { spaceId: spaceId ?? 0, repositoryId, opened, hasDamage: !isEmpty(results[0]), usage };
    },

    async link(grant, { digest, key, size }, session) {
      const { results, usage } = await runGatedPush(db, grant, [
        { sql: CONDEMN_DAMAGED, values: [digest, key] },
        { sql: INSERT_BLOB, values: [digest, key, size] },
        { sql: LINK_BLOB, values: [digest] },
        { sql: FIND_WHOLE, values: [digest] },
        ...(session === null ? [] : [closeUpload(session)]),
      ]);
      const mends = (results[0]?.meta.changes ?? 0) > 0;
      return { key: firstRow(blobRow, results[3])?.key ?? null, mends, usage };
    },

    async canMount(target, source, digest) {
      const link: GatedStatement = { sql: FIND_BLOB, values: [digest], grant: source };
      const { results } = await runGated(db, target, [link]);
      return !isEmpty(results[0]);
    },

    async holders(grant, digest, limit) {
      const { results } = await runGated(db, grant, [{ sql: HOLDERS, values: [digest, limit] }, { sql: GRANT_RIGHTS }]);
      const row = firstRow(rightsRow, results[1]);
      return {
        names: rows(nameRow, results[0]).map(({ name }) => requireRepositoryName(name)),
        rights: row && { space: row.space, ...parseRights(row) },
      };
    },

    async linkFrom(target, source, digest) {
      const { results } = await runGatedPush(db, target, [
        { sql: LINK_FROM, values: [digest, source.space, source.path] },
      ]);
      return (results[0]?.meta.changes ?? 0) > 0;
    },

    async unlink(grant, digest): Promise<DeletionOutcome> {
      const values = [digest];
      const { results } = await runGated(db, grant, [
        { sql: FIND_BLOB, values },
        { sql: UNLINK_BLOB, values },
        { sql: FIND_BLOB, values },
      ]);
      if (isEmpty(results[0])) return "absent";
      return isEmpty(results[2]) ? "deleted" : "referenced";
    },
  };
}
