import * as z from "zod";
import type { Grant } from "../../../auth/grant.ts";
import { type Digest, requireDigest } from "../../../oci/digest.ts";
import { pageOf } from "../../../oci/page.ts";
import type { DeletedManifest, TagChange, UndoStore } from "../../../management/undo.ts";
import { firstIdAt } from "../../../registry/time-ordered-id.ts";
import type { Usage } from "../../../registry/usage.ts";
import { eventId, tagsPushed } from "../registry/event-statements.ts";
import { type GatedStatement, REPOSITORY, requireRepository, runGated } from "../gate.ts";
import { type Announcing, announcing } from "../registry/announcing.ts";
import { upsertTags } from "../registry/push-manifest.ts";
import { LAST_ID } from "../events/outbox.ts";
import { firstRow, isEmpty, rows, textsColumn } from "../rows.ts";
import { sharing } from "../statement.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import { moveFromTrash } from "../registry/trash.ts";
import { USAGE_COLUMNS, usageFromRow, usageRow, withFigures } from "../usage.ts";

const CHANGES = `
  SELECT e.id, e.type, e.tag, e.digest, e.previous_digest, e.actor, COALESCE(e.actor_name, t.name) AS actor_name, e.occurred_at,
    CASE
      WHEN EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = e.repository_id AND m.digest = e.digest) THEN 'present'
      WHEN EXISTS (SELECT 1 FROM deleted_manifests d WHERE d.repository_id = e.repository_id AND d.digest = e.digest) THEN 'deleted'
      ELSE 'gone'
    END AS content
  FROM events e LEFT JOIN tokens t ON t.id = e.actor
  WHERE e.repository_id = ${REPOSITORY}`;

const HISTORY = `${CHANGES} AND e.tag = :tag AND e.id < :before ORDER BY e.id DESC LIMIT :limit`;

/** Finds only the last deletion of each tag, from the id `:first` on: ids are ordered by time. */
const DELETED_TAGS = `${CHANGES} AND e.type = 'tag.deleted' AND e.id > :first AND e.id < :before
  AND NOT EXISTS (SELECT 1 FROM tags now WHERE now.repository_id = e.repository_id AND now.name = e.tag)
  AND NOT EXISTS (SELECT 1 FROM events later WHERE later.repository_id = e.repository_id AND later.tag = e.tag AND later.id > e.id)
  ORDER BY e.id DESC LIMIT :limit`;

const DELETED_MANIFESTS = `
  SELECT d.digest, d.media_type, d.size, d.artifact_type, d.tags, d.actor, t.name AS actor_name, d.deleted_at
  FROM deleted_manifests d LEFT JOIN tokens t ON t.id = d.actor
  WHERE d.repository_id = ${REPOSITORY} AND d.digest > :last ORDER BY d.digest LIMIT :limit`;

const DELETED_REPOSITORIES = `
  SELECT path, MAX(deleted_at) AS deleted_at FROM repositories
  WHERE space_id = ${SPACE} AND path > :last AND deleted_at IS NOT NULL AND deleted_at > :since AND purge_begun_at IS NULL
  GROUP BY path ORDER BY path LIMIT :limit`;

const LIVE = `SELECT id FROM repositories WHERE space_id = ${SPACE} AND path = :path AND deleted_at IS NULL`;
const LAST_DELETED = `
  SELECT id FROM repositories
  WHERE space_id = ${SPACE} AND path = :path AND deleted_at IS NOT NULL AND deleted_at > :since AND purge_begun_at IS NULL
  ORDER BY deleted_at DESC, id DESC LIMIT 1`;
const RESTORE_REPOSITORY = `
  UPDATE repositories SET deleted_at = NULL WHERE id = (${LAST_DELETED}) AND NOT EXISTS (${LIVE}) RETURNING id`;

const SPACE_USAGE = `SELECT ${USAGE_COLUMNS} FROM spaces WHERE id = ${SPACE}`;

const CURRENT = `SELECT digest FROM tags WHERE repository_id = ${REPOSITORY} AND name = :tag`;
/** Finds the tag's digest before this one. The event that set it may be forgotten, but the event after that still names it. */
const PREVIOUS = `
  SELECT IIF(digest IS NOT (${CURRENT}), digest, previous_digest) AS digest FROM events
  WHERE repository_id = ${REPOSITORY} AND tag = :tag
    AND (digest IS NOT (${CURRENT}) OR (previous_digest IS NOT NULL AND previous_digest IS NOT (${CURRENT})))
  ORDER BY id DESC LIMIT 1`;

/** Finds the tags that went with the manifest of `:digest`, and the digests that they point to now. */
const TAGS_IN_TRASH = `
  SELECT tag.value AS tag, t.digest AS was
  FROM deleted_manifests d JOIN json_each(d.tags) tag
    LEFT JOIN tags t ON t.repository_id = d.repository_id AND t.name = tag.value
  WHERE d.repository_id = ${REPOSITORY} AND d.digest = :digest`;
