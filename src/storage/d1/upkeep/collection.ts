import * as z from "zod";
import type { Bounds, CollectionStore } from "../../../upkeep/stores.ts";
import { firstRow, rows } from "../rows.ts";
import { run, runAll, sharing, type Statement } from "../statement.ts";

const namedIn = (references: string): string => `EXISTS (
  SELECT 1 FROM ${references} f WHERE f.repository_id = repository_blobs.repository_id AND f.digest = repository_blobs.digest)`;
/** True if a manifest needs the link, or one in the trash does, since its deletion could be undone. */
const NEEDED = `(${namedIn("manifest_references")} OR ${namedIn("deleted_references")})`;
const LINKED = "EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.digest = blobs.digest)";

const NEXT_LINKS = `
  SELECT repository_id, digest FROM repository_blobs WHERE (repository_id, digest) > (:fromRepository, :fromDigest)
  ORDER BY repository_id, digest LIMIT :limit`;
const MARK_LINKS = `
  UPDATE repository_blobs SET marked_at = :now WHERE marked_at IS NULL
    AND (repository_id, digest) > (:fromRepository, :fromDigest)
    AND (repository_id, digest) <= (:toRepository, :toDigest) AND NOT ${NEEDED}`;

/** Links that were marked up to the cutoff, and not touched since. */
const MARKED_LINKS = `
  SELECT repository_id, digest FROM repository_blobs WHERE marked_at <= :cutoff ORDER BY marked_at LIMIT :limit`;
const UNMARK_LINKS = `
  UPDATE repository_blobs SET marked_at = NULL WHERE (repository_id, digest) IN (${MARKED_LINKS}) AND ${NEEDED}`;
const DELETE_LINKS = `
  DELETE FROM repository_blobs WHERE (repository_id, digest) IN (${MARKED_LINKS}) AND NOT ${NEEDED}`;

const NEXT_BLOBS = "SELECT digest FROM blobs WHERE digest > :from ORDER BY digest LIMIT :limit";
const MARK_BLOBS = `
  UPDATE blobs SET marked_at = :now WHERE marked_at IS NULL AND digest > :from AND digest <= :to AND NOT ${LINKED}`;

const MARKED_BLOBS = "SELECT digest FROM blobs WHERE marked_at <= :cutoff ORDER BY marked_at LIMIT :limit";
const UNMARK_BLOBS = `UPDATE blobs SET marked_at = NULL WHERE digest IN (${MARKED_BLOBS}) AND ${LINKED}`;
const CONDEMN_BLOBS = `
  INSERT INTO condemned (key, condemned_at)
  SELECT key, :now FROM blobs WHERE digest IN (${MARKED_BLOBS}) AND NOT ${LINKED} ON CONFLICT (key) DO NOTHING`;
const DELETE_BLOBS = `DELETE FROM blobs WHERE digest IN (${MARKED_BLOBS}) AND NOT ${LINKED}`;

const EMPTY_TRASH = `
  DELETE FROM deleted_manifests WHERE id IN (
    SELECT id FROM deleted_manifests WHERE deleted_at <= :cutoff ORDER BY deleted_at LIMIT :limit) RETURNING id`;

/**
 * Begins with a repository that was deleted before the cutoff and still has content. Manifests in its
 * trash are older, and go by themselves. From here on it cannot be undeleted, which a request may try at
 * the same moment.
 */
const BEGIN_PURGE = `
  UPDATE repositories SET purge_begun_at = COALESCE(purge_begun_at, :now) WHERE id = (
    SELECT id FROM repositories WHERE deleted_at <= :cutoff AND purged_at IS NULL ORDER BY deleted_at LIMIT 1) RETURNING id`;
const PURGE_TAGS = `
  DELETE FROM tags WHERE repository_id = :id AND name IN (
    SELECT name FROM tags WHERE repository_id = :id ORDER BY name LIMIT :limit)`;
/** Finds manifests once all tags are gone, which may take some steps: no tag may be left without its manifest. */
const UNTAGGED = `
  SELECT id FROM manifests WHERE repository_id = IIF(EXISTS (SELECT 1 FROM tags WHERE repository_id = :id), NULL, :id)
  ORDER BY digest LIMIT :limit`;
const CONDEMN_MANIFESTS = `
  INSERT INTO condemned (key, condemned_at)
  SELECT key, :now FROM manifests WHERE id IN (${UNTAGGED}) AND key IS NOT NULL ON CONFLICT (key) DO NOTHING`;
const PURGE_MANIFESTS = `DELETE FROM manifests WHERE id IN (${UNTAGGED})`;
const PURGE_LINKS = `
  DELETE FROM repository_blobs WHERE repository_id = :id AND digest IN (
    SELECT digest FROM repository_blobs WHERE repository_id = :id ORDER BY digest LIMIT :limit)
  AND NOT ${NEEDED}`;
const NOTE_PURGED = `
  UPDATE repositories SET purged_at = :now WHERE id = :id
    AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = :id)
    AND NOT EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.repository_id = :id)`;

/** The steps of taking a repository apart, in order. */
const PURGE = {
  tags: PURGE_TAGS,
  condemned: CONDEMN_MANIFESTS,
  manifests: PURGE_MANIFESTS,
  links: PURGE_LINKS,
  purged: NOTE_PURGED,
};

/** True if no row points to the object. Every table that holds keys must be named here. */
const unclaimed = (key: string): string => `
  NOT EXISTS (SELECT 1 FROM blobs b WHERE b.key = ${key})
  AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.key = ${key})
  AND NOT EXISTS (SELECT 1 FROM deleted_manifests d WHERE d.key = ${key})`;

