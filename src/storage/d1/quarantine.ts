import { z } from "zod";
import { type Digest, requireDigest } from "../../oci/digest.ts";
import { type RepositoryName, requireRepositoryName } from "../../oci/name.ts";
import { DAMAGES } from "../../registry/damage.ts";
import type { ObjectKind, QuarantineStore, ScrubbedObject, Verdict } from "../../upkeep/scrub-stores.ts";
import { rows } from "./rows.ts";

const damage = z.enum(DAMAGES).nullable();
const objectRow = z.object({ digest: z.string(), key: z.string(), size: z.int(), damage });
const verdictRow = z.object({ digest: z.string(), key: z.string(), damage });

const NEXT = (table: ObjectKind): string => `
  SELECT digest, key, size, damage FROM ${table} WHERE key > ?1 ORDER BY key LIMIT ?2`;

/** Keys are fresh for each object, so a key names both the row and the bytes that were looked at. */
const JUDGE = (table: ObjectKind): string => `
  UPDATE ${table}
  SET damage = verdict.value ->> 'damage',
    quarantined_at = IIF(verdict.value ->> 'damage' IS NULL, NULL, COALESCE(${table}.quarantined_at, ?2))
  FROM json_each(?1) verdict
  WHERE ${table}.key = verdict.value ->> 'key' AND ${table}.damage IS NOT verdict.value ->> 'damage'
  RETURNING digest, key, damage`;

/** Quarantine, in the rows of what is quarantined. */
export function d1Quarantine(db: D1Database): QuarantineStore {
  return {
    async next(kind, after, limit) {
      return rows(objectRow, await db.prepare(NEXT(kind)).bind(after, limit).all()).map(objectFromRow);
    },

    async judge(verdicts, now) {
      const values = [JSON.stringify(verdicts), now];
      const statements = (["blobs", "manifests"] as const).map((table) => db.prepare(JUDGE(table)).bind(...values));
      const results = await db.batch(statements);
      return results.flatMap((result): readonly Verdict[] => rows(verdictRow, result));
    },
  };
}

/** More are forgotten when their time is over: an invocation may ask a cache only so often. */
const MAX_HOLDERS = 20;

/** ?1: JSON list of keys. */
const HOLDERS = `
  SELECT found.digest, s.name || '/' || r.path AS name
  FROM (
    SELECT b.digest, rb.repository_id FROM json_each(?1) wanted
      CROSS JOIN blobs b ON b.key = wanted.value CROSS JOIN repository_blobs rb ON rb.digest = b.digest
    UNION ALL
    SELECT m.digest, m.repository_id FROM json_each(?1) wanted CROSS JOIN manifests m ON m.key = wanted.value) found
    JOIN repositories r ON r.id = found.repository_id AND r.deleted_at IS NULL
    JOIN spaces s ON s.id = r.space_id AND s.deleted_at IS NULL
  LIMIT ${MAX_HOLDERS}`;

const holderRow = z.object({ digest: z.string(), name: z.string() });

/** Some of the repositories that have what these keys hold. */
export async function findHolders(db: D1Database, keys: readonly string[]): Promise<readonly Holder[]> {
  const found = rows(holderRow, await db.prepare(HOLDERS).bind(JSON.stringify(keys)).all());
  return found.map(({ digest, name }) => ({ digest: requireDigest(digest), name: requireRepositoryName(name) }));
}

interface Holder {
  readonly digest: Digest;
  readonly name: RepositoryName;
}

function objectFromRow({ digest, ...row }: z.infer<typeof objectRow>): ScrubbedObject {
  return { ...row, digest: requireDigest(digest) };
}
