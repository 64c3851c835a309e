import * as z from "zod";
import type { OpenUploadStore } from "../../../registry/upload-store.ts";
import { requireRoom, uploadsFull } from "../../../registry/usage.ts";
import type { OpenUpload, OpenUploadWalk } from "../../../upkeep/stores.ts";
import { CREDENTIAL_LIVE, type GatedStatement, REPOSITORY, runWithUsage } from "../gate.ts";
import { rows } from "../rows.ts";
import { hasWritten, run, runAll, type Values } from "../statement.ts";

/** The most uploads that a credential may have open. */
const MOST = 200;

/** Milliseconds after which an upload without bytes no longer counts: some clients begin one to see if they may. */
const COUNTS_EMPTY_FOR = 15 * 60_000;

/** Opens a session, unless the space is full or the credential has too many. */
const OPEN = `
  INSERT INTO open_uploads (credential_id, id, space_id, repository_id, touched_at)
  SELECT :credentialId, :session, s.id, ${REPOSITORY}, :now FROM spaces s
  WHERE s.name = :space AND s.deleted_at IS NULL AND (:spaceId IS NULL OR s.id = :spaceId) AND :publicOnly = 0 AND :credentialId IS NOT NULL AND ${CREDENTIAL_LIVE}
    AND (:repositoryId IS NULL OR ${REPOSITORY} IS NOT NULL)
    AND (s.max_bytes IS NULL OR s.max_bytes > s.bytes + (
      SELECT COALESCE(SUM(u.bytes), 0) FROM open_uploads u WHERE u.space_id = s.id AND u.bytes > 0))
    AND ${MOST} > (
      SELECT COUNT(*) FROM open_uploads u
      WHERE u.credential_id = :credentialId AND (u.bytes > 0 OR u.touched_at > :now - ${COUNTS_EMPTY_FOR}))
  ON CONFLICT (credential_id, id) DO NOTHING`;

/**
 * Notes the `:bytes` that a session holds; null for as many as before. A trigger refuses more than the
 * space has room for (migration 0042).
 */
const NOTE = `
  UPDATE open_uploads SET bytes = COALESCE(:bytes, bytes), touched_at = :now
  WHERE credential_id = :credentialId AND id = :session AND ${CREDENTIAL_LIVE} AND (:repositoryId IS NULL OR ${REPOSITORY} IS NOT NULL)`;

const CLOSE = "DELETE FROM open_uploads WHERE credential_id = :credentialId AND id = :session";

/** Makes the statement that opens a session, behind the gate. It does nothing if the session is open. */
export function openUpload(id: string): GatedStatement {
  return { sql: OPEN, values: { session: id } };
}

/** Makes the statement that closes a session, behind the gate. */
export function closeUpload(id: string): GatedStatement {
  return { sql: CLOSE, values: { session: id } };
}

/** A condition: the credential, the space or the repository of the upload `u` is gone. */
const DEAD = `(
  NOT EXISTS (
    SELECT 1 FROM tokens t JOIN spaces s ON s.id = t.space_id AND s.deleted_at IS NULL
    WHERE t.id = u.credential_id AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > :now))
  OR (u.repository_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM repositories r WHERE r.id = u.repository_id AND r.deleted_at IS NULL)))`;

const COLUMNS = `u.credential_id, u.id, u.bytes, ${DEAD} AS dead`;

/** Finds sessions that are due. It looks through all rows, which are only those of open uploads. */
const DUE = `
  SELECT ${COLUMNS} FROM open_uploads u
  WHERE (u.credential_id, u.id) > (:afterCredential, :afterSession) AND (u.touched_at < :cutoff OR (u.touched_at <= :now AND ${DEAD}))
  ORDER BY u.credential_id, u.id LIMIT :limit`;

/** Forgets `:uploads`, a JSON list of [credential, session]. */
const FORGET = `
  DELETE FROM open_uploads WHERE (credential_id, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:uploads))`;

/**
 * Notes the bytes of `:uploads`, a JSON list of [credential, session, bytes, time of the look]. The bytes
 * are there already, so no trigger is asked.
 */
const REPLACE = `
  REPLACE INTO open_uploads (credential_id, id, space_id, repository_id, bytes, touched_at)
  SELECT u.credential_id, u.id, u.space_id, u.repository_id, j.value ->> 2, j.value ->> 3
  FROM json_each(:uploads) j JOIN open_uploads u ON u.credential_id = j.value ->> 0 AND u.id = j.value ->> 1`;

const uploadRow = z.object({
  credential_id: z.string(),
  id: z.string(),
  bytes: z.int(),
  dead: z.int(),
});

export function d1OpenUploads(db: D1Database): OpenUploadStore & OpenUploadWalk {
  return {
    async confirm(grant, id, bytes) {
      const { results, usage } = await runWithUsage(db, grant, {
        open: bytes === null ? undefined : openUpload(id),
        note: { sql: NOTE, values: { session: id, bytes } },
      });
      if (bytes === null || hasWritten(results.note)) return;
      requireRoom(usage, { bytes, repositories: 0 });
      throw uploadsFull();
    },

    async close({ credentialId }, id) {
      await run(db, CLOSE, { credentialId, session: id });
    },

    async due({ now, cutoff, limit }, after) {
      const place = { afterCredential: after?.credentialId ?? "", afterSession: after?.id ?? "" };
      return rows(uploadRow, await run(db, DUE, { now, cutoff, limit, ...place })).map(uploadFromRow);
    },

    async settle({ ended, held }) {
      if (ended.length === 0 && held.length === 0) return;
      await runAll(db, {
        forget: ended.length === 0 ? undefined : { sql: FORGET, values: list(ended.map(keyOf)) },
        replace:
          held.length === 0
            ? undefined
            : { sql: REPLACE, values: list(held.map((one) => [...keyOf(one), one.bytes, one.lookedAt])) },
      });
    },
  };
}

function list(uploads: readonly unknown[]): Values {
  return { uploads: JSON.stringify(uploads) };
}

function keyOf({ credentialId, id }: OpenUpload): readonly string[] {
  return [credentialId, id];
}

function uploadFromRow(row: z.infer<typeof uploadRow>): OpenUpload {
  return {
    credentialId: row.credential_id,
    id: row.id,
    bytes: row.bytes,
    isDead: row.dead === 1,
  };
}
