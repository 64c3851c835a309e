/**
 * The conditions of retention. A statement that contains them begins with {@link JUDGING}, and takes
 * `:coverage` (JSON), `:now`, and `:judgedUntil`: rows from after that time are too young to be judged.
 */

import { givenSince } from "../events/deployed.ts";
import { isNamedAfterDigest } from "../referrers-tag.ts";

/** True if the tag's subject is there. A tag has only part of a sha512 digest, so the digest is compared by its beginning. */
const hasSubjectIn = (tag: string): string => `EXISTS (
  SELECT 1 FROM manifests s WHERE s.repository_id = ${tag}.repository_id
    AND s.digest >= substr(${tag}.name, 1, 6) || ':' || substr(${tag}.name, 8, 64)
    AND s.digest < substr(${tag}.name, 1, 6) || ':' || substr(${tag}.name, 8, 64) || 'g')`;

/** Orders tags by the time of the last push. */
const placeOf = (tag: string): string => `printf('%015d', ${tag}.updated_at) || ${tag}.name`;

const NEWEST = `
  SELECT n.updated_at, n.name, ROW_NUMBER() OVER (ORDER BY n.updated_at DESC, n.name DESC) AS number
  FROM tags n WHERE n.repository_id = p.repository_id AND NOT ${isNamedAfterDigest("n.name")}
  ORDER BY n.updated_at DESC, n.name DESC LIMIT json_extract(:coverage, '$.newest')`;

/** Begins a judging statement. `covered` has a row for each repository; `held` has the content of deliveries that are not over. */
export const JUDGING = `
  WITH covered AS MATERIALIZED (
    SELECT p.repository_id, p.keep ->> 'tags' AS tags, p.keep ->> 'previouslyDeployed' AS previously,
      :now - 86400000 * (p.keep ->> 'newerThanDays') AS newer_than,
      :now - 86400000 * (p.keep ->> 'pulledWithinDays') AS pulled_since,
      CASE WHEN p.keep ->> 'newest' > 0
        THEN COALESCE((SELECT ${placeOf("newest")} FROM (${NEWEST}) newest WHERE newest.number = p.keep ->> 'newest'), '') END AS newest_from
    FROM (
      SELECT c.value ->> 0 AS repository_id, json_extract(:coverage, '$.keeps[' || (c.value ->> 1) || ']') AS keep
      FROM json_each(:coverage, '$.pairs') c) p),
  held AS MATERIALIZED (
    SELECT COALESCE(j.value ->> 'repositoryId', d.repository_id) AS repository_id,
      COALESCE(j.value ->> 'digest', e.digest) AS digest
    FROM deliveries d JOIN events e ON e.id = d.event_id LEFT JOIN json_each(d.subjects) j
    WHERE d.status IN ('pending', 'running') AND d.space_id IN (
      SELECT r.space_id FROM json_each(:coverage, '$.ids') c JOIN repositories r ON r.id = c.value))`;

export const isCovered = (row: string): string => `${row}.repository_id IN (SELECT repository_id FROM covered)`;

/**
 * True for one of the last digests that a target was given of the repository, as many as the rules count,
 * and for the digest of a delivery that is not over.
 */
const isInUse = (row: string): string => `(
  EXISTS (
    SELECT 1 FROM deployed d
    WHERE d.repository_id = ${row}.repository_id AND d.digest = ${row}.digest
      AND ${givenSince("d")} <= (SELECT MAX(covered.previously) FROM covered WHERE covered.repository_id = d.repository_id))
  OR (${row}.repository_id, ${row}.digest) IN (SELECT held.repository_id, held.digest FROM held))`;

/** True if the patterns of any rule name the tag. One rule may include a tag that another excludes. */
const isNamed = (tag: string): string => `EXISTS (
  SELECT 1 FROM json_each(covered.tags) list WHERE
    EXISTS (SELECT 1 FROM json_each(list.value) p WHERE ${tag}.name GLOB p.value)
    AND NOT EXISTS (
      SELECT 1 FROM json_each(list.value) p WHERE p.value GLOB '!*' AND ${tag}.name GLOB substr(p.value, 2)))`;

