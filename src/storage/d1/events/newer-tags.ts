import * as z from "zod";
import type { PlacedEvent } from "../../../events/outbox-store.ts";
import type { FoundTags } from "../../../events/trigger-store.ts";
import type { NewerTags } from "../../../events/tag-rule.ts";
import { rows } from "../rows.ts";
import { runAll } from "../statement.ts";
import { foundInSpans, spanQueries, spanStatements } from "./version-spans.ts";

/** The most deletions since an event that are read. */
const MOST_DELETED = 2000;

/** The most names that are read if the database knows no order of them. */
const MOST_NAMES = 5000;

/** Returns the event that told of a tag, if the tag was made when the event happened (`:occurredAt`). */
const madeBy = (tag: string): string => `
  IIF(${tag}.created_at = :occurredAt, (
    SELECT MAX(e.id) FROM events e
    WHERE e.repository_id = :repositoryId AND e.tag = ${tag}.name AND e.occurred_at = :occurredAt), NULL)`;

const IN_SPANS = spanQueries({
  json: `json_object('name', x.name, 'created_at', x.created_at, 'made_by', ${madeBy("x")})`,
  from: "tags x WHERE x.repository_id = :repositoryId",
});

/** Finds tags by the first characters in `:initials`, a JSON list. */
const BY_NAME = `
  SELECT t.name, t.created_at, ${madeBy("t")} AS made_by FROM json_each(:initials) s CROSS JOIN tags t
  WHERE t.repository_id = :repositoryId AND t.name >= s.value AND t.name < char(unicode(s.value) + 1) LIMIT ${MOST_NAMES}`;

/** Returns a condition: the tag may be a version, since after its numbers comes nothing, or the sign before a prerelease or build. */
const isLikeVersion = (tag: string): string => `
  ltrim(${tag}, 'vV') GLOB '[0-9]*' AND substr(ltrim(ltrim(${tag}, 'vV'), '0123456789.'), 1, 1) IN ('', '-', '_')`;

/**
 * Finds tags that were deleted since the event, except those that were made since. Searches by
 * `:initials`; if they are null, for tags like versions.
 */
const DELETED_SINCE = `
  SELECT DISTINCT d.tag AS name, 0 AS created_at, NULL AS made_by FROM events d
  WHERE d.repository_id = :repositoryId AND d.type = 'tag.deleted' AND d.id > :eventId
    AND IIF(:initials IS NULL, ${isLikeVersion("d.tag")}, substr(d.tag, 1, 1) IN (SELECT value FROM json_each(:initials))) AND (
    SELECT e.type FROM events e WHERE e.repository_id = :repositoryId AND e.tag = d.tag AND e.id > :eventId ORDER BY e.id LIMIT 1) <> 'tag.created'
  LIMIT ${MOST_DELETED}`;

const tagRow = z.object({ name: z.string(), created_at: z.int(), made_by: z.string().nullable() });

const NO_SPANS = { written: undefined, folded: undefined };

type FoundTag = z.infer<typeof tagRow>;

/** Finds newer tags, as `TriggerStore.newerTags` says. */
export async function newerTags(
  db: D1Database,
  { repositoryId, event }: PlacedEvent,
  newer: NewerTags,
  limit: number,
): Promise<FoundTags> {
  const initials = newer.by === "name" ? JSON.stringify(newer.initials) : null;
  const values = { repositoryId, eventId: event.id, occurredAt: event.occurredAt, initials, limit };
  const results = await runAll(db, {
    deleted: { sql: DELETED_SINCE, values },
    byName: newer.by === "name" ? { sql: BY_NAME, values } : undefined,
    ...(newer.by === "version" ? spanStatements(IN_SPANS, newer.spans, values) : NO_SPANS),
  });
  const deleted = rows(tagRow, results.deleted);
  const { found, isCut } =
    newer.by === "name" ? cutAt(rows(tagRow, results.byName), MOST_NAMES) : foundInSpans(tagRow, results, limit);
  const then = [...deleted, ...found].filter((tag) => tag.created_at <= event.occurredAt);
  const isLater = (tag: FoundTag): boolean => tag.made_by !== null && tag.made_by > event.id;
  return {
    tags: namesOf(then.filter((tag) => !isLater(tag))),
    laterInPush: namesOf(then.filter(isLater)),
    isCut: isCut || deleted.length === MOST_DELETED,
  };
}

function namesOf(tags: readonly FoundTag[]): readonly string[] {
  return tags.map(({ name }) => name);
}

function cutAt<T>(found: readonly T[], limit: number): { readonly found: readonly T[]; readonly isCut: boolean } {
  return { found, isCut: found.length >= limit };
}
