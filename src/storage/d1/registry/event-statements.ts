/**
 * Statements that write the outbox. Each runs in the same batch as the change that it tells of, and before
 * the change, so that it sees the state before it. All go through the gate, take `:actor` and `:registry`,
 * the host and port that the pusher used, and return the ids of the events that they wrote.
 */
import { timeOrderedId } from "../../../registry/time-ordered-id.ts";
import { REPOSITORY } from "../gate.ts";

export const EVENT_COLUMNS = `id, space_id, repository_id, type, tag, digest, previous_digest, media_type, artifact_type, size, platforms, actor, actor_name, registry, occurred_at`;

/** Returns a scalar subquery for the actor's name. Events keep the name themselves, since they outlive tokens. */
const nameOf = (actor: string): string => `(SELECT k.name FROM tokens k WHERE k.id = ${actor})`;

export function eventId(): string {
  return timeOrderedId("evt");
}

/** Writes the event of a pushed manifest, only if the manifest is new. */
export const MANIFEST_PUSHED = `
  INSERT INTO events (${EVENT_COLUMNS})
  SELECT :manifestEventId, r.space_id, r.id, 'manifest.pushed', NULL, :digest, NULL, :mediaType, :artifactType, :size, :platforms, :actor, ${nameOf(":actor")}, :registry, :now
  FROM repositories r WHERE r.id = ${REPOSITORY}
    AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = r.id AND m.digest = :digest) RETURNING id`;

/**
 * Writes an event for each tag that is pointed to the manifest of `:digest`, if that is there whole.
 * @param pushed JSON rows of { tag, id }
 */
export const tagsPushed = (pushed = "json_each(:tags)"): string => `
  INSERT INTO events (${EVENT_COLUMNS})
  SELECT pushed.value ->> 'id', r.space_id, r.id, IIF(t.digest IS NULL, 'tag.created', 'tag.updated'),
    pushed.value ->> 'tag', m.digest, t.digest, m.media_type, m.artifact_type, m.size, m.platforms, :actor, ${nameOf(":actor")}, :registry, :now
  FROM manifests m JOIN repositories r ON r.id = m.repository_id, ${pushed} pushed
    LEFT JOIN tags t ON t.repository_id = m.repository_id AND t.name = pushed.value ->> 'tag'
  WHERE m.repository_id = ${REPOSITORY} AND m.digest = :digest AND m.quarantined_at IS NULL RETURNING id`;

const deleted = (type: string, tag: string, id: string, from: string, condition: string): string => `
  INSERT INTO events (${EVENT_COLUMNS})
  SELECT ${id}, r.space_id, r.id, '${type}', ${tag}, m.digest, ${tag === "NULL" ? "NULL" : "m.digest"},
    m.media_type, m.artifact_type, m.size, m.platforms, :actor, ${nameOf(":actor")}, :registry, :now
  FROM ${from} JOIN repositories r ON r.id = m.repository_id WHERE ${condition} RETURNING id`;

const TAG_AND_MANIFEST = "tags t JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest";

export const TAG_DELETED = deleted(
  "tag.deleted",
  "t.name",
  ":tagEventId",
  TAG_AND_MANIFEST,
  `t.repository_id = ${REPOSITORY} AND t.name = :reference`,
);

/** Writes an event for each tag that goes with the manifest of `:reference`; their ids are `:tagEventId` with a number added. */
export const tagsDeleted = (unreferenced: string): string =>
  deleted(
    "tag.deleted",
    "t.name",
    ":tagEventId || '-' || ROW_NUMBER() OVER (ORDER BY t.name)",
    TAG_AND_MANIFEST,
    `t.repository_id = ${REPOSITORY} AND t.digest = :reference AND ${unreferenced}`,
  );

/** Writes the event of the manifest of `:reference`. */
export const manifestDeleted = (unreferenced: string): string =>
  deleted(
    "manifest.deleted",
    "NULL",
    ":manifestEventId",
    "manifests m",
    `m.repository_id = ${REPOSITORY} AND m.digest = :reference AND ${unreferenced}`,
  );

/** Writes an event for each of the `:tags` (a JSON list) that is there, except those that stay; ids as in {@link tagsDeleted}. */
export const listedTagsDeleted = (stays: string): string =>
  deleted(
    "tag.deleted",
    "t.name",
    ":tagEventId || '-' || ROW_NUMBER() OVER (ORDER BY t.name)",
    TAG_AND_MANIFEST,
    `t.repository_id = ${REPOSITORY} AND t.name IN (SELECT value FROM json_each(:tags)) AND NOT ${stays}`,
  );

/** Writes an event for each manifest whose id is in `taken`; their ids are `:manifestEventId` with a number added. */
export const listedManifestsDeleted = (taken: string): string =>
  deleted(
    "manifest.deleted",
    "NULL",
    ":manifestEventId || '-' || ROW_NUMBER() OVER (ORDER BY m.id)",
    "manifests m",
    `m.id IN (${taken})`,
  );
