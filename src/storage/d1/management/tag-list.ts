import * as z from "zod";
import { isFollowed } from "../../../events/target-types.ts";
import { type PageRequest, pageOf } from "../../../oci/page.ts";
import type { TagDirectory, TaggedManifest } from "../../../management/tags.ts";
import { isDeployedNow } from "../events/deployed.ts";
import type { Grant } from "../../../auth/grant.ts";
import { REPOSITORY, runGated } from "../gate.ts";
import { referrersTagOf } from "../referrers-tag.ts";
import { jsonColumn, rows, textsColumn } from "../rows.ts";
import type { Values } from "../statement.ts";

/** Finds the actor of the newest event of a tag. If the tag is there, that event set it, and upkeep never forgets it. */
const PUSHED_BY = `(
  SELECT json_object('id', e.actor, 'name', COALESCE(e.actor_name, k.name, e.actor))
  FROM events e LEFT JOIN tokens k ON k.id = e.actor
  WHERE e.repository_id = t.repository_id AND e.tag = t.name ORDER BY e.id DESC LIMIT 1)`;

/** The most targets to list for a tag: more than anybody has for one repository. */
const MAX_DEPLOYED = 20;

/** Lists the targets that were given the tag's manifest, newest first. */
const DEPLOYED = `(
  SELECT json_group_array(json_object(
    'target', target_id, 'name', name, 'type', type, 'config', json(config), 'at', deployed_at, 'isCurrent', is_current))
  FROM (
    SELECT d.target_id, g.name, g.type, g.config, d.deployed_at, ${isDeployedNow("d")} AS is_current
    FROM deployed d JOIN targets g ON g.id = d.target_id
    WHERE d.repository_id = t.repository_id AND d.digest = t.digest ORDER BY d.id DESC LIMIT ${MAX_DEPLOYED}) found)`;

/** The types of notation's signatures, and of cosign's with referrers. */
const SIGNATURE_TYPES = `(
  'application/vnd.cncf.notary.signature',
  'application/vnd.dev.cosign.artifact.sig.v1+json')`;

/** True for a signature. A Sigstore bundle is a signature or an attestation; its annotations by cosign tell which. */
const IS_SIGNATURE = `(
  found.artifact_type IN ${SIGNATURE_TYPES}
  OR found.artifact_type GLOB 'application/vnd.dev.sigstore.bundle*' AND (
    found.annotations ->> '$."dev.sigstore.bundle.content"' = 'message-signature'
    OR found.annotations ->> '$."dev.sigstore.bundle.predicateType"' = 'https://sigstore.dev/cosign/sign/v1'))`;

/** The most referrers that one tag's row looks at. */
const MAX_REFERRERS = 100;

/** True if the tag's manifest has cosign's tag or a signature among its referrers. Nobody has verified that signature. */
const SIGNED = `(
  EXISTS (SELECT 1 FROM tags s WHERE s.repository_id = t.repository_id AND s.name = ${referrersTagOf("t.digest")} || '.sig')
  OR EXISTS (SELECT 1 FROM (
    SELECT x.artifact_type, x.annotations FROM manifests x
    WHERE x.repository_id = t.repository_id AND x.subject = t.digest LIMIT ${MAX_REFERRERS}) found WHERE ${IS_SIGNATURE}))`;

/**
 * The time of the last pull. A pull by digest counts for each tag on it, even for tags that were set
 * later, as retention counts (retention-sql.ts).
 */
const PULLED_AT = "NULLIF(MAX(COALESCE(t.pulled_at, 0), COALESCE(m.pulled_at, 0)), 0)";

const LIST = `
  SELECT t.name, t.digest, m.media_type, m.artifact_type, m.platforms, m.size, m.content_size, t.created_at, t.updated_at,
    ${PULLED_AT} AS pulled_at, ${PUSHED_BY} AS pushed_by, ${DEPLOYED} AS deployed, ${SIGNED} AS signed,
    EXISTS (SELECT 1 FROM immutable_tags i WHERE i.repository_id = t.repository_id AND i.name = t.name) AS immutable
  FROM tags t JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
  WHERE t.repository_id = ${REPOSITORY}`;

const BY_NAME = `${LIST} AND t.name > :after ORDER BY t.name LIMIT :limit`;
const NEWEST_FIRST = `
  ${LIST} AND (t.updated_at, t.name) < (:updatedBefore, :nameBefore) ORDER BY t.updated_at DESC, t.name DESC LIMIT :limit`;

const actor = z.object({ id: z.string(), name: z.string() });
const deployed = z.object({
  target: z.string(),
  name: z.string(),
  type: z.string(),
  config: z.unknown(),
  at: z.int(),
  isCurrent: z.int(),
});

const tagRow = z.object({
  name: z.string(),
  digest: z.string(),
  media_type: z.string(),
  artifact_type: z.string().nullable(),
  platforms: textsColumn,
  size: z.int(),
  content_size: z.int(),
  created_at: z.int(),
  updated_at: z.int(),
  pulled_at: z.int().nullable(),
  pushed_by: jsonColumn(actor).nullable(),
  deployed: jsonColumn(z.array(deployed)),
  signed: z.int(),
  immutable: z.int(),
});

/** Lists a repository's tags as the management API shows them. Each row costs a fixed number of looks at indexes. */
export function d1TagList(db: D1Database): TagDirectory {
  const list = async (
    grant: Grant,
    sql: string,
    { limit, ...place }: Values & { readonly limit: number },
  ): ReturnType<TagDirectory["byName"]> => {
    const tags = { sql, values: { ...place, limit: limit + 1 } };
    const { facts, results } = await runGated(db, grant, { tags });
    return facts.repositoryId === null ? null : pageOf(rows(tagRow, results.tags).map(tagFromRow), limit);
  };
  return {
    byName: (grant, { limit, last }) => list(grant, BY_NAME, { after: last ?? "", limit }),
    newestFirst: (grant, request) => list(grant, NEWEST_FIRST, { ...placeBefore(request), limit: request.limit }),
  };
}

/** Reads the position that a cursor names in the list of the newest; any other text is before all positions. */
function placeBefore({ last }: PageRequest): { readonly updatedBefore: number; readonly nameBefore: string } {
  const [, time, name = ""] = /^(\d{1,15}):(.*)$/.exec(last ?? "") ?? [];
  return { updatedBefore: time === undefined ? Number.MAX_SAFE_INTEGER : Number(time), nameBefore: name };
}

function tagFromRow(row: z.infer<typeof tagRow>): TaggedManifest {
  return {
    name: row.name,
    digest: row.digest,
    mediaType: row.media_type,
    artifactType: row.artifact_type,
    platforms: row.platforms,
    size: row.size,
    contentSize: row.content_size,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    pulledAt: row.pulled_at,
    pushedBy: row.pushed_by,
    deployed: row.deployed.map(({ target, name, type, config, at, isCurrent }) => ({
      target,
      name,
      at,
      current: isCurrent === 1,
      followed: isFollowed(type, config),
    })),
    signed: row.signed === 1,
    immutable: row.immutable === 1,
  };
}
