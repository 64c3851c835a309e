/**
 * Statements that write the outbox. Each runs in the same batch as the change it tells of, and before it, so that it
 * sees what was there. All go through the gate (?1 to ?7) and take ?8 and on as told.
 */
import { REPOSITORY } from "./gate.ts";

const COLUMNS = `id, space_id, repository_id, type, tag, digest, previous_digest, media_type, artifact_type, size, platforms, actor, occurred_at`;

/** `evt_` and a UUID of version 7 (RFC 9562): ordered by the time it was made. */
export function eventId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  const milliseconds = Date.now();
  view.setUint32(0, Math.floor(milliseconds / 2 ** 16));
  view.setUint16(4, milliseconds % 2 ** 16);
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f));
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
  return `evt_${bytes.toHex()}`;
}

/** ?8 wanted references, ?9 digest, ?10 id, ?11 media type, ?12 artifact type, ?13 size, ?14 platforms, ?15 actor. Only for a manifest that is new and lacks nothing. */
export const MANIFEST_PUSHED = (problems: string): string => `
  INSERT INTO events (${COLUMNS})
  SELECT ?10, r.space_id, r.id, 'manifest.pushed', NULL, ?9, NULL, ?11, ?12, ?13, ?14, ?15, ?6
  FROM repositories r WHERE r.id = ${REPOSITORY}
    AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = r.id AND m.digest = ?9)
    AND NOT EXISTS (${problems})`;

/** ?8 digest of a manifest that is there, ?9 JSON list of { tag, id }, ?10 actor. */
export const TAGS_PUSHED = `
  INSERT INTO events (${COLUMNS})
  SELECT pushed.value ->> 'id', r.space_id, r.id, IIF(t.digest IS NULL, 'tag.created', 'tag.updated'),
    pushed.value ->> 'tag', m.digest, t.digest, m.media_type, m.artifact_type, m.size, m.platforms, ?10, ?6
  FROM manifests m JOIN repositories r ON r.id = m.repository_id, json_each(?9) pushed
    LEFT JOIN tags t ON t.repository_id = m.repository_id AND t.name = pushed.value ->> 'tag'
  WHERE m.repository_id = ${REPOSITORY} AND m.digest = ?8`;

const DELETED = (type: string, tag: string, id: string, from: string, condition: string): string => `
  INSERT INTO events (${COLUMNS})
  SELECT ${id}, r.space_id, r.id, '${type}', ${tag}, m.digest, ${tag === "NULL" ? "NULL" : "m.digest"},
    m.media_type, m.artifact_type, m.size, m.platforms, ?10, ?6
  FROM ${from} JOIN repositories r ON r.id = m.repository_id WHERE ${condition}`;

const TAG_AND_MANIFEST = "tags t JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest";

/** ?8 tag, ?9 id, ?10 actor. */
export const TAG_DELETED = DELETED(
  "tag.deleted",
  "t.name",
  "?9",
  TAG_AND_MANIFEST,
  `t.repository_id = ${REPOSITORY} AND t.name = ?8`,
);

/** ?8 digest, ?9 id of the first (the others add a number to it), ?10 actor: an event for each tag that goes with its manifest. */
export const TAGS_DELETED = (unreferenced: string): string =>
  DELETED(
    "tag.deleted",
    "t.name",
    "?9 || '-' || ROW_NUMBER() OVER (ORDER BY t.name)",
    TAG_AND_MANIFEST,
    `t.repository_id = ${REPOSITORY} AND t.digest = ?8 AND ${unreferenced}`,
  );

/** ?8 digest, ?9 id, ?10 actor. */
export const MANIFEST_DELETED = (unreferenced: string): string =>
  DELETED(
    "manifest.deleted",
    "NULL",
    "?9",
    "manifests m",
    `m.repository_id = ${REPOSITORY} AND m.digest = ?8 AND ${unreferenced}`,
  );
