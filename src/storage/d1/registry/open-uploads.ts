import { z } from "zod";
import type { OpenUploadStore } from "../../../registry/stores.ts";
import { requireRoom, uploadsFull } from "../../../registry/usage.ts";
import type { OpenUpload, OpenUploadWalk } from "../../../upkeep/stores.ts";
import { CREDENTIAL_LIVE, type GatedStatement, REPOSITORY, runWithUsage } from "../gate.ts";
import { rows } from "../rows.ts";

/** Uploads that a credential may have open. */
const MOST = 200;

/** Milliseconds after which an upload that has brought nothing no longer counts: some clients begin one to see if they may. */
const COUNTS_EMPTY_FOR = 15 * 60_000;

/** ?8: the session's id. It opens nothing where the space is full, or the credential has too many. */
const OPEN = `
  INSERT INTO open_uploads (credential_id, id, space_id, repository_id, touched_at)
  SELECT ?5, ?8, s.id, ${REPOSITORY}, ?6 FROM spaces s
  WHERE s.name = ?1 AND s.deleted_at IS NULL AND (?3 IS NULL OR s.id = ?3) AND ?7 = 0 AND ?5 IS NOT NULL AND ${CREDENTIAL_LIVE}
    AND (?4 IS NULL OR ${REPOSITORY} IS NOT NULL)
    AND (s.max_bytes IS NULL OR s.max_bytes > s.bytes + (
      SELECT COALESCE(SUM(u.bytes), 0) FROM open_uploads u WHERE u.space_id = s.id AND u.bytes > 0))
    AND ${MOST} > (
      SELECT COUNT(*) FROM open_uploads u
      WHERE u.credential_id = ?5 AND (u.bytes > 0 OR u.touched_at > ?6 - ${COUNTS_EMPTY_FOR}))
  ON CONFLICT (credential_id, id) DO NOTHING`;

/** ?9: the bytes that it holds; null: as many as before. A trigger refuses what the space has no room for (migration 0042). */
const NOTE = `
  UPDATE open_uploads SET bytes = COALESCE(?9, bytes), touched_at = ?6
  WHERE credential_id = ?5 AND id = ?8 AND ${CREDENTIAL_LIVE} AND (?4 IS NULL OR ${REPOSITORY} IS NOT NULL)`;

const CLOSE = "DELETE FROM open_uploads WHERE credential_id = ?5 AND id = ?8 AND ?6 > 0";

/** Opens a session, behind the gate; it has no effect where the session is open. */
export function openUpload(id: string): GatedStatement {
  return { sql: OPEN, values: [id] };
}

/** Closes a session, behind the gate. */
export function closeUpload(id: string): GatedStatement {
  return { sql: CLOSE, values: [id] };
}

/** Of credentials, spaces and repositories that are gone. ?2: now. */
const DEAD = `(
  NOT EXISTS (
    SELECT 1 FROM tokens t JOIN spaces s ON s.id = t.space_id AND s.deleted_at IS NULL
    WHERE t.id = u.credential_id AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?2))
  OR (u.repository_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM repositories r WHERE r.id = u.repository_id AND r.deleted_at IS NULL)))`;

const COLUMNS = `u.credential_id, u.id, u.bytes, ${DEAD} AS dead`;

/** All rows are looked through: there are no more than uploads that are open. ?4 and ?5: the last one that was seen. */
const DUE = `
  SELECT ${COLUMNS} FROM open_uploads u
  WHERE (u.credential_id, u.id) > (?4, ?5) AND (u.touched_at < ?1 OR (u.touched_at <= ?2 AND ${DEAD}))
  ORDER BY u.credential_id, u.id LIMIT ?3`;

/** ?1: a JSON list of [credential, session, …]. */
const FORGET = `
  DELETE FROM open_uploads WHERE (credential_id, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))`;

/** Notes bytes that are there already, so no trigger is asked. ?1 has also the bytes, and when it was looked at. */
const REPLACE = `
  REPLACE INTO open_uploads (credential_id, id, space_id, repository_id, bytes, touched_at)
  SELECT u.credential_id, u.id, u.space_id, u.repository_id, j.value ->> 2, j.value ->> 3
  FROM json_each(?1) j JOIN open_uploads u ON u.credential_id = j.value ->> 0 AND u.id = j.value ->> 1`;

const uploadRow = z.object({
  credential_id: z.string(),
  id: z.string(),
  bytes: z.int(),
  dead: z.int(),
});

export function d1OpenUploads(db: D1Database): OpenUploadStore & OpenUploadWalk {
  return {
    async confirm(grant, id, bytes) {
      const open = bytes === null ? [] : [openUpload(id)];
      const note: GatedStatement = { sql: NOTE, values: [id, bytes] };
      const { results, usage } = await runWithUsage(db, grant, [...open, note]);
      if (bytes === null || (results.at(-1)?.meta.changes ?? 0) > 0) return;
      requireRoom(usage, { bytes, repositories: 0 });
      throw uploadsFull();
    },

    async close({ credentialId }, id) {
      await db.prepare("DELETE FROM open_uploads WHERE credential_id = ?1 AND id = ?2").bind(credentialId, id).run();
    },

    async due({ now, cutoff, limit }, after) {
      const values = [cutoff, now, limit, after?.credentialId ?? "", after?.id ?? ""];
      const found = await db
        .prepare(DUE)
        .bind(...values)
        .all();
      return rows(uploadRow, found).map(uploadFromRow);
    },

    async settle({ ended, held }) {
      const statements = [
        ...(ended.length === 0 ? [] : [db.prepare(FORGET).bind(JSON.stringify(ended.map(keyOf)))]),
        ...(held.length === 0
          ? []
          : [db.prepare(REPLACE).bind(JSON.stringify(held.map((one) => [...keyOf(one), one.bytes, one.lookedAt])))]),
      ];
      if (statements.length > 0) await db.batch(statements);
    },
  };
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
