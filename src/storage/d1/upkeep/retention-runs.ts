import * as z from "zod";
import type { RetentionRunStore } from "../../../upkeep/stores.ts";
import { EVENT_COLUMNS, eventId } from "../registry/event-statements.ts";
import {
  foundIn,
  judgingValues,
  repositoriesFromRows,
  rulesFromRows,
  seenManifests,
  seenTags,
} from "../management/retention.ts";
import { isCovered, isUnneeded, JUDGING, tagStays, TAKEN_AND_ABOVE } from "../management/retention-sql.ts";
import { rows } from "../rows.ts";
import { run, runAll, runList, type Values } from "../statement.ts";
import { moveToTrash } from "../registry/trash.ts";

const HAS_RULES = "EXISTS (SELECT 1 FROM retention_rules x WHERE x.space_id = r.space_id AND x.enabled = 1)";
const REPOSITORIES_FROM = `
  SELECT r.id, r.space_id, r.path FROM repositories r
  WHERE r.id >= :from AND r.deleted_at IS NULL AND ${HAS_RULES} ORDER BY r.id LIMIT :limit`;
const REPOSITORIES_AMONG = `
  SELECT r.id, r.space_id, r.path FROM json_each(:ids) w CROSS JOIN repositories r ON r.id = w.value
  WHERE r.deleted_at IS NULL AND ${HAS_RULES}`;
const rulesOf = (repositories: string): string => `
  SELECT id, space_id, repositories, keep FROM retention_rules
  WHERE enabled = 1 AND space_id IN (SELECT space_id FROM (${repositories}))`;

/** The actor's name in events and in the trash. */
const ACTOR = "'retention'";

/** Writes events. The outbox takes the host that somebody used last for the tag, or else any that was used for the repository. */
const tell = (type: string, tag: string, registry: string): string => `
  INSERT INTO events (${EVENT_COLUMNS})
  SELECT :eventId || '-' || ROW_NUMBER() OVER (), r.space_id, r.id, '${type}', ${tag}, m.digest,
    IIF(${tag} IS NULL, NULL, m.digest), m.media_type, m.artifact_type, m.size, m.platforms, ${ACTOR}, NULL,
    COALESCE((${registry}), ''), :now`;

/** Writes an event for each of the `:tags` that goes, a list of [repository, name]. */
const TELL_OF_TAGS = `
  ${JUDGING}
  ${tell("tag.deleted", "t.name", "SELECT e.registry FROM events e WHERE e.repository_id = r.id AND e.tag = t.name ORDER BY e.id DESC LIMIT 1")}
  FROM json_each(:tags) w CROSS JOIN tags t ON t.repository_id = w.value ->> 0 AND t.name = w.value ->> 1
    JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
    JOIN repositories r ON r.id = t.repository_id AND r.deleted_at IS NULL
  WHERE ${isCovered("t")} AND NOT ${tagStays("t")}`;

/** Deletes the tags of the events that were just written. */
const DELETE_TAGS = `
  DELETE FROM tags WHERE (repository_id, name) IN (
    SELECT e.repository_id, e.tag FROM events e WHERE e.id > :eventId || '-' AND e.id < :eventId || '.')`;

const UNNEEDED = `
  ${JUDGING}, ${foundIn("manifests", "digest")}
  SELECT found.id, found.repository_id, found.digest, found.size,
    found.marked_at IS NULL AND ${isCovered("found")} AND ${isUnneeded("found", { tag: "TRUE" })} AS goes FROM found`;
const MARK = `
  UPDATE manifests SET marked_at = :now WHERE id IN (SELECT value FROM json_each(:ids)) AND marked_at IS NULL`;
const MARKED = `
  SELECT id, repository_id, size FROM manifests WHERE marked_at <= :before ORDER BY marked_at LIMIT :limit`;

/**
 * Takes a second look: everything that needs a manifest must have been marked a grace ago, too. A client
 * that found an index meanwhile may be about to tag it.
 */
const DECIDE = `
  ${JUDGING}
  UPDATE manifests SET marked_at = 0
  WHERE id IN (SELECT value FROM json_each(:ids)) AND ${isCovered("manifests")}
    AND ${isUnneeded("manifests", { tag: "TRUE", also: "u.marked_at IS NULL OR u.marked_at > :judgedUntil" })}`;
/** Takes an index no later than the manifests that it names, so that all content is always whole. */
const DECIDE_ABOVE = `UPDATE manifests SET marked_at = 0 WHERE id IN (${TAKEN_AND_ABOVE})`;
const UNMARK = `
  UPDATE manifests SET marked_at = NULL WHERE id IN (SELECT value FROM json_each(:ids)) AND marked_at > 0`;
const TAKEN = "SELECT id FROM manifests WHERE marked_at = 0";
const TELL_OF_MANIFESTS = `
  ${tell("manifest.deleted", "NULL", "SELECT e.registry FROM events e WHERE e.repository_id = r.id AND e.tag IS NOT NULL LIMIT 1")}
  FROM manifests m JOIN repositories r ON r.id = m.repository_id WHERE m.marked_at = 0`;
const MOVE_TO_TRASH = moveToTrash({ ids: TAKEN, at: ":now", actor: ACTOR });

const markedRow = z.object({ id: z.int(), repository_id: z.int(), size: z.int() });

/** Runs retention, in D1. @param grace milliseconds for which what was just pushed, and what was just marked, is left alone */
export function d1RetentionRuns(db: D1Database, grace: number): RetentionRunStore {
  const ruled = async (sql: string, values: Values): ReturnType<RetentionRunStore["ruledFrom"]> => {
    const { repositories, rules } = await runAll(db, {
      repositories: { sql, values },
      rules: { sql: rulesOf(sql), values },
    });
    return { repositories: repositoriesFromRows(repositories), rules: rulesFromRows(rules) };
  };
  return {
    tags: seenTags(db, grace),
    ruledFrom: (repositoryId, limit) => ruled(REPOSITORIES_FROM, { from: repositoryId, limit }),
    ruledAmong: (repositoryIds) => ruled(REPOSITORIES_AMONG, { ids: JSON.stringify(repositoryIds) }),

    async removeTags(coverage, tags, now) {
      const values = { ...judgingValues({ coverage, now }, grace), eventId: eventId(), tags: JSON.stringify(tags) };
      await runAll(db, { told: { sql: TELL_OF_TAGS, values }, deleted: { sql: DELETE_TAGS, values } });
    },

    unneeded: seenManifests(db, UNNEEDED, grace),

    async mark(manifestIds, now) {
      await run(db, MARK, { ids: JSON.stringify(manifestIds), now });
    },

    async marked(now, limit) {
      const found = rows(markedRow, await run(db, MARKED, { before: now - grace, limit }));
      return found.map(({ id, repository_id: repositoryId, size }) => ({ id, repositoryId, size }));
    },

    async take(coverage, manifestIds, now) {
      const ids = JSON.stringify(manifestIds);
      const values = { ...judgingValues({ coverage, now }, grace), ids, eventId: eventId() };
      const steps = [DECIDE, DECIDE_ABOVE, UNMARK, TELL_OF_MANIFESTS, ...Object.values(MOVE_TO_TRASH)];
      await runList(
        db,
        steps.map((sql) => ({ sql, values })),
      );
    },
  };
}