const IN_TRASH = `SELECT 1 FROM deleted_manifests WHERE repository_id = ${REPOSITORY} AND digest = :digest`;

/**
 * Finds everything that comes back with the manifest of `:digest`: its needs, and the referrers that went
 * with their subject, by retention or at the same time.
 */
const CLOSURE = `
  WITH RECURSIVE closure (id, repository_id, digest, deleted_at) AS (
    SELECT id, repository_id, digest, deleted_at FROM deleted_manifests WHERE repository_id = ${REPOSITORY} AND digest = :digest
    UNION
    SELECT d.id, d.repository_id, d.digest, d.deleted_at FROM closure c CROSS JOIN deleted_references f ON f.manifest_id = c.id
      JOIN deleted_manifests d ON d.repository_id = f.repository_id AND d.digest = f.digest
    UNION
    SELECT d.id, d.repository_id, d.digest, d.deleted_at FROM closure c
      JOIN deleted_manifests d ON d.repository_id = c.repository_id AND d.subject = c.digest
        AND (d.actor = 'retention' OR d.deleted_at = c.deleted_at))`;

/**
 * Finds the digests that are missing: needed by what comes back, or by the manifest if it is there, and
 * neither there whole nor coming back. The manifest itself is missing if it is nowhere. (`CROSS JOIN`
 * makes SQLite start at the closure instead of at all references.)
 */
const MISSING = `
  ${CLOSURE}
  SELECT f.digest FROM (
    SELECT f.repository_id, f.digest FROM closure c CROSS JOIN deleted_references f ON f.manifest_id = c.id
    UNION ALL
    SELECT f.repository_id, f.digest FROM manifests m CROSS JOIN manifest_references f ON f.manifest_id = m.id
    WHERE m.repository_id = ${REPOSITORY} AND m.digest = :digest) f
  WHERE NOT EXISTS (
      SELECT 1 FROM repository_blobs rb JOIN blobs b ON b.digest = rb.digest AND b.quarantined_at IS NULL
      WHERE rb.repository_id = f.repository_id AND rb.digest = f.digest)
    AND NOT EXISTS (
      SELECT 1 FROM manifests m
      WHERE m.repository_id = f.repository_id AND m.digest = f.digest AND m.quarantined_at IS NULL)
    AND f.digest NOT IN (SELECT digest FROM closure)
  UNION ALL SELECT :digest WHERE NOT EXISTS (SELECT 1 FROM closure WHERE digest = :digest)
    AND NOT EXISTS (
      SELECT 1 FROM manifests m WHERE m.repository_id = ${REPOSITORY} AND m.digest = :digest AND m.quarantined_at IS NULL)
  LIMIT 20`;

/** Selects those of the `:tags`, JSON rows of { tag, was }, that still point to the same digest; none while anything is missing. */
const UNMOVED = `(SELECT p.value AS value FROM json_each(:tags) p WHERE (
  SELECT t.digest FROM tags t WHERE t.repository_id = ${REPOSITORY} AND t.name = p.value ->> 'tag') IS p.value ->> 'was'
  AND NOT EXISTS (${MISSING}))`;

/** Lists those of the `:tags` that point to the manifest now. */
const TAGS_NOW = `
  SELECT t.name FROM json_each(:tags) p JOIN tags t ON t.repository_id = ${REPOSITORY} AND t.name = p.value ->> 'tag'
  WHERE t.digest = :digest ORDER BY t.name`;

/** The statements of a restoration, in order. */
const RESTORE = {
  missing: MISSING,
  ...moveFromTrash(`${CLOSURE} SELECT id FROM closure WHERE NOT EXISTS (${MISSING})`),
  tagEvents: tagsPushed(UNMOVED),
  upsertTags: upsertTags(UNMOVED),
  tags: TAGS_NOW,
};

const changeRow = z.object({
  id: z.string(),
  type: z.enum(["tag.created", "tag.updated", "tag.deleted"]),
  tag: z.string(),
  digest: z.string(),
  previous_digest: z.string().nullable(),
  actor: z.string(),
  actor_name: z.string().nullable(),
  occurred_at: z.int(),
  content: z.enum(["present", "deleted", "gone"]),
});

const manifestRow = z.object({
  digest: z.string(),
  media_type: z.string(),
  size: z.int(),
  artifact_type: z.string().nullable(),
  tags: textsColumn,
  actor: z.string(),
  actor_name: z.string().nullable(),
  deleted_at: z.int(),
});