const pulledAt = (tag: string): string => `MAX(${tag}.updated_at, COALESCE(${tag}.pulled_at, 0), COALESCE((
  SELECT x.pulled_at FROM manifests x WHERE x.repository_id = ${tag}.repository_id AND x.digest = ${tag}.digest), 0))`;

/**
 * True if the tag of a covered repository stays. A tag that belongs to a subject lives and dies with it.
 * @param hasSubject condition: the subject is there and stays
 */
export const tagStays = (tag: string, hasSubject = hasSubjectIn(tag)): string => `(
  ${tag}.updated_at > :judgedUntil
  OR EXISTS (SELECT 1 FROM immutable_tags i WHERE i.repository_id = ${tag}.repository_id AND i.name = ${tag}.name)
  OR ${isInUse(tag)}
  OR EXISTS (SELECT 1 FROM covered WHERE covered.repository_id = ${tag}.repository_id AND ${isNamed(tag)})
  OR CASE WHEN ${isNamedAfterDigest(`${tag}.name`)} THEN ${hasSubject} ELSE EXISTS (
    SELECT 1 FROM covered WHERE covered.repository_id = ${tag}.repository_id AND (
      ${tag}.updated_at > covered.newer_than OR ${pulledAt(tag)} >= covered.pulled_since
      OR ${placeOf(tag)} >= covered.newest_from)) END)`;

/**
 * Steps up to everything that needs a manifest: the indexes that name it, its subject, and all that needs
 * those. Referrers can form a cycle.
 */
export const STEPS_UP = `
  SELECT f.manifest_id FROM up JOIN manifests u ON u.id = up.id
    JOIN manifest_references f ON f.repository_id = u.repository_id AND f.digest = u.digest
  UNION
  SELECT s.id FROM up JOIN manifests u ON u.id = up.id
    JOIN manifests s ON s.repository_id = u.repository_id AND s.digest = u.subject`;

/** A manifest that more manifests than this need stays until there are fewer, so that one look costs no more. */
export const MOST_ABOVE = 100;

interface Judging {
  /** True for a tag `t` on a manifest if it keeps the manifest. */
  readonly tag: string;
  /** True if the manifest `u` is kept for a reason besides tags, deployments, rules and youth. */
  readonly also?: string;
}

/**
 * True if neither the manifest of a covered repository nor anything that needs it is kept. Rules do not
 * keep referrers: their subject does.
 */
export const isUnneeded = (manifest: string, { tag, also = "FALSE" }: Judging): string => `(
  WITH RECURSIVE up (id) AS (SELECT ${manifest}.id UNION ${STEPS_UP} LIMIT ${MOST_ABOVE})
  SELECT COUNT(*) < ${MOST_ABOVE} AND COUNT(CASE WHEN
    u.created_at > :judgedUntil OR ${also}
    OR EXISTS (
      SELECT 1 FROM tags t INDEXED BY tags_by_digest
      WHERE t.repository_id = u.repository_id AND t.digest = u.digest AND ${tag})
    OR ${isInUse("u")}
    OR u.subject IS NULL AND EXISTS (
      SELECT 1 FROM covered WHERE covered.repository_id = u.repository_id AND (
        u.created_at > covered.newer_than
        OR MAX(u.created_at, COALESCE(u.pulled_at, 0)) >= covered.pulled_since))
    THEN 1 END) = 0
  FROM up JOIN manifests u ON u.id = up.id)`;

/** The ids of manifests that are being taken, and of everything that needs them. */
export const TAKEN_AND_ABOVE = `
  WITH RECURSIVE up (id) AS (SELECT id FROM manifests WHERE marked_at = 0 UNION ${STEPS_UP}) SELECT id FROM up`;