const CONDEMN_ORPHANS = `
  INSERT INTO condemned (key, condemned_at)
  SELECT k.value, :now FROM json_each(:keys) k WHERE ${unclaimed("k.value")} ON CONFLICT (key) DO NOTHING`;
const CONDEMNED = `
  SELECT key FROM condemned WHERE deleted_at IS NULL AND condemned_at <= :cutoff AND ${unclaimed("condemned.key")}
  ORDER BY condemned_at LIMIT :limit`;
const NOTE_DELETED = "UPDATE condemned SET deleted_at = :now WHERE key IN (SELECT value FROM json_each(:keys))";
const FORGET = `
  DELETE FROM condemned WHERE key IN (SELECT key FROM condemned WHERE deleted_at <= :before ORDER BY deleted_at LIMIT :limit)`;

const POSITION = "SELECT position FROM walks WHERE name = :walk";
const SET_POSITION = `
  INSERT INTO walks (name, position) VALUES (:walk, :to) ON CONFLICT (name) DO UPDATE SET position = excluded.position`;
const DROP_POSITION = "DELETE FROM walks WHERE name = :walk";

const linkRow = z.object({ repository_id: z.int(), digest: z.string() });
const digestRow = z.object({ digest: z.string() });
const idRow = z.object({ id: z.int() });
const keyRow = z.object({ key: z.string() });
const positionRow = z.object({ position: z.string() });

const linkPosition = z.tuple([z.int(), z.string()]);

const LINKS = "links";
const BLOBS = "blobs";

/** Runs collection on the rows, in D1. The same conditions decide marking and taking, in one statement each. */
export function d1Collection(db: D1Database): CollectionStore {
  const position = async (walk: string): Promise<string | null> =>
    firstRow(positionRow, await run(db, POSITION, { walk }))?.position ?? null;

  return {
    async markLinks({ now, limit }) {
      const [fromRepository, fromDigest] = parseLink(await position(LINKS));
      const from = { fromRepository, fromDigest };
      const next = rows(linkRow, await run(db, NEXT_LINKS, { ...from, limit }));
      const end = next.at(-1);
      // A page that is shorter is the last, and the next walk begins anew.
      const to = end === undefined || next.length < limit ? null : JSON.stringify([end.repository_id, end.digest]);
      const range = end && { ...from, toRepository: end.repository_id, toDigest: end.digest, now };
      await runAll(db, {
        mark: range && { sql: MARK_LINKS, values: range },
        walk: moved(LINKS, to),
      });
    },

    async unlink({ cutoff, limit }) {
      const { unmarked, deleted } = await runAll(
        db,
        sharing({ cutoff, limit }, { unmarked: UNMARK_LINKS, deleted: DELETE_LINKS }),
      );
      return changesOf(unmarked, deleted);
    },

    async markBlobs({ now, limit }) {
      const from = (await position(BLOBS)) ?? "";
      const next = rows(digestRow, await run(db, NEXT_BLOBS, { from, limit }));
      const to = next.at(-1)?.digest;
      await runAll(db, {
        mark: to === undefined ? undefined : { sql: MARK_BLOBS, values: { from, to, now } },
        walk: moved(BLOBS, to === undefined || next.length < limit ? null : to),
      });
    },

    async condemnBlobs({ now, cutoff, limit }) {
      const steps = { unmarked: UNMARK_BLOBS, condemned: CONDEMN_BLOBS, deleted: DELETE_BLOBS };
      const { unmarked, deleted } = await runAll(db, sharing({ now, cutoff, limit }, steps));
      return changesOf(unmarked, deleted);
    },

    async emptyTrash({ cutoff, limit }) {
      // Counts rows, since `changes` includes those of other tables.
      return rows(idRow, await run(db, EMPTY_TRASH, { cutoff, limit })).length;
    },

    async purgeRepository({ now, cutoff, limit }: Bounds) {
      const id = firstRow(idRow, await run(db, BEGIN_PURGE, { cutoff, now }))?.id;
      if (id === undefined) return 0;
      const { tags, manifests, links } = await runAll(db, sharing({ id, limit, now }, PURGE));
      // A repository that is done makes room for the next, in the same run.
      return Math.max(limit, changesOf(tags, manifests, links));
    },

    async condemnOrphans(keys, now) {
      await run(db, CONDEMN_ORPHANS, { keys: JSON.stringify(keys), now });
    },

    async condemned({ cutoff, limit }) {
      return rows(keyRow, await run(db, CONDEMNED, { cutoff, limit })).map(({ key }) => key);
    },

    async noteDeleted(keys, now) {
      await run(db, NOTE_DELETED, { keys: JSON.stringify(keys), now });
    },

    async forget(before, limit) {
      await run(db, FORGET, { before, limit });
    },

    position,

    async setPosition(walk, to) {
      const { sql, values } = moved(walk, to);
      await run(db, sql, values);
    },
  };
}

/** Makes the statement that moves a walk; null moves it to its beginning. */
function moved(walk: string, to: string | null): Statement {
  return { sql: to === null ? DROP_POSITION : SET_POSITION, values: { walk, to } };
}

function changesOf(...results: readonly D1Result[]): number {
  return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}

function parseLink(position: string | null): readonly [number, string] {
  return position === null ? [0, ""] : linkPosition.parse(JSON.parse(position));
}
