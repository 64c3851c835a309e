import * as z from "zod";
import type { Deployed, DeployedFilter, DeployedStore, Redelivery } from "../../../events/deployed.ts";
import { isFollowed } from "../../../events/target-types.ts";
import { pageOf } from "../../../oci/page.ts";
import { MAX_PREVIOUSLY_DEPLOYED } from "../../../management/retention.ts";
import { rows } from "../rows.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import type { Statement } from "../statement.ts";

/**
 * Records a delivery's digests as deployed. Each time it adds a new row, so that the digest that a target
 * was given last of a repository has the highest id. A target or repository that is gone meanwhile gets no
 * row.
 */
const MARK = `
  INSERT OR REPLACE INTO deployed (space_id, target_id, repository_id, tag, digest, delivery_id, deployed_at)
  SELECT d.space_id, d.target_id, r.id, d.tag, COALESCE(s.value ->> 'digest', e.digest), d.id, :now
  FROM deliveries d JOIN events e ON e.id = d.event_id
    JOIN targets g ON g.id = d.target_id AND g.deleted_at IS NULL AND g.deploys = 1
    LEFT JOIN json_each(d.subjects) s
    JOIN repositories r ON r.id = COALESCE(s.value ->> 'repositoryId', d.repository_id) AND r.purge_begun_at IS NULL
  WHERE d.id = :deliveryId AND d.status = 'delivered' AND e.type IN ('tag.created', 'tag.updated')`;

/** Returns a scalar subquery: how many digests of the same repository the row's target was given since. */
export const givenSince = (row: string): string => `(
  SELECT COUNT(*) FROM (
    SELECT 1 FROM deployed n WHERE n.repository_id = ${row}.repository_id AND n.target_id = ${row}.target_id
      AND n.id > ${row}.id LIMIT ${MAX_PREVIOUSLY_DEPLOYED + 1}))`;

/** Removes digests past the most that any rule can count; upkeep goes by the rules that there are. */
const CUT = `
  DELETE FROM deployed WHERE id IN (
    SELECT old.id FROM deployed new JOIN deployed old
      ON old.repository_id = new.repository_id AND old.target_id = new.target_id AND old.id < (
        SELECT n.id FROM deployed n WHERE n.repository_id = new.repository_id AND n.target_id = new.target_id
        ORDER BY n.id DESC LIMIT 1 OFFSET ${MAX_PREVIOUSLY_DEPLOYED})
    WHERE new.delivery_id = :deliveryId)`;

/** Returns a condition: the target was given nothing else of the repository since. */
export const isDeployedNow = (row: string): string => `NOT EXISTS (
  SELECT 1 FROM deployed n WHERE n.repository_id = ${row}.repository_id AND n.target_id = ${row}.target_id AND n.id > ${row}.id)`;

const LIST = `
  SELECT d.id, d.target_id, g.type AS target_type, g.config AS target_config, s.name || '/' || r.path AS repository, d.tag,
    d.digest, d.delivery_id, d.deployed_at, ${isDeployedNow("d")} AS is_current
  FROM deployed d JOIN spaces s ON s.id = d.space_id JOIN repositories r ON r.id = d.repository_id AND r.deleted_at IS NULL
    JOIN targets g ON g.id = d.target_id
  WHERE d.space_id = ${SPACE} AND d.id < :before AND (:target IS NULL OR d.target_id = :target)
    AND (:repository IS NULL OR s.name || '/' || r.path = :repository) AND (NOT :currentOnly OR ${isDeployedNow("d")})
  ORDER BY d.id DESC LIMIT :limit`;

/** Finds the delivery's repositories and digests, with the digests that its target was given last. */
const REDELIVERY = `
  SELECT sp.name || '/' || r.path AS repository, d.tag, COALESCE(s.value ->> 'digest', e.digest) AS digest,
    g.type AS target_type, g.config AS target_config, COALESCE(g.deploys, 0) AS deploys,
    p.tag AS current_tag, p.digest AS current_digest, p.delivery_id AS current_delivery, p.deployed_at AS current_at
  FROM deliveries d JOIN events e ON e.id = d.event_id JOIN spaces sp ON sp.id = d.space_id
    LEFT JOIN targets g ON g.id = d.target_id AND g.deleted_at IS NULL
    LEFT JOIN json_each(d.subjects) s
    JOIN repositories r ON r.id = COALESCE(s.value ->> 'repositoryId', d.repository_id)
    LEFT JOIN deployed p ON p.id = (
      SELECT MAX(n.id) FROM deployed n WHERE n.repository_id = r.id AND n.target_id = d.target_id)
  WHERE d.space_id = ${SPACE} AND d.id = :deliveryId AND e.type IN ('tag.created', 'tag.updated')`;

const deployedRow = z.object({
  id: z.int(),
  target_id: z.string(),
  target_type: z.string(),
  target_config: z.string(),
  repository: z.string(),
  tag: z.string(),
  digest: z.string(),
  delivery_id: z.string(),
  deployed_at: z.int(),
  is_current: z.int(),
});

const redeliveryRow = z.object({
  repository: z.string(),
  tag: z.string(),
  digest: z.string(),
  target_type: z.string().nullable(),
  target_config: z.string().nullable(),
  deploys: z.int(),
  current_tag: z.string().nullable(),
  current_digest: z.string().nullable(),
  current_delivery: z.string().nullable(),
  current_at: z.int().nullable(),
});

/** Makes statements that record a delivery's digests as deployed. They go into the batch that records it as delivered, after that. */
export function markDeployed(values: { readonly deliveryId: string; readonly now: number }): {
  readonly mark: Statement;
  readonly cut: Statement;
} {
  return { mark: { sql: MARK, values }, cut: { sql: CUT, values } };
}

export function d1Deployed(db: D1Database): DeployedStore {
  return {
    async list(grant, { target, repository, currentOnly }: DeployedFilter, { limit, last }) {
      const from = last === null ? Number.MAX_SAFE_INTEGER : Number(last);
      const before = Number.isSafeInteger(from) ? from : 0;
      const values = { before, target, repository, currentOnly: Number(currentOnly), limit: limit + 1 };
      const { deployed } = await runInSpace(db, grant, { deployed: { sql: LIST, values } });
      return pageOf(rows(deployedRow, deployed).map(deployedFromRow), limit);
    },

    async redelivery(grant, deliveryId) {
      const { members } = await runInSpace(db, grant, { members: { sql: REDELIVERY, values: { deliveryId } } });
      return rows(redeliveryRow, members).map(redeliveryFromRow);
    },
  };
}

function deployedFromRow(row: z.infer<typeof deployedRow>): Deployed {
  return {
    id: row.id,
    targetId: row.target_id,
    repository: row.repository,
    tag: row.tag,
    digest: row.digest,
    deliveryId: row.delivery_id,
    deployedAt: row.deployed_at,
    current: row.is_current === 1,
    followed: isFollowed(row.target_type, JSON.parse(row.target_config)),
  };
}

function redeliveryFromRow(row: z.infer<typeof redeliveryRow>): Redelivery {
  const { current_tag: tag, current_digest: digest, current_delivery: deliveryId, current_at: deployedAt } = row;
  const isKnown = tag !== null && digest !== null && deliveryId !== null && deployedAt !== null;
  return {
    repository: row.repository,
    tag: row.tag,
    digest: row.digest,
    deploys: row.deploys === 1,
    followed: row.target_type !== null && isFollowed(row.target_type, JSON.parse(row.target_config ?? "{}")),
    current: isKnown ? { tag, digest, deliveryId, deployedAt } : null,
  };
}
