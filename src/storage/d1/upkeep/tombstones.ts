/**
 * Rows of things that were deleted or have ended. They go once nothing can refer to them: their records
 * have been forgotten by then, and no identifier is ever given twice. Ids of spaces and repositories only
 * grow (AUTOINCREMENT), the others are random. A token of ours may still name such a row, however long the
 * token lives. It finds no row, which has the same effect as a row that has ended: every statement asks
 * for a live one (gate.ts).
 */

/** Deletes rows that ended before the cutoff, at most `:limit`. */
const ended = (table: string, at: string, condition: string): string => `
  DELETE FROM ${table} WHERE id IN (
    SELECT x.id FROM ${table} x WHERE ${at} < :cutoff AND ${condition} ORDER BY ${at} LIMIT :limit)`;

const none = (...froms: readonly string[]): string =>
  froms.map((from) => `NOT EXISTS (SELECT 1 FROM ${from})`).join(" AND ");

/** True if no delivery is on its way: each attempt of one looks at these rows. */
const notUnderWay = (condition: string): string =>
  none(`deliveries d WHERE d.space_id = x.space_id AND d.status IN ('pending', 'running') AND ${condition}`);

/**
 * Forgets tokens. Events keep the name of their actor, and so does the trash, which is emptied sooner. A
 * token that made others stays as long as they do: through it they can be revoked together with its own
 * maker.
 */
const FORGET_TOKENS = `
  DELETE FROM tokens WHERE id IN (
    SELECT x.id FROM tokens x WHERE (x.revoked_at < :cutoff OR x.expires_at < :cutoff) AND ${none("tokens made WHERE made.created_by = x.id")} LIMIT :limit)`;

/** Forgets repositories: all their content is gone, and all their events are forgotten. */
const FORGET_REPOSITORIES = ended(
  "repositories",
  "x.purged_at",
  [
    none(
      "tags t WHERE t.repository_id = x.id",
      "manifests m WHERE m.repository_id = x.id",
      "deleted_manifests m WHERE m.repository_id = x.id",
      "repository_blobs b WHERE b.repository_id = x.id",
      "deployed p WHERE p.repository_id = x.id",
      "events e WHERE e.repository_id = x.id AND e.tag IS NOT NULL",
    ),
    notUnderWay("d.repository_id = x.id"),
  ].join(" AND "),
);

/** Tables of the things in a space, and of the records about it. */
const OF_SPACE = [
  "repositories",
  "tokens",
  "targets",
  "triggers",
  "retention_rules",
  "storage_days",
  "events",
  "deliveries",
  "activity",
  "deployed",
];

/** The statements that forget, in order: a space goes after everything in it. */
export const FORGET_TOMBSTONES = [
  ended("targets", "x.deleted_at", notUnderWay("d.target_id = x.id")),
  ended("triggers", "x.deleted_at", notUnderWay("d.trigger_id = x.id")),
  FORGET_TOKENS,
  FORGET_REPOSITORIES,
  ended("spaces", "x.deleted_at", none(...OF_SPACE.map((table) => `${table} o WHERE o.space_id = x.id`))),
] as const;
