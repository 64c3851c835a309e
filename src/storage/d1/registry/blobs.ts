import type { Grant } from "../../../auth/grant.ts";
import type { Digest } from "../../../oci/digest.ts";
import { DAMAGES, type Damaged } from "../../../registry/damage.ts";
import type { BlobStore, DeletionOutcome, StoredBlob } from "../../../registry/stores.ts";
import * as z from "zod";
import { requireRepositoryName } from "../../../oci/name.ts";
import { parseRights } from "./credentials.ts";
import { REPOSITORY, runGated, runGatedPush, runWithUsage } from "../gate.ts";
import { closeUpload, openUpload } from "./open-uploads.ts";
import { type D1Reader, isUndisturbed, readReplicaFirst } from "../reader.ts";
import { firstRow, isEmpty, rows } from "../rows.ts";
import { hasWritten, sharing } from "../statement.ts";

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
  WHERE rb.repository_id = ${REPOSITORY} AND rb.digest = :digest`;
const FIND_WHOLE = `${FIND_BLOB} AND b.quarantined_at IS NULL`;

const MAY_POINT_TO_KEY = `${REPOSITORY} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM condemned c WHERE c.key = :key)`;

/** Condemns the damaged bytes that the new ones replace. */
const CONDEMN_DAMAGED = `
  INSERT INTO condemned (key, condemned_at)
  SELECT b.key, :now FROM blobs b
  WHERE b.digest = :digest AND b.quarantined_at IS NOT NULL AND b.key <> :key AND ${MAY_POINT_TO_KEY}
  ON CONFLICT (key) DO NOTHING`;

/** Inserts a blob. A repeated upload may bring the damaged bytes again, which mend nothing. */
const INSERT_BLOB = `
  INSERT INTO blobs (digest, key, size, created_at)
  SELECT :digest, :key, :size, :now WHERE ${MAY_POINT_TO_KEY}
  ON CONFLICT (digest) DO UPDATE SET key = excluded.key, size = excluded.size, quarantined_at = NULL, damage = NULL
    WHERE blobs.quarantined_at IS NOT NULL AND blobs.key <> excluded.key`;

/** Touches a link that is there already, and unmarks it for collection. */
const TOUCH = "ON CONFLICT (repository_id, digest) DO UPDATE SET touched_at = excluded.touched_at, marked_at = NULL";

const LINK_BLOB = `
  INSERT INTO repository_blobs (repository_id, digest, touched_at)
  SELECT repository_id, :digest, :now FROM (SELECT ${REPOSITORY} AS repository_id)
  WHERE repository_id IS NOT NULL AND EXISTS (SELECT 1 FROM blobs b WHERE b.digest = :digest AND b.quarantined_at IS NULL)
  ${TOUCH}`;

/** Unmarks a blob: a client that asks for a marked one may be about to push a manifest that needs it. */
const UNMARK = `
  UPDATE repository_blobs SET touched_at = :now, marked_at = NULL WHERE repository_id = ${REPOSITORY} AND digest = :digest`;

const LINK_FROM = `
  INSERT INTO repository_blobs (repository_id, digest, touched_at)
  SELECT repository_id, :digest, :now FROM (SELECT ${REPOSITORY} AS repository_id)
  WHERE repository_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM spaces s JOIN repositories r ON r.space_id = s.id AND r.path = :sourcePath AND r.deleted_at IS NULL
      JOIN repository_blobs rb ON rb.repository_id = r.id AND rb.digest = :digest
      JOIN blobs b ON b.digest = rb.digest AND b.quarantined_at IS NULL
    WHERE s.name = :sourceSpace AND s.deleted_at IS NULL)
  ${TOUCH}`;

const HOLDERS = `
  SELECT s.name || '/' || r.path AS name
  FROM repository_blobs rb JOIN repositories r ON r.id = rb.repository_id AND r.deleted_at IS NULL
    JOIN spaces s ON s.id = r.space_id AND s.name = :space AND s.deleted_at IS NULL
  WHERE rb.digest = :digest LIMIT :limit`;

/** The rights of the grant's own credential; the client's token may carry only a part of them. */
const GRANT_RIGHTS = `
  SELECT s.name AS space, t.actions, t.repositories FROM tokens t JOIN spaces s ON s.id = t.space_id
  WHERE t.id = :credentialId AND :publicOnly = 0`;

const UNLINK_BLOB = `
  DELETE FROM repository_blobs WHERE repository_id = ${REPOSITORY} AND digest = :digest
    AND NOT EXISTS (SELECT 1 FROM manifest_references f WHERE f.repository_id = repository_blobs.repository_id AND f.digest = :digest)`;

/** True if the repository links a quarantined blob. There are few of these, so the query begins with them. */
const DAMAGED = `
  SELECT 1 FROM blobs b INDEXED BY blobs_quarantined
    CROSS JOIN repository_blobs rb ON rb.repository_id = ${REPOSITORY} AND rb.digest = b.digest
  WHERE b.quarantined_at IS NOT NULL LIMIT 1`;

function blobFromRow(digest: Digest, row: z.infer<typeof blobRow> | null): StoredBlob | Damaged | null {
  if (row === null) return null;
  return row.damage === null ? { digest, key: row.key, size: row.size } : { digest, damage: row.damage };
}

/** Stores links in D1 between repositories and the bytes in R2. @param replica see {@link readReplicaFirst} */
export function d1Blobs(db: D1Database, replica: D1Reader | null): BlobStore {
  async function look(grant: Grant, digest: Digest): Promise<StoredBlob | Damaged | null> {
    const { results } = await runGated(db, grant, { blob: { sql: FIND_BLOB, values: { digest } } });
    return blobFromRow(digest, firstRow(blobRow, results.blob));
  }

  async function find(first: D1Reader | null, grant: Grant, digest: Digest): Promise<StoredBlob | Damaged | null> {
    const read = async (from: D1Reader): Promise<z.infer<typeof blobRow> | null> => {
      const { results } = await runGated(from, grant, { blob: { sql: FIND_BLOB, values: { digest } } });
      return firstRow(blobRow, results.blob);
    };
    const row = await readReplicaFirst(db, first, read, isUndisturbed);
    if (row === null || row.marked_at === null) return blobFromRow(digest, row);
    const { results } = await runGated(db, grant, sharing({ digest }, { unmark: UNMARK, blob: FIND_BLOB }));
    return blobFromRow(digest, firstRow(blobRow, results.blob));
  }

  return {
    look,
    find: (grant, digest) => find(null, grant, digest),
    findToRead: (grant, digest) => find(replica, grant, digest),

    async confirm(grant, session) {
      const { facts, results, usage } = await runWithUsage(db, grant, {
        damaged: { sql: DAMAGED },
        open: session === null ? undefined : openUpload(session),
      });
      // A grant to push names the space, so the confirmation has already compared it.
      const { spaceId, repositoryId } = facts;
      const opened = hasWritten(results.open);
      return { spaceId: spaceId ?? 0, repositoryId, opened, hasDamage: !isEmpty(results.damaged), usage };
    },

    async link(grant, { digest, key, size }, session) {
      const texts = { condemn: CONDEMN_DAMAGED, insert: INSERT_BLOB, link: LINK_BLOB, kept: FIND_WHOLE };
      const { results, usage } = await runGatedPush(db, grant, {
        ...sharing({ digest, key, size }, texts),
        close: session === null ? undefined : closeUpload(session),
      });
      return { key: firstRow(blobRow, results.kept)?.key ?? null, mends: hasWritten(results.condemn), usage };
    },

    async canMount(target, source, digest) {
      const { results } = await runGated(db, target, { blob: { sql: FIND_BLOB, values: { digest }, grant: source } });
      return !isEmpty(results.blob);
    },

    async holders(grant, digest, limit) {
      const { results } = await runGated(db, grant, {
        holders: { sql: HOLDERS, values: { digest, limit } },
        rights: { sql: GRANT_RIGHTS },
      });
      const row = firstRow(rightsRow, results.rights);
      return {
        names: rows(nameRow, results.holders).map(({ name }) => requireRepositoryName(name)),
        rights: row && { space: row.space, ...parseRights(row) },
      };
    },

    async linkFrom(target, source, digest) {
      const values = { digest, sourceSpace: source.space, sourcePath: source.path };
      const { results } = await runGatedPush(db, target, { link: { sql: LINK_FROM, values } });
      return hasWritten(results.link);
    },

    async unlink(grant, digest): Promise<DeletionOutcome> {
      const texts = { before: FIND_BLOB, unlink: UNLINK_BLOB, after: FIND_BLOB };
      const { results } = await runGated(db, grant, sharing({ digest }, texts));
      if (isEmpty(results.before)) return "absent";
      return isEmpty(results.after) ? "deleted" : "referenced";
    },
  };
}
