import { z } from "zod";
import type { FoundTags, PlacedEvent } from "../../../events/stores.ts";
import type { NewerTags } from "../../../events/tag-rule.ts";
import { rows } from "../rows.ts";
import { foundInSpans, spanQueries, spansParameter } from "./version-spans.ts";

/** Deletions since an event that are looked at. */
const MOST_DELETED = 2000;

/** Names that are looked at where the database knows no order of them. */
const MOST_NAMES = 5000;

/** The event that told of a tag, if that was made at the moment ?4 in the repository ?1. */
const MADE_BY = (tag: string): string => `
  IIF(${tag}.created_at = ?4, (
    SELECT MAX(e.id) FROM events e WHERE e.repository_id = ?1 AND e.tag = ${tag}.name AND e.occurred_at = ?4), NULL)`;

/** ?1 repository, ?2 spans, ?3 how many, ?4 when the event happened. */
const IN_SPANS = spanQueries({
  json: `json_object('name', x.name, 'created_at', x.created_at, 'made_by', ${MADE_BY("x")})`,
  from: "tags x WHERE x.repository_id = ?1",
  spans: "?2",
  limit: "?3",
});

/** ?1 repository, ?2 JSON list of first characters, ?3 how many, ?4 when the event happened. */
const BY_NAME = `
  SELECT t.name, t.created_at, ${MADE_BY("t")} AS made_by FROM json_each(?2) s CROSS JOIN tags t
  WHERE t.repository_id = ?1 AND t.name >= s.value AND t.name < char(unicode(s.value) + 1) LIMIT ?3`;

/** The tag may be a version: after its numbers comes nothing, or what stands before a prerelease or build. */
const LIKE_VERSION = (tag: string): string => `
  ltrim(${tag}, 'vV') GLOB '[0-9]*' AND substr(ltrim(ltrim(${tag}, 'vV'), '0123456789.'), 1, 1) IN ('', '-', '_')`;

/** ?1 repository, ?2 event, ?3 JSON list of first characters, or null for versions: what was deleted since, unless it was made since. */
const DELETED_SINCE = `
  SELECT DISTINCT d.tag AS name, 0 AS created_at, NULL AS made_by FROM events d
  WHERE d.repository_id = ?1 AND d.type = 'tag.deleted' AND d.id > ?2
    AND IIF(?3 IS NULL, ${LIKE_VERSION("d.tag")}, substr(d.tag, 1, 1) IN (SELECT value FROM json_each(?3))) AND (
    SELECT e.type FROM events e WHERE e.repository_id = ?1 AND e.tag = d.tag AND e.id > ?2 ORDER BY e.id LIMIT 1) <> 'tag.created'
  LIMIT ${MOST_DELETED}`;

const tagRow = z.object({ name: z.string(), created_at: z.int(), made_by: z.string().nullable() });

type FoundTag = z.infer<typeof tagRow>;

/** See `TriggerStore.newerTags`. */
export async function newerTags(
  db: D1Database,
  { repositoryId, event }: PlacedEvent,
  newer: NewerTags,
  limit: number,
): Promise<FoundTags> {
  const initials = newer.by === "name" ? JSON.stringify(newer.initials) : null;
  const [gone, ...present] = await db.batch([
    db.prepare(DELETED_SINCE).bind(repositoryId, event.id, initials),
    ...(newer.by === "name"
      ? [db.prepare(BY_NAME).bind(repositoryId, initials, MOST_NAMES, event.occurredAt)]
      : spanStatements(newer.spans).map((sql) =>
          db.prepare(sql).bind(repositoryId, spansParameter(newer.spans), limit, event.occurredAt),
        )),
  ]);
  const deleted = rows(tagRow, gone);
  const { found, isCut } =
    newer.by === "name" ? cutAt(rows(tagRow, present[0]), MOST_NAMES) : foundInSpans(tagRow, present, limit);
  const then = [...deleted, ...found].filter((tag) => tag.created_at <= event.occurredAt);
  const isLater = (tag: FoundTag): boolean => tag.made_by !== null && tag.made_by > event.id;
  return {
    tags: namesOf(then.filter((tag) => !isLater(tag))),
    laterInPush: namesOf(then.filter(isLater)),
    isCut: isCut || deleted.length === MOST_DELETED,
  };
}

type Spans = Extract<NewerTags, { by: "version" }>["spans"];

/** Few rules fold capitals: the others need no second statement. */
function spanStatements(spans: Spans): readonly string[] {
  return spans.some(({ folded }) => folded) ? IN_SPANS : IN_SPANS.slice(0, 1);
}

function namesOf(tags: readonly FoundTag[]): readonly string[] {
  return tags.map(({ name }) => name);
}

function cutAt<T>(found: readonly T[], limit: number): { readonly found: readonly T[]; readonly isCut: boolean } {
  return { found, isCut: found.length >= limit };
}
