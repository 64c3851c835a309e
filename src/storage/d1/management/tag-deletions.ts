import * as z from "zod";
import type { GoingManifest, GoingTag, TagDeletionStore } from "../../../management/tags.ts";
import { eventId, listedManifestsDeleted, listedTagsDeleted } from "../registry/event-statements.ts";
import { REPOSITORY, requireRepository, runGated } from "../gate.ts";
import { type Announcing, announcing } from "../registry/announcing.ts";
import { MOST_ABOVE, STEPS_UP } from "./retention-sql.ts";
import { rows } from "../rows.ts";
import { sharing } from "../statement.ts";
import { moveToTrash } from "../registry/trash.ts";

const IS_IMMUTABLE = `EXISTS (
  SELECT 1 FROM immutable_tags i WHERE i.repository_id = t.repository_id AND i.name = t.name)`;

/** Finds those of the `:tags` (a JSON list) that are there. */
const FOUND = `
  SELECT t.name, t.digest, ${IS_IMMUTABLE} AS immutable
  FROM json_each(:tags) w CROSS JOIN tags t ON t.repository_id = ${REPOSITORY} AND t.name = w.value`;

/** The most manifests that one deletion takes. The others stay, without a tag. */
const MOST = 5000;

/**
 * Finds the manifests to delete: those of the `:tags` (a JSON list), everything that they need and
 * everything that refers to them. Leaves out a manifest if one that needs it has another tag or is not
 * among them. An index's child goes no sooner than the index, a referrer no sooner than its subject. `kept`
 * decides once for each digest if it has a tag that stays: many manifests can be below one with many tags.
 */
const GOING = `
  WITH RECURSIVE selected AS MATERIALIZED (
    SELECT t.repository_id, t.name, t.digest
    FROM json_each(:tags) w CROSS JOIN tags t ON t.repository_id = ${REPOSITORY} AND t.name = w.value
    WHERE NOT ${IS_IMMUTABLE}),
  kept AS MATERIALIZED (
    SELECT digests.digest FROM (SELECT DISTINCT repository_id, digest FROM selected) digests WHERE EXISTS (
      SELECT 1 FROM tags o INDEXED BY tags_by_digest WHERE o.repository_id = digests.repository_id AND o.digest = digests.digest
        AND o.name NOT IN (SELECT name FROM selected))),
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
      OR CASE WHEN u.digest IN (SELECT digest FROM selected) THEN u.digest IN (SELECT digest FROM kept) ELSE EXISTS (
        SELECT 1 FROM tags o INDEXED BY tags_by_digest WHERE o.repository_id = u.repository_id AND o.digest = u.digest) END
      THEN 1 END) = 0
    FROM up JOIN manifests u ON u.id = up.id)`;

/** Sets a mark that exists only within the transaction that takes a manifest. */
const DECIDE = `UPDATE manifests SET marked_at = 0 WHERE id IN (SELECT id FROM (${GOING}))`;
const TAKEN = `FROM manifests INDEXED BY manifests_marked WHERE marked_at = 0 AND repository_id = ${REPOSITORY}`;
const SHOW_TAKEN = `SELECT id, digest, media_type, size ${TAKEN}`;

/** The statements that take manifests, in order. */
const TAKE = {
  decide: DECIDE,
  taken: SHOW_TAKEN,
  manifestEvents: listedManifestsDeleted(`SELECT id ${TAKEN}`),
  ...moveToTrash({ ids: `SELECT id ${TAKEN}`, at: ":now", actor: ":actor" }),
};

/** Deletes those of the `:tags` that did not go with their manifests, but no immutable ones. */
const DELETE_TAGS = `
  DELETE FROM tags AS t WHERE t.repository_id = ${REPOSITORY} AND t.name IN (SELECT value FROM json_each(:tags))
    AND NOT ${IS_IMMUTABLE}`;

const foundRow = z.object({ name: z.string(), digest: z.string(), immutable: z.int() });
const manifestRow = z.object({ id: z.int(), digest: z.string(), media_type: z.string(), size: z.int() });

/** Deletes several tags at once, in D1. */
export function d1TagDeletions(db: D1Database, { registry, announce }: Announcing): TagDeletionStore {
  const announceAll = announcing(announce);
  return {
    async look(grant, tags) {
      const statements = sharing({ tags: JSON.stringify(tags) }, { found: FOUND, going: GOING });
      const { found, going } = requireRepository(await runGated(db, grant, statements));
      return { tags: tagsFrom(found), manifests: manifestsFrom(going) };
    },

    async delete(grant, tags, keepManifests) {
      const values = {
        tags: JSON.stringify(tags),
        tagEventId: eventId(),
        manifestEventId: eventId(),
        actor: grant.subject,
        registry,
      };
      const done = await runGated(db, grant, {
        ...sharing(values, { found: FOUND, tagEvents: listedTagsDeleted(IS_IMMUTABLE) }),
        ...(keepManifests ? {} : sharing(values, TAKE)),
        ...sharing(values, { deletion: DELETE_TAGS }),
      });
      const { found, tagEvents, taken, manifestEvents } = requireRepository(done);
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
