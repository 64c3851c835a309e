/**
 * Statements that write the outbox. Each runs in the same batch as the change it tells of, and before it, so that it
 * sees what was there. All go through the gate (?1 to ?7), take ?8 and on as told, and return the ids of what they wrote.
 */
import { timeOrderedId } from "../../../registry/time-ordered-id.ts";
import { REPOSITORY } from "../gate.ts";

export const EVENT_COLUMNS = `id, space_id, repository_id, type, tag, digest, previous_digest, media_type, artifact_type, size, platforms, actor, actor_name, registry, occurred_at`;

/** A scalar subquery. Events keep it themselves: they are there for longer than a token that has ended. */
const NAME_OF = (actor: string): string => `(SELECT k.name FROM tokens k WHERE k.id = ${actor})`;

export function eventId(): string {
  return timeOrderedId("evt");
}

/** ?8 digest, ?9 id, ?10 media type, ?11 artifact type, ?12 size, ?13 platforms, ?14 actor, ?15 registry. Only for a manifest that is new. */
export const MANIFEST_PUSHED = `
  INSERT INTO events (${EVENT_COLUMNS})
  SELECT ?9, r.space_id, r.id, 'manifest.pushed', NULL, ?8, NULL, ?10, ?11, ?12, ?13, ?14, ${NAME_OF("?14")}, ?15, ?6
  FROM repositories r WHERE r.id = ${REPOSITORY}
    AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = r.id AND m.digest = ?8) RETURNING id`;

/** ?8 digest of a manifest that is there whole, ?9 JSON list of { tag, id }, ?10 actor, ?11 registry; `pushed`: what to take of the list. */
export const TAGS_PUSHED = (pushed = "json_each(?9)"): string => `
  INSERT INTO events (${EVENT_COLUMNS})
  SELECT pushed.value ->> 'id', r.space_id, r.id, IIF(t.digest IS NULL, 'tag.created', 'tag.updated'),
    pushed.value ->> 'tag', m.digest, t.digest, m.media_type, m.artifact_type, m.size, m.platforms, ?10, ${NAME_OF("?10")}, ?11, ?6
  FROM manifests m JOIN repositories r ON r.id = m.repository_id, ${pushed} pushed
    LEFT JOIN tags t ON t.repository_id = m.repository_id AND t.name = pushed.value ->> 'tag'
  WHERE m.repository_id = ${REPOSITORY} AND m.digest = ?8 AND m.quarantined_at IS NULL RETURNING id`;

const DELETED = (type: string, tag: string, id: string, from: string, condition: string): string => `
  INSERT INTO events (${EVENT_COLUMNS})
  SELECT ${id}, r.space_id, r.id, '${type}', ${tag}, m.digest, ${tag === "NULL" ? "NULL" : "m.digest"},
    m.media_type, m.artifact_type, m.size, m.platforms, ?10, ${NAME_OF("?10")}, ?11, ?6
  FROM ${from} JOIN repositories r ON r.id = m.repository_id WHERE ${condition} RETURNING id`;

const TAG_AND_MANIFEST = "tags t JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest";

/** ?8 tag, ?9 id, ?10 actor, ?11 registry. */
export const TAG_DELETED = DELETED(
  "tag.deleted",
  "t.name",
  "?9",
  TAG_AND_MANIFEST,
  `t.repository_id = ${REPOSITORY} AND t.name = ?8`,
);

/** ?8 digest, ?9 id of the first (the others add a number to it), ?10 actor, ?11 registry: an event for each tag that goes with its manifest. */
export const TAGS_DELETED = (unreferenced: string): string =>
  DELETED(
    "tag.deleted",
    "t.name",
    "?9 || '-' || ROW_NUMBER() OVER (ORDER BY t.name)",
    TAG_AND_MANIFEST,
    `t.repository_id = ${REPOSITORY} AND t.digest = ?8 AND ${unreferenced}`,
  );

/** ?8 digest, ?9 id, ?10 actor, ?11 registry. */
export const MANIFEST_DELETED = (unreferenced: string): string =>
  DELETED(
    "manifest.deleted",
    "NULL",
    "?9",
    "manifests m",
    `m.repository_id = ${REPOSITORY} AND m.digest = ?8 AND ${unreferenced}`,
  );

/** ?8 JSON list of tags, ?9 id of the first, ?10 actor, ?11 registry: an event for each that is there, but for those that stay. */
export const LISTED_TAGS_DELETED = (stays: string): string =>
  DELETED(
    "tag.deleted",
    "t.name",
    "?9 || '-' || ROW_NUMBER() OVER (ORDER BY t.name)",
    TAG_AND_MANIFEST,
    `t.repository_id = ${REPOSITORY} AND t.name IN (SELECT value FROM json_each(?8)) AND NOT ${stays}`,
  );

/** ?9 id of the first, ?10 actor, ?11 registry, ?8 nothing: an event for each manifest that `taken` has. */
export const LISTED_MANIFESTS_DELETED = (taken: string): string =>
  DELETED(
    "manifest.deleted",
    "NULL",
    "?9 || '-' || ROW_NUMBER() OVER (ORDER BY m.id)",
    "manifests m",
    `m.id IN (${taken}) AND ?8 IS NULL`,
  );
