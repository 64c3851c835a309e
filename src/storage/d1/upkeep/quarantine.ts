import * as z from "zod";
import { requireDigest } from "../../../oci/digest.ts";
import { type RepositoryName, requireRepositoryName } from "../../../oci/name.ts";
import { DAMAGES } from "../../../registry/damage.ts";
import type { ChangedObject, ObjectKind, QuarantineStore, ScrubbedObject } from "../../../upkeep/scrub-stores.ts";
import { firstRow, rows, textsColumn } from "../rows.ts";
import { run, runAll, sharing } from "../statement.ts";

const damage = z.enum(DAMAGES).nullable();
const objectRow = z.object({ digest: z.string(), key: z.string(), size: z.int(), damage });
const changedRow = z.object({ digest: z.string(), key: z.string(), damage, holders: textsColumn });

/**
 * The most holders whose cached content is forgotten at once: an invocation may ask a cache only so often.
 * The others' entries expire by themselves.
 */
const MAX_HOLDERS = 20;

const namesOf = (ids: string): string => `(
  SELECT json_group_array(found.name) FROM (
    SELECT s.name || '/' || r.path AS name
    FROM repositories r JOIN spaces s ON s.id = r.space_id AND s.deleted_at IS NULL
    WHERE r.deleted_at IS NULL AND r.id IN (${ids}) LIMIT ${MAX_HOLDERS}) found)`;

/** A JSON list of some of the repositories that have a row's content. */
const HOLDERS: Readonly<Record<ObjectKind, string>> = {
  blobs: namesOf("SELECT rb.repository_id FROM repository_blobs rb WHERE rb.digest = blobs.digest"),
  manifests: namesOf("manifests.repository_id"),
};

const nextOf = (table: ObjectKind): string => `
  SELECT digest, key, size, damage FROM ${table} WHERE key > :after ORDER BY key LIMIT :limit`;

/**
 * Makes a statement that quarantines or releases rows. Each object has a fresh key, so a key names both
 * the row and the bytes that were looked at.
 */
const applyTo = (table: ObjectKind): string => `
  UPDATE ${table}
  SET damage = result.value ->> 'damage',
    quarantined_at = IIF(result.value ->> 'damage' IS NULL, NULL, COALESCE(${table}.quarantined_at, :now))
  FROM json_each(:results) result
  WHERE ${table}.key = result.value ->> 'key' AND ${table}.damage IS NOT result.value ->> 'damage'
  RETURNING digest, key, damage, ${HOLDERS[table]} AS holders`;

const APPLY = { blobs: applyTo("blobs"), manifests: applyTo("manifests") };

/** Quarantines and releases content, in the rows of blobs and manifests. */
export function d1Quarantine(db: D1Database): QuarantineStore {
  return {
    async next(kind, after, limit) {
      return rows(objectRow, await run(db, nextOf(kind), { after, limit })).map(objectFromRow);
    },

    async apply(found, now) {
      const values = { results: JSON.stringify(found), now };
      const { blobs, manifests } = await runAll(db, sharing(values, APPLY));
      return [...rows(changedRow, blobs), ...rows(changedRow, manifests)].map(changedFromRow);
    },
  };
}

const FIND_HOLDERS = `SELECT ${HOLDERS.blobs} AS holders FROM blobs WHERE key = :key`;
const holdersRow = z.object({ holders: textsColumn });

/** Finds some of the repositories that have the blob whose bytes are under this key. */
export async function findHolders(db: D1Database, key: string): Promise<readonly RepositoryName[]> {
  const row = firstRow(holdersRow, await run(db, FIND_HOLDERS, { key }));
  return (row?.holders ?? []).map((name) => requireRepositoryName(name));
}

function changedFromRow({ holders, ...row }: z.infer<typeof changedRow>): ChangedObject {
  return { ...row, holders: holders.map((name) => requireRepositoryName(name)) };
}

function objectFromRow({ digest, ...row }: z.infer<typeof objectRow>): ScrubbedObject {
  return { ...row, digest: requireDigest(digest) };
}
