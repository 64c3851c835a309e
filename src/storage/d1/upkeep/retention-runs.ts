import { z } from "zod";
import type { RetentionRunStore } from "../../../upkeep/stores.ts";
import { EVENT_COLUMNS, eventId } from "../registry/event-statements.ts";
import {
  coverageText,
  FOUND,
  seenTags,
  repositoriesFromRows,
  rulesFromRows,
  seenManifests,
} from "../management/retention.ts";
import { IS_COVERED, IS_UNNEEDED, JUDGING, TAG_STAYS, TAKEN_AND_ABOVE } from "../management/retention-sql.ts";
import { rows } from "../rows.ts";
import { prepare } from "../statement.ts";
import { moveToTrash } from "../registry/trash.ts";

const HAS_RULES = "EXISTS (SELECT 1 FROM retention_rules x WHERE x.space_id = r.space_id AND x.enabled = 1)";
const REPOSITORIES_FROM = `
  SELECT r.id, r.space_id, r.path FROM repositories r
  WHERE r.id >= ?1 AND r.deleted_at IS NULL AND ${HAS_RULES} ORDER BY r.id LIMIT ?2`;
const REPOSITORIES_AMONG = `
  SELECT r.id, r.space_id, r.path FROM json_each(?1) w CROSS JOIN repositories r ON r.id = w.value
  WHERE r.deleted_at IS NULL AND ${HAS_RULES}`;
const RULES = (repositories: string): string => `
  SELECT id, space_id, repositories, keep FROM retention_rules
  WHERE enabled = 1 AND space_id IN (SELECT space_id FROM (${repositories}))`;

/** Who did it, in events and in the trash. */
const ACTOR = "'retention'";

/** The outbox has the host that somebody used: the last one under the tag, or any of the repository's. */
const TELL = (type: string, id: string, tag: string, registry: string): string => `
  INSERT INTO events (${EVENT_COLUMNS})
  SELECT ${id} || '-' || ROW_NUMBER() OVER (), r.space_id, r.id, '${type}', ${tag}, m.digest,
    IIF(${tag} IS NULL, NULL, m.digest), m.media_type, m.artifact_type, m.size, m.platforms, ${ACTOR}, NULL,
    COALESCE((${registry}), ''),`;

/** ?4 the first event's id, ?5 JSON list of [repository, name]. */
const TELL_OF_TAGS = `
  ${JUDGING}
  ${TELL("tag.deleted", "?4", "t.name", "SELECT e.registry FROM events e WHERE e.repository_id = r.id AND e.tag = t.name ORDER BY e.id DESC LIMIT 1")} ?2
  FROM json_each(?5) w CROSS JOIN tags t ON t.repository_id = w.value ->> 0 AND t.name = w.value ->> 1
    JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
    JOIN repositories r ON r.id = t.repository_id AND r.deleted_at IS NULL
  WHERE ${IS_COVERED("t")} AND NOT ${TAG_STAYS("t")}`;

/** What the outbox was just told of is what goes. */
const DELETE_TAGS = `
  DELETE FROM tags WHERE (repository_id, name) IN (
    SELECT e.repository_id, e.tag FROM events e WHERE e.id > ?1 || '-' AND e.id < ?1 || '.')`;

const UNNEEDED = `
  ${JUDGING}, ${FOUND("manifests", "digest")}
  SELECT found.id, found.repository_id, found.digest, found.size,
    found.marked_at IS NULL AND ${IS_COVERED("found")} AND ${IS_UNNEEDED("found", { tag: "TRUE" })} AS goes FROM found`;
const MARK = `
  UPDATE manifests SET marked_at = ?2 WHERE id IN (SELECT value FROM json_each(?1)) AND marked_at IS NULL`;
const MARKED = `
  SELECT id, repository_id, size FROM manifests WHERE marked_at <= ?1 ORDER BY marked_at LIMIT ?2`;

/** The second look: all that needs it was marked a grace ago, too. Who found an index meanwhile may be about to tag it. ?4 JSON list of ids. */
const DECIDE = `
  ${JUDGING}
  UPDATE manifests SET marked_at = 0
  WHERE id IN (SELECT value FROM json_each(?4)) AND ${IS_COVERED("manifests")}
    AND ${IS_UNNEEDED("manifests", { tag: "TRUE", also: "u.marked_at IS NULL OR u.marked_at > ?3" })}`;
/** An index goes no later than what it names, so that what is there is always whole. */
const DECIDE_ABOVE = `UPDATE manifests SET marked_at = 0 WHERE id IN (${TAKEN_AND_ABOVE})`;
const UNMARK = `
  UPDATE manifests SET marked_at = NULL WHERE id IN (SELECT value FROM json_each(?1)) AND marked_at > 0`;
const TAKEN = "SELECT id FROM manifests WHERE marked_at = 0";
const TELL_OF_MANIFESTS = `
  ${TELL("manifest.deleted", "?1", "NULL", "SELECT e.registry FROM events e WHERE e.repository_id = r.id AND e.tag IS NOT NULL LIMIT 1")} ?2
  FROM manifests m JOIN repositories r ON r.id = m.repository_id WHERE m.marked_at = 0`;
const MOVE_TO_TRASH = moveToTrash({ ids: TAKEN, at: ":now", actor: ACTOR });

const markedRow = z.object({ id: z.int(), repository_id: z.int(), size: z.int() });

/** @param grace milliseconds that what was just pushed, and what was just marked, is left alone. */
export function d1RetentionRuns(db: D1Database, grace: number): RetentionRunStore {
  const ruled = async (
    sql: string,
    ...values: readonly (string | number)[]
  ): ReturnType<RetentionRunStore["ruledFrom"]> => {
    const [repositories, rules] = await db.batch([sql, RULES(sql)].map((one) => db.prepare(one).bind(...values)));
    return { repositories: repositoriesFromRows(repositories), rules: rulesFromRows(rules) };
  };
  return {
    tags: seenTags(db, grace),
    ruledFrom: (repositoryId, limit) => ruled(REPOSITORIES_FROM, repositoryId, limit),
    ruledAmong: (repositoryIds) => ruled(REPOSITORIES_AMONG, JSON.stringify(repositoryIds)),

    async removeTags(coverage, tags, now) {
      const id = eventId();
      await db.batch([
        db.prepare(TELL_OF_TAGS).bind(coverageText(coverage), now, now - grace, id, JSON.stringify(tags)),
        db.prepare(DELETE_TAGS).bind(id),
      ]);
    },

    unneeded: seenManifests(db, UNNEEDED, grace),

    async mark(manifestIds, now) {
      await db.prepare(MARK).bind(JSON.stringify(manifestIds), now).run();
    },

    async marked(now, limit) {
      const found = rows(
        markedRow,
        await db
          .prepare(MARKED)
          .bind(now - grace, limit)
          .all(),
      );
      return found.map(({ id, repository_id: repositoryId, size }) => ({ id, repositoryId, size }));
    },

    async take(coverage, manifestIds, now) {
      const ids = JSON.stringify(manifestIds);
      await db.batch([
        db.prepare(DECIDE).bind(coverageText(coverage), now, now - grace, ids),
        db.prepare(DECIDE_ABOVE),
        db.prepare(UNMARK).bind(ids),
        db.prepare(TELL_OF_MANIFESTS).bind(eventId(), now),
        ...Object.values(MOVE_TO_TRASH).map((sql) => prepare(db, { sql, values: { now } })),
      ]);
    },
  };
}
