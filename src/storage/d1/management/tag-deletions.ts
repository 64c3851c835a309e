import { z } from "zod";
import type { GoingManifest, GoingTag, TagDeletionStore } from "../../../management/tags.ts";
import { eventId, LISTED_MANIFESTS_DELETED, LISTED_TAGS_DELETED } from "../registry/event-statements.ts";
import { type GatedStatement, REPOSITORY, requireRepository, runGated } from "../gate.ts";
import { type Announcing, announcing } from "../registry/announcing.ts";
import { STEPS_UP } from "./retention-sql.ts";
import { rows } from "../rows.ts";
import { moveToTrash } from "../registry/trash.ts";

const IS_IMMUTABLE = `EXISTS (
  SELECT 1 FROM immutable_tags i WHERE i.repository_id = t.repository_id AND i.name = t.name)`;

/** ?8 JSON list of tags. */
const FOUND = `
  SELECT t.name, t.digest, ${IS_IMMUTABLE} AS immutable
  FROM json_each(?8) w CROSS JOIN tags t ON t.repository_id = ${REPOSITORY} AND t.name = w.value`;

/** Manifests that one deletion takes at most; the others stay, without a tag. */
const MOST = 5000;

/** Where more needs a manifest than this, it stays. */
const MOST_ABOVE = 100;

/**
 * ?8 JSON list of tags. From their manifests down to what these need and what refers to them, those that nothing needs
 * which has another tag or is not among them. An index's child goes no sooner than the index, a referrer than its subject.
 */
const GOING = `
  WITH RECURSIVE selected AS MATERIALIZED (
    SELECT t.repository_id, t.name, t.digest
    FROM json_each(?8) w CROSS JOIN tags t ON t.repository_id = ${REPOSITORY} AND t.name = w.value
    WHERE NOT ${IS_IMMUTABLE}),
  going (id) AS (
    SELECT m.id FROM selected CROSS JOIN manifests m ON m.repository_id = selected.repository_id AND m.digest = selected.digest
    UNION
    SELECT c.id FROM going CROSS JOIN manifest_references f ON f.manifest_id = going.id
      CROSS JOIN manifests c ON c.repository_id = f.repository_id AND c.digest = f.digest
    UNION
    SELECT r.id FROM going CROSS JOIN manifests d ON d.id = going.id
      CROSS JOIN manifests r ON r.repository_id = d.repository_id AND r.subject = d.digest
    LIMIT ${MOST})
  SELECT m.id, m.digest, m.media_type, m.size FROM going CROSS JOIN manifests m ON m.id = going.id
  WHERE (
    WITH RECURSIVE up (id) AS (SELECT m.id UNION ${STEPS_UP} LIMIT ${MOST_ABOVE})
    SELECT COUNT(*) < ${MOST_ABOVE} AND COUNT(CASE WHEN
      u.id NOT IN (SELECT id FROM going)
      OR EXISTS (
        SELECT 1 FROM tags o INDEXED BY tags_by_digest WHERE o.repository_id = u.repository_id AND o.digest = u.digest
          AND o.name NOT IN (SELECT name FROM selected))
      THEN 1 END) = 0
    FROM up JOIN manifests u ON u.id = up.id)`;

/** The mark that is there only within the transaction that takes a manifest. */
const DECIDE = `UPDATE manifests SET marked_at = 0 WHERE id IN (SELECT id FROM (${GOING}))`;
const TAKEN = `FROM manifests INDEXED BY manifests_marked WHERE marked_at = 0 AND repository_id = ${REPOSITORY}`;
const SHOW_TAKEN = `SELECT id, digest, media_type, size ${TAKEN}`;

/** ?6 now; for the first, ?8 actor. */
const [COPY_TO_TRASH, ...MOVE_TO_TRASH] = moveToTrash({ ids: `SELECT id ${TAKEN}`, at: "?6", actor: "?8" });

/** ?8 JSON list of tags: those that did not go with their manifests. */
const DELETE_TAGS = `
  DELETE FROM tags AS t WHERE t.repository_id = ${REPOSITORY} AND t.name IN (SELECT value FROM json_each(?8))
    AND NOT ${IS_IMMUTABLE}`;

const foundRow = z.object({ name: z.string(), digest: z.string(), immutable: z.int() });
const manifestRow = z.object({ id: z.int(), digest: z.string(), media_type: z.string(), size: z.int() });

/** The deletion of several tags, in D1. */
export function d1TagDeletions(db: D1Database, { registry, announce }: Announcing): TagDeletionStore {
  const announceAll = announcing(announce);
  return {
    async look(grant, tags) {
      const values = [JSON.stringify(tags)];
      const done = await runGated(
        db,
        grant,
        [FOUND, GOING].map((sql) => ({ sql, values })),
      );
      const [found, going] = requireRepository(done);
      return { tags: tagsFrom(found), manifests: manifestsFrom(going) };
    },

    async delete(grant, tags, keepManifests) {
      const list = JSON.stringify(tags);
      const told = [null, eventId(), grant.subject, registry];
      const take: readonly GatedStatement[] = [
        { sql: DECIDE, values: [list] },
        { sql: SHOW_TAKEN },
        { sql: LISTED_MANIFESTS_DELETED(`SELECT id ${TAKEN}`), values: told },
        { sql: COPY_TO_TRASH, values: [grant.subject] },
        ...MOVE_TO_TRASH.map((sql) => ({ sql })),
      ];
      const done = await runGated(db, grant, [
        { sql: FOUND, values: [list] },
        { sql: LISTED_TAGS_DELETED(IS_IMMUTABLE), values: [list, eventId(), grant.subject, registry] },
        ...(keepManifests ? [] : take),
        { sql: DELETE_TAGS, values: [list] },
      ]);
      const [found, tagEvents, ...rest] = requireRepository(done);
      const [, taken, manifestEvents] = keepManifests ? [] : rest;
      announceAll(tagEvents, manifestEvents);
      return { tags: tagsFrom(found), manifests: manifestsFrom(taken) };
    },
  };
}

function tagsFrom(result: D1Result | undefined): readonly GoingTag[] {
  return rows(foundRow, result).map(({ name, digest, immutable }) => ({ name, digest, immutable: immutable === 1 }));
}

function manifestsFrom(result: D1Result | undefined): readonly GoingManifest[] {
  return rows(manifestRow, result).map(({ id, digest, media_type: mediaType, size }) => ({
    id,
    digest,
    mediaType,
    size,
  }));
}
