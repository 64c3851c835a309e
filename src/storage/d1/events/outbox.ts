/** Reads the outbox. The statements of registry/event-statements.ts write it, in the batch of the change that they tell of. */
import * as z from "zod";
import { EVENT_TYPES, type RegistryEvent } from "../../../events/event.ts";
import type { ListedEvent, OutboxStore } from "../../../events/outbox-store.ts";
import { IMAGE_CONFIG_TYPES, MAX_IMAGE_CONFIG_BYTES } from "../../../oci/image-config.ts";
import { pageOf } from "../../../oci/page.ts";
import { firstRow, rows, textsColumn } from "../rows.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import { run } from "../statement.ts";

const EVENTS = `
  SELECT e.id, e.type, e.occurred_at, e.registry, s.name AS space, r.path, e.tag, e.digest, e.previous_digest, e.media_type,
    e.artifact_type, e.size, e.platforms, e.actor, COALESCE(e.actor_name, t.name) AS actor_name, e.space_id, e.repository_id,
    e.sent_at, e.verdicts
  FROM events e JOIN spaces s ON s.id = e.space_id AND s.deleted_at IS NULL JOIN repositories r ON r.id = e.repository_id
    LEFT JOIN tokens t ON t.id = e.actor`;

export const FIND_EVENT = `${EVENTS} WHERE e.id = :eventId`;

const IMAGE_CONFIGS = IMAGE_CONFIG_TYPES.map((type) => `'${type}'`).join(", ");

/** The digest of an image's config that has not been read for its platform; null if SQLite cannot read the body as JSON. */
const UNREAD_CONFIG = `CASE
  WHEN m.platforms = '[]' AND m.artifact_type IN (${IMAGE_CONFIGS}) AND json_valid(m.body) THEN m.body ->> '$.config.digest' END`;

const FIND_TO_MATCH = `
  SELECT found.*, m.platforms AS manifest_platforms, b.key AS config_key, b.size AS config_size
  FROM (${FIND_EVENT}) found
    LEFT JOIN manifests m ON m.repository_id = found.repository_id AND m.digest = found.digest
    LEFT JOIN repository_blobs c ON c.repository_id = m.repository_id AND c.digest = ${UNREAD_CONFIG}
    LEFT JOIN blobs b ON b.digest = c.digest AND b.quarantined_at IS NULL AND b.size <= ${MAX_IMAGE_CONFIG_BYTES}`;

const LIST_EVENTS = `
  ${EVENTS} WHERE e.space_id = ${SPACE} AND e.id < :before AND (NOT :pushesOnly OR e.type IN ('tag.created', 'tag.updated'))
  ORDER BY e.id DESC LIMIT :limit`;
const FIND_IN_SPACE = `${EVENTS} WHERE e.space_id = ${SPACE} AND e.id = :eventId`;
const UNSENT = "SELECT id FROM events WHERE sent_at IS NULL AND occurred_at < :before ORDER BY id LIMIT :limit";

const MARK_TAKEN = "UPDATE events SET sent_at = COALESCE(sent_at, :now) WHERE id = :eventId";

/** Sorts after every id. */
export const LAST_ID = "~";

export const eventRow = z.object({
  id: z.string(),
  type: z.enum(EVENT_TYPES),
  occurred_at: z.int(),
  registry: z.string(),
  space: z.string(),
  path: z.string(),
  tag: z.string().nullable(),
  digest: z.string(),
  previous_digest: z.string().nullable(),
  media_type: z.string(),
  artifact_type: z.string().nullable(),
  size: z.int(),
  platforms: textsColumn,
  actor: z.string(),
  actor_name: z.string().nullable(),
  space_id: z.int(),
  repository_id: z.int(),
  sent_at: z.int().nullable(),
  verdicts: z.string().nullable(),
});

const storedRow = eventRow.extend({
  manifest_platforms: textsColumn.nullable(),
  config_key: z.string().nullable(),
  config_size: z.int().nullable(),
});

const verdictsColumn = z.array(z.object({ trigger: z.string(), fires: z.boolean(), reason: z.string().nullable() }));

const idRow = z.object({ id: z.string() });

export function d1Outbox(db: D1Database): OutboxStore {
  return {
    async find(id) {
      const row = firstRow(storedRow, await run(db, FIND_TO_MATCH, { eventId: id }));
      if (row === null) return null;
      const { config_key: key, config_size: size } = row;
      // Since this event was written, another event of the same manifest may have led to its platforms.
      const platforms = row.platforms.length > 0 ? row.platforms : (row.manifest_platforms ?? []);
      return {
        event: { ...eventFromRow(row), platforms },
        spaceId: row.space_id,
        repositoryId: row.repository_id,
        taken: row.sent_at !== null,
        config: key === null || size === null ? null : { key, size },
      };
    },

    async markTaken(id, now) {
      await run(db, MARK_TAKEN, { eventId: id, now });
    },

    async unsent(before, limit) {
      return rows(idRow, await run(db, UNSENT, { before, limit })).map(({ id }) => id);
    },

    async list(grant, { pushesOnly }, { limit, last }) {
      const values = { before: last ?? LAST_ID, limit: limit + 1, pushesOnly: pushesOnly ? 1 : 0 };
      const { events } = await runInSpace(db, grant, { events: { sql: LIST_EVENTS, values } });
      return pageOf(rows(eventRow, events).map(listedFromRow), limit);
    },

    async listed(grant, id) {
      const { event } = await runInSpace(db, grant, { event: { sql: FIND_IN_SPACE, values: { eventId: id } } });
      const row = firstRow(eventRow, event);
      return row && listedFromRow(row);
    },
  };
}

export function eventFromRow(row: z.infer<typeof eventRow>): RegistryEvent {
  return {
    id: row.id,
    type: row.type,
    occurredAt: row.occurred_at,
    registry: row.registry,
    space: row.space,
    path: row.path,
    tag: row.tag,
    digest: row.digest,
    previousDigest: row.previous_digest,
    mediaType: row.media_type,
    artifactType: row.artifact_type,
    size: row.size,
    platforms: row.platforms,
    actor: { id: row.actor, name: row.actor_name ?? row.actor },
  };
}

function listedFromRow(row: z.infer<typeof eventRow>): ListedEvent {
  const verdicts = row.verdicts === null ? null : verdictsColumn.parse(JSON.parse(row.verdicts));
  return { event: eventFromRow(row), spaceId: row.space_id, repositoryId: row.repository_id, verdicts };
}