const repositoryRow = z.object({ path: z.string(), deleted_at: z.int() });
const moveRow = z.object({ tag: z.string(), was: z.string().nullable() });
const digestRow = z.object({ digest: z.string() });
const nameRow = z.object({ name: z.string() });

/** Reads histories and the trash, and undoes changes, in D1. */
export function d1Undo(db: D1Database, { registry, announce }: Announcing): UndoStore {
  const announceAll = announcing(announce);
  /** Lists entries of the grant's repository; null if there is no repository. */
  async function list<S extends z.ZodType>(
    grant: Grant,
    entries: GatedStatement,
    shape: S,
  ): Promise<z.output<S>[] | null> {
    const { facts, results } = await runGated(db, grant, { entries });
    return facts.repositoryId === null ? null : rows(shape, results.entries);
  }

  return {
    async history(grant, tag, { limit, last }) {
      const values = { tag, before: last ?? LAST_ID, limit: limit + 1 };
      const found = await list(grant, { sql: HISTORY, values }, changeRow);
      return found && pageOf(found.map(changeFromRow), limit);
    },

    async deletedTags(grant, since, { limit, last }) {
      const values = { first: firstIdAt("evt", since), before: last ?? LAST_ID, limit: limit + 1 };
      const found = await list(grant, { sql: DELETED_TAGS, values }, changeRow);
      return found && pageOf(found.map(changeFromRow), limit);
    },

    async deletedManifests(grant, { limit, last }) {
      const values = { last: last ?? "", limit: limit + 1 };
      const found = await list(grant, { sql: DELETED_MANIFESTS, values }, manifestRow);
      return found && pageOf(found.map(manifestFromRow), limit);
    },

    async deletedRepositories(grant, since, { limit, last }) {
      const values = { last: last ?? "", since, limit: limit + 1 };
      const { deleted } = await runInSpace(db, grant, { deleted: { sql: DELETED_REPOSITORIES, values } });
      const found = rows(repositoryRow, deleted).map(({ path, deleted_at: deletedAt }) => ({ path, deletedAt }));
      return pageOf(found, limit);
    },

    async tagState(grant, tag) {
      const statements = sharing({ tag }, { current: CURRENT, previous: PREVIOUS });
      const { current, previous } = requireRepository(await runGated(db, grant, statements));
      return { current: digestFrom(current), previous: digestFrom(previous) };
    },

    async tagsInTrash(grant, digest) {
      const statements = sharing({ digest }, { manifest: IN_TRASH, tags: TAGS_IN_TRASH });
      const { manifest, tags } = requireRepository(await runGated(db, grant, statements));
      if (isEmpty(manifest)) return null;
      return rows(moveRow, tags).map(({ tag, was }) => ({ tag, was: was === null ? null : requireDigest(was) }));
    },

    async restore(grant, digest, moves) {
      const tags = JSON.stringify(moves.map((move) => ({ ...move, id: eventId() })));
      const values = { digest, tags, actor: grant.subject, registry };
      const done = requireRepository(await runGated(db, grant, sharing(values, RESTORE)));
      announceAll(done.tagEvents);
      return {
        missing: rows(digestRow, done.missing).map((row) => row.digest),
        tags: rows(nameRow, done.tags).map(({ name }) => name),
      };
    },

    async restoreRepository(grant, path, since) {
      const texts = { live: LIVE, deleted: LAST_DELETED, restored: RESTORE_REPOSITORY };
      const work = runInSpace(db, grant, sharing({ path, since }, texts));
      const usage = async (): Promise<Usage> => {
        const results = await runInSpace(db, grant, { usage: { sql: SPACE_USAGE, values: {} } });
        return usageFromRow(firstRow(usageRow, results.usage));
      };
      const { live, deleted, restored } = await withFigures(work, usage);
      if (!isEmpty(restored)) return "restored";
      return isEmpty(live) || isEmpty(deleted) ? "unknown" : "taken";
    },
  };
}

function digestFrom(result: D1Result): Digest | null {
  const row = firstRow(digestRow, result);
  return row && requireDigest(row.digest);
}

function changeFromRow(row: z.infer<typeof changeRow>): TagChange {
  const { id, type, tag, digest, content } = row;
  return {
    id,
    type,
    tag,
    digest,
    previousDigest: row.previous_digest,
    actor: actorOf(row),
    at: row.occurred_at,
    content,
  };
}

function manifestFromRow(row: z.infer<typeof manifestRow>): DeletedManifest {
  const { digest, media_type: mediaType, size, artifact_type: artifactType, tags, deleted_at: deletedAt } = row;
  return { digest, mediaType, size, artifactType, tags, actor: actorOf(row), deletedAt };
}

function actorOf({ actor, actor_name: name }: { actor: string; actor_name: string | null }): DeletedManifest["actor"] {
  return { id: actor, name: name ?? actor };
}
