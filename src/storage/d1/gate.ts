/**
 * The gate that every statement about a repository goes through. Its parameters ?1 to ?7 describe the grant, in
 * every statement; {@link REPOSITORY} is the repository's id only while the grant holds, so a statement that uses
 * it can neither show nor change anything without a grant, and the facts that run beside it say why.
 */
import { confirmGrant, type Grant, type GrantFacts } from "../../auth/grant.ts";
import { z } from "zod";
import { RegistryError } from "../../oci/errors.ts";
import type { Usage } from "../../registry/usage.ts";
import { constrained } from "./constraints.ts";
import type { D1Reader } from "./reader.ts";
import { firstRow } from "./rows.ts";
import { USAGE_COLUMNS, usageFromRow, usageRow, withFigures } from "./usage.ts";

export const CREDENTIAL_LIVE = `(?5 IS NULL OR EXISTS (
  SELECT 1 FROM tokens t WHERE t.id = ?5 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?6)))`;

/** A scalar subquery: the id of the grant's repository, or null. */
export const REPOSITORY = `(
  SELECT r.id FROM spaces s JOIN repositories r ON r.space_id = s.id AND r.path = ?2 AND r.deleted_at IS NULL
  WHERE s.name = ?1 AND s.deleted_at IS NULL
    AND (?3 IS NULL OR s.id = ?3) AND (?4 IS NULL OR r.id = ?4)
    AND (?7 = 0 OR s.public = 1 OR r.public = 1) AND ${CREDENTIAL_LIVE})`;

const FACTS = `
  SELECT s.id AS space_id, r.id AS repository_id, (s.public = 1 OR COALESCE(r.public, 0) = 1) AS is_public,
    ${CREDENTIAL_LIVE} AS credential_live, ?3, ?4, ?7
  FROM (SELECT 1) LEFT JOIN spaces s ON s.name = ?1 AND s.deleted_at IS NULL
    LEFT JOIN repositories r ON r.space_id = s.id AND r.path = ?2 AND r.deleted_at IS NULL`;

/** Makes the grant's repository unless it is there. A grant for a certain repository does not make another. */
const ENSURE_REPOSITORY = `
  INSERT INTO repositories (space_id, path, created_at)
  SELECT s.id, ?2, ?6 FROM spaces s
  WHERE s.name = ?1 AND s.deleted_at IS NULL AND s.id = ?3 AND ?4 IS NULL AND ?7 = 0 AND ${CREDENTIAL_LIVE}
    AND NOT EXISTS (SELECT 1 FROM repositories r WHERE r.space_id = s.id AND r.path = ?2 AND r.deleted_at IS NULL)`;

/** What the space of a grant to push or manage has, at this point of the batch. */
const USAGE = `
  SELECT ${USAGE_COLUMNS} FROM spaces WHERE name = ?1 AND deleted_at IS NULL AND (?3 IS NULL OR id = ?3) AND ?7 = 0`;

const factsRow = z.object({
  space_id: z.int().nullable(),
  repository_id: z.int().nullable(),
  is_public: z.int().nullable(),
  credential_live: z.int(),
});

/** A statement behind the gate: its own parameters start at ?8. */
export interface GatedStatement {
  readonly sql: string;
  readonly values?: readonly (string | number | null)[];
  /** Where the statement is about another repository than the batch: a mount's source. */
  readonly grant?: Grant;
}

export interface GatedResults {
  readonly facts: GrantFacts;
  /** One for each statement, in order. */
  readonly results: readonly D1Result[];
}

/** Runs the grant's facts and the statements as one batch: one round trip, one transaction. Throws as `confirmGrant` and `constrained` do. */
export async function runGated(
  db: D1Reader,
  grant: Grant,
  statements: readonly GatedStatement[],
  now = Date.now(),
): Promise<GatedResults> {
  const all: readonly GatedStatement[] = [{ sql: FACTS }, ...statements];
  const work = db.batch(
    all.map(({ sql, values = [], grant: own = grant }) => db.prepare(sql).bind(...gateValues(own, now), ...values)),
  );
  const usage = async (): Promise<Usage> => (await runWithUsage(db, grant, [])).usage;
  const [first, ...results] = await withFigures(constrained(work), usage);
  const facts = factsFromRow(firstRow(factsRow, first));
  confirmGrant(grant, facts);
  return { facts, results };
}

/** With what the grant's space has, after the statements. */
interface PushResults extends GatedResults {
  readonly usage: Usage;
}

/** Likewise for statements that need the repository to be made, if it is not there. */
export async function runGatedPush(
  db: D1Database,
  grant: Grant,
  statements: readonly GatedStatement[],
): Promise<PushResults> {
  const { facts, results, usage } = await runWithUsage(db, grant, [{ sql: ENSURE_REPOSITORY }, ...statements]);
  return { facts, results: results.slice(1), usage };
}

/** Likewise for no more than to see what a push meets. */
export async function runWithUsage(
  db: D1Reader,
  grant: Grant,
  statements: readonly GatedStatement[],
): Promise<PushResults> {
  const { facts, results } = await runGated(db, grant, [...statements, { sql: USAGE }]);
  const usage = usageFromRow(firstRow(usageRow, results.at(-1)));
  return { facts, results: results.slice(0, -1), usage };
}

/** The results, of statements about a repository that must be there. Throws NAME_UNKNOWN. */
export function requireRepository({ facts, results }: GatedResults): readonly D1Result[] {
  if (facts.repositoryId === null) throw new RegistryError("NAME_UNKNOWN");
  return results;
}

function gateValues(grant: Grant, now: number): readonly (string | number | null)[] {
  const { name, spaceId, repositoryId, credentialId, publicOnly } = grant;
  return [name.space, name.path, spaceId, repositoryId, credentialId, now, publicOnly ? 1 : 0];
}

function factsFromRow(row: z.infer<typeof factsRow> | null): GrantFacts {
  return {
    spaceId: row?.space_id ?? null,
    repositoryId: row?.repository_id ?? null,
    isPublic: row?.is_public === 1,
    credentialLive: row?.credential_live === 1,
  };
}
