import { z } from "zod";
import type { FoundTags, PlacedEvent } from "../../events/stores.ts";
import type { NewerTags } from "../../events/tag-rule.ts";
import { rows } from "./rows.ts";
import { foundInSpans, spanQueries, spansParameter } from "./version-spans.ts";

/** Deletions since an event that are looked at. */
const MOST_DELETED = 2000;

/** Names that are looked at where the database knows no order of them. */
const MOST_NAMES = 5000;

/** ?1 repository, ?2 spans, ?3 how many. */
const IN_SPANS = spanQueries({
  json: "json_object('name', x.name, 'created_at', x.created_at)",
  from: "tags x WHERE x.repository_id = ?1",
  spans: "?2",
  limit: "?3",
});

/** ?1 repository, ?2 JSON list of first characters. */
const BY_NAME = `
  SELECT t.name, t.created_at FROM json_each(?2) s CROSS JOIN tags t
  WHERE t.repository_id = ?1 AND t.name >= s.value AND t.name < char(unicode(s.value) + 1) LIMIT ${MOST_NAMES}`;

/** ?1 repository, ?2 event: what was deleted since, unless it was made since. */
const DELETED_SINCE = `
  SELECT DISTINCT d.tag AS name, 0 AS created_at FROM events d
  WHERE d.repository_id = ?1 AND d.type = 'tag.deleted' AND d.id > ?2 AND (
    SELECT e.type FROM events e WHERE e.repository_id = ?1 AND e.tag = d.tag AND e.id > ?2 ORDER BY e.id LIMIT 1) <> 'tag.created'
  LIMIT ${MOST_DELETED}`;

const tagRow = z.object({ name: z.string(), created_at: z.int() });

/** See `TriggerStore.newerTags`. */
export async function newerTags(
  db: D1Database,
  { repositoryId, event }: PlacedEvent,
  newer: NewerTags,
  limit: number,
): Promise<FoundTags> {
  const [gone, ...present] = await db.batch([
    db.prepare(DELETED_SINCE).bind(repositoryId, event.id),
    ...(newer.by === "name"
      ? [db.prepare(BY_NAME).bind(repositoryId, JSON.stringify(newer.initials))]
      : spanStatements(db, repositoryId, newer.spans, limit)),
  ]);
  const deleted = rows(tagRow, gone);
  const { found, isCut } =
    newer.by === "name" ? cutAt(rows(tagRow, present[0]), MOST_NAMES) : foundInSpans(tagRow, present, limit);
  const then = [...deleted, ...found].filter((tag) => tag.created_at <= event.occurredAt);
  return { tags: then.map(({ name }) => name), isCut: isCut || deleted.length === MOST_DELETED };
}

type Spans = Extract<NewerTags, { by: "version" }>["spans"];

/** Few rules fold capitals: the others need no second statement. */
function spanStatements(db: D1Database, repositoryId: number, spans: Spans, limit: number): D1PreparedStatement[] {
  const statements = spans.some(({ folded }) => folded) ? IN_SPANS : IN_SPANS.slice(0, 1);
  return statements.map((sql) => db.prepare(sql).bind(repositoryId, spansParameter(spans), limit));
}

function cutAt<T>(found: readonly T[], limit: number): { readonly found: readonly T[]; readonly isCut: boolean } {
  return { found, isCut: found.length >= limit };
}
