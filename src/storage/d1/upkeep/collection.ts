import { z } from "zod";
import type { Bounds, CollectionStore } from "../../../upkeep/stores.ts";
import { firstRow, rows } from "../rows.ts";

const NAMED_IN = (references: string): string => `EXISTS (
  SELECT 1 FROM ${references} f WHERE f.repository_id = repository_blobs.repository_id AND f.digest = repository_blobs.digest)`;
/** By a manifest, or by one in the trash: its deletion could be undone. */
const NEEDED = `(${NAMED_IN("manifest_references")} OR ${NAMED_IN("deleted_references")})`;
const LINKED = "EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.digest = blobs.digest)";

const NEXT_LINKS = `
  SELECT repository_id, digest FROM repository_blobs WHERE (repository_id, digest) > (?1, ?2)
  ORDER BY repository_id, digest LIMIT ?3`;
const MARK_LINKS = `
  UPDATE repository_blobs SET marked_at = ?5 WHERE marked_at IS NULL
    AND (repository_id, digest) > (?1, ?2) AND (repository_id, digest) <= (?3, ?4) AND NOT ${NEEDED}`;

/** Those that were marked, and not touched since, before ?1: at most ?2. */
const MARKED_LINKS = `
  SELECT repository_id, digest FROM repository_blobs WHERE marked_at <= ?1 ORDER BY marked_at LIMIT ?2`;
const UNMARK_LINKS = `
  UPDATE repository_blobs SET marked_at = NULL WHERE (repository_id, digest) IN (${MARKED_LINKS}) AND ${NEEDED}`;
const DELETE_LINKS = `
  DELETE FROM repository_blobs WHERE (repository_id, digest) IN (${MARKED_LINKS}) AND NOT ${NEEDED}`;

const NEXT_BLOBS = "SELECT digest FROM blobs WHERE digest > ?1 ORDER BY digest LIMIT ?2";
const MARK_BLOBS = `
  UPDATE blobs SET marked_at = ?3 WHERE marked_at IS NULL AND digest > ?1 AND digest <= ?2 AND NOT ${LINKED}`;

const MARKED_BLOBS = "SELECT digest FROM blobs WHERE marked_at <= ?1 ORDER BY marked_at LIMIT ?2";
const UNMARK_BLOBS = `UPDATE blobs SET marked_at = NULL WHERE digest IN (${MARKED_BLOBS}) AND ${LINKED}`;
const CONDEMN_BLOBS = `
  INSERT INTO condemned (key, condemned_at)
  SELECT key, ?3 FROM blobs WHERE digest IN (${MARKED_BLOBS}) AND NOT ${LINKED} ON CONFLICT (key) DO NOTHING`;
const DELETE_BLOBS = `DELETE FROM blobs WHERE digest IN (${MARKED_BLOBS}) AND NOT ${LINKED}`;

const EMPTY_TRASH = `
  DELETE FROM deleted_manifests WHERE id IN (
    SELECT id FROM deleted_manifests WHERE deleted_at <= ?1 ORDER BY deleted_at LIMIT ?2) RETURNING id`;

/**
 * One that was deleted before ?1 and still has content. What was in its trash is older, and goes by itself. From here on it
 * cannot be undeleted, which may be asked for at the same moment.
 */
const BEGIN_PURGE = `
  UPDATE repositories SET purge_begun_at = COALESCE(purge_begun_at, ?2) WHERE id = (
    SELECT id FROM repositories WHERE deleted_at <= ?1 AND purged_at IS NULL ORDER BY deleted_at LIMIT 1) RETURNING id`;
const PURGE_TAGS = `
  DELETE FROM tags WHERE repository_id = ?1 AND name IN (
    SELECT name FROM tags WHERE repository_id = ?1 ORDER BY name LIMIT ?2)`;
/** Once all tags are gone, which may take some steps: none must be left without its manifest. */
const UNTAGGED = `
  SELECT id FROM manifests WHERE repository_id = IIF(EXISTS (SELECT 1 FROM tags WHERE repository_id = ?1), NULL, ?1)
  ORDER BY digest LIMIT ?2`;
const CONDEMN_MANIFESTS = `
  INSERT INTO condemned (key, condemned_at)
  SELECT key, ?3 FROM manifests WHERE id IN (${UNTAGGED}) AND key IS NOT NULL ON CONFLICT (key) DO NOTHING`;
const PURGE_MANIFESTS = `DELETE FROM manifests WHERE id IN (${UNTAGGED})`;
const PURGE_LINKS = `
  DELETE FROM repository_blobs WHERE repository_id = ?1 AND digest IN (
    SELECT digest FROM repository_blobs WHERE repository_id = ?1 ORDER BY digest LIMIT ?2)
  AND NOT ${NEEDED}`;
const NOTE_PURGED = `
  UPDATE repositories SET purged_at = ?2 WHERE id = ?1
    AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = ?1)
    AND NOT EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.repository_id = ?1)`;

/** That no row points to the object: every table that holds keys is named here. */
const UNCLAIMED = (key: string): string => `
  NOT EXISTS (SELECT 1 FROM blobs b WHERE b.key = ${key})
  AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.key = ${key})
  AND NOT EXISTS (SELECT 1 FROM deleted_manifests d WHERE d.key = ${key})`;

const CONDEMN_ORPHANS = `
  INSERT INTO condemned (key, condemned_at)
  SELECT k.value, ?2 FROM json_each(?1) k WHERE ${UNCLAIMED("k.value")} ON CONFLICT (key) DO NOTHING`;
const CONDEMNED = `
  SELECT key FROM condemned WHERE deleted_at IS NULL AND condemned_at <= ?1 AND ${UNCLAIMED("condemned.key")}
  ORDER BY condemned_at LIMIT ?2`;
const NOTE_DELETED = "UPDATE condemned SET deleted_at = ?2 WHERE key IN (SELECT value FROM json_each(?1))";
const FORGET = `
  DELETE FROM condemned WHERE key IN (SELECT key FROM condemned WHERE deleted_at <= ?1 ORDER BY deleted_at LIMIT ?2)`;

const POSITION = "SELECT position FROM walks WHERE name = ?1";
const SET_POSITION = `
  INSERT INTO walks (name, position) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET position = excluded.position`;
const DROP_POSITION = "DELETE FROM walks WHERE name = ?1";

const linkRow = z.object({ repository_id: z.int(), digest: z.string() });
const digestRow = z.object({ digest: z.string() });
const idRow = z.object({ id: z.int() });
const keyRow = z.object({ key: z.string() });
const positionRow = z.object({ position: z.string() });

const linkPosition = z.tuple([z.int(), z.string()]);

const LINKS = "links";
const BLOBS = "blobs";

/** The rows of collection. What marks and what takes is decided by the same conditions, in one statement each. */
export function d1Collection(db: D1Database): CollectionStore {
  const position = async (walk: string): Promise<string | null> =>
    firstRow(positionRow, await db.prepare(POSITION).bind(walk).all())?.position ?? null;
  const moved = (walk: string, to: string | null): D1PreparedStatement =>
    to === null ? db.prepare(DROP_POSITION).bind(walk) : db.prepare(SET_POSITION).bind(walk, to);

  return {
    async markLinks({ now, limit }) {
      const from = parseLink(await position(LINKS));
      const found = db.prepare(NEXT_LINKS).bind(...from, limit);
      const next = rows(linkRow, await found.all());
      const end = next.at(-1);
      // The last page is shorter: the next walk begins anew.
      const to = end === undefined || next.length < limit ? null : JSON.stringify([end.repository_id, end.digest]);
      const mark = end === undefined ? [] : [db.prepare(MARK_LINKS).bind(...from, end.repository_id, end.digest, now)];
      await db.batch([...mark, moved(LINKS, to)]);
    },

    async unlink({ cutoff, limit }) {
      return changesOf(await db.batch([UNMARK_LINKS, DELETE_LINKS].map((sql) => db.prepare(sql).bind(cutoff, limit))));
    },

    async markBlobs({ now, limit }) {
      const from = (await position(BLOBS)) ?? "";
      const next = rows(digestRow, await db.prepare(NEXT_BLOBS).bind(from, limit).all());
      const end = next.at(-1);
      const mark = end === undefined ? [] : [db.prepare(MARK_BLOBS).bind(from, end.digest, now)];
      await db.batch([...mark, moved(BLOBS, end === undefined || next.length < limit ? null : end.digest)]);
    },

    async condemnBlobs({ now, cutoff, limit }) {
      const [unmarked, , deleted] = await db.batch([
        db.prepare(UNMARK_BLOBS).bind(cutoff, limit),
        db.prepare(CONDEMN_BLOBS).bind(cutoff, limit, now),
        db.prepare(DELETE_BLOBS).bind(cutoff, limit),
      ]);
      return (unmarked?.meta.changes ?? 0) + (deleted?.meta.changes ?? 0);
    },

    async emptyTrash({ cutoff, limit }) {
      // Counted by rows: `changes` has those of other tables too.
      return rows(idRow, await db.prepare(EMPTY_TRASH).bind(cutoff, limit).all()).length;
    },

    async purgeRepository({ now, cutoff, limit }: Bounds) {
      const id = firstRow(idRow, await db.prepare(BEGIN_PURGE).bind(cutoff, now).all())?.id;
      if (id === undefined) return 0;
      const [tags, , manifests, links] = await db.batch([
        db.prepare(PURGE_TAGS).bind(id, limit),
        db.prepare(CONDEMN_MANIFESTS).bind(id, limit, now),
        db.prepare(PURGE_MANIFESTS).bind(id, limit),
        db.prepare(PURGE_LINKS).bind(id, limit),
        db.prepare(NOTE_PURGED).bind(id, now),
      ]);
      // One that is done makes room for the next, in the same run.
      return Math.max(limit, changesOf([tags, manifests, links].filter((result) => result !== undefined)));
    },

    async condemnOrphans(keys, now) {
      await db.prepare(CONDEMN_ORPHANS).bind(JSON.stringify(keys), now).run();
    },

    async condemned({ cutoff, limit }) {
      return rows(keyRow, await db.prepare(CONDEMNED).bind(cutoff, limit).all()).map(({ key }) => key);
    },

    async noteDeleted(keys, now) {
      await db.prepare(NOTE_DELETED).bind(JSON.stringify(keys), now).run();
    },

    async forget(before, limit) {
      await db.prepare(FORGET).bind(before, limit).run();
    },

    position,

    async setPosition(walk, to) {
      await moved(walk, to).run();
    },
  };
}

function changesOf(results: readonly D1Result[]): number {
  return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}

function parseLink(position: string | null): readonly [number, string] {
  return position === null ? [0, ""] : linkPosition.parse(JSON.parse(position));
}
