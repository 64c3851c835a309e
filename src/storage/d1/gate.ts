/**
 * The gate that every statement about a repository goes through. It gives each statement the parameters of
 * {@link GrantValues}, which describe the grant. {@link REPOSITORY} is the repository's id only while the
 * grant holds, so a statement that uses it cannot show or change anything without a grant; the facts that
 * run beside it say why.
 */
import { confirmGrant, type Grant, type GrantFacts } from "../../auth/grant.ts";
import * as z from "zod";
import { RegistryError } from "../../oci/errors.ts";
import type { Usage } from "../../registry/usage.ts";
import { constrained } from "./constraints.ts";
import type { D1Reader } from "./reader.ts";
import { firstRow } from "./rows.ts";
import { type Results, resultsOf, runAll, type Statement, type Statements, type Values } from "./statement.ts";
import { USAGE_COLUMNS, usageFromRow, usageRow, withFigures } from "./usage.ts";

export const CREDENTIAL_LIVE = `(:credentialId IS NULL OR EXISTS (
  SELECT 1 FROM tokens t WHERE t.id = :credentialId AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > :now)))`;

/** A scalar subquery: the id of the grant's repository, or null. */
export const REPOSITORY = `(
  SELECT r.id FROM spaces s JOIN repositories r ON r.space_id = s.id AND r.path = :path AND r.deleted_at IS NULL
  WHERE s.name = :space AND s.deleted_at IS NULL
    AND (:spaceId IS NULL OR s.id = :spaceId) AND (:repositoryId IS NULL OR r.id = :repositoryId)
    AND (:publicOnly = 0 OR s.public = 1 OR r.public = 1) AND ${CREDENTIAL_LIVE})`;

const FACTS = `
  SELECT s.id AS space_id, r.id AS repository_id, (s.public = 1 OR COALESCE(r.public, 0) = 1) AS is_public,
    ${CREDENTIAL_LIVE} AS credential_live
  FROM (SELECT 1) LEFT JOIN spaces s ON s.name = :space AND s.deleted_at IS NULL
    LEFT JOIN repositories r ON r.space_id = s.id AND r.path = :path AND r.deleted_at IS NULL`;

/** Makes the grant's repository unless it is there. A grant for one particular repository does not make another. */
const ENSURE_REPOSITORY = `
  INSERT INTO repositories (space_id, path, created_at)
  SELECT s.id, :path, :now FROM spaces s
  WHERE s.name = :space AND s.deleted_at IS NULL AND s.id = :spaceId AND :repositoryId IS NULL AND :publicOnly = 0 AND ${CREDENTIAL_LIVE}
    AND NOT EXISTS (SELECT 1 FROM repositories r WHERE r.space_id = s.id AND r.path = :path AND r.deleted_at IS NULL)`;

/** Returns the usage of the space of a grant to push or manage, at this point of the batch. */
const USAGE = `
  SELECT ${USAGE_COLUMNS} FROM spaces WHERE name = :space AND deleted_at IS NULL AND (:spaceId IS NULL OR id = :spaceId) AND :publicOnly = 0`;

const factsRow = z.object({
  space_id: z.int().nullable(),
  repository_id: z.int().nullable(),
  is_public: z.int().nullable(),
  credential_live: z.int(),
});

/** The gate's own parameters: the grant, and the time. */
interface GrantValues {
  readonly space: string;
  readonly path: string;
  readonly spaceId: number | null;
  readonly repositoryId: number | null;
  readonly credentialId: string | null;
  readonly now: number;
  readonly publicOnly: number;
}

/** A statement behind the gate. */
export interface GatedStatement {
  readonly sql: string;
  /** Further parameters; their names must differ from the gate's. */
  readonly values?: Values & { readonly [name in keyof GrantValues]?: never };
  /** The grant for another repository than the batch's: a mount's source. */
  readonly grant?: Grant;
}

/** Statements behind the gate, by names that do not begin with `gate`; see {@link Statements}. */
export type GatedStatements = Readonly<Record<string, GatedStatement | undefined>>;

export interface GatedResults<S> {
  readonly facts: GrantFacts;
  /** The results by the statements' names. */
  readonly results: Results<S>;
}

/**
 * Runs the grant's facts and the statements as one batch: one round trip, one transaction. Throws as
 * `confirmGrant` and `constrained` do.
 */
export async function runGated<S extends GatedStatements>(
  db: D1Reader,
  grant: Grant,
  statements: S,
  now = Date.now(),
): Promise<GatedResults<S>> {
  const work = runAll(db, {
    gateFacts: { sql: FACTS, values: grantValues(grant, now) },
    ...behindGate(grant, statements, now),
  });
  const usage = async (): Promise<Usage> => (await runWithUsage(db, grant, {})).usage;
  const results = await withFigures(constrained(work), usage);
  const facts = factsFromRow(firstRow(factsRow, results.gateFacts));
  confirmGrant(grant, facts);
  return { facts, results: resultsOf(statements, results) };
}

/** Results with the usage of the grant's space, after the statements. */
interface PushResults<S> extends GatedResults<S> {
  readonly usage: Usage;
}

/** Runs the statements as {@link runWithUsage} does, after one that makes the grant's repository if it is absent. */
export async function runGatedPush<S extends GatedStatements>(
  db: D1Database,
  grant: Grant,
  statements: S,
): Promise<PushResults<S>> {
  const all = { gateEnsure: { sql: ENSURE_REPOSITORY }, ...statements };
  const { facts, results, usage } = await runWithUsage(db, grant, all);
  return { facts, results: resultsOf(statements, results), usage };
}

/** Runs the statements as {@link runGated} does, and returns the usage of the grant's space too. */
export async function runWithUsage<S extends GatedStatements>(
  db: D1Reader,
  grant: Grant,
  statements: S,
): Promise<PushResults<S>> {
  const all: GatedStatements = { ...statements, gateUsage: { sql: USAGE } };
  const { facts, results } = await runGated(db, grant, all);
  const usage = usageFromRow(firstRow(usageRow, results["gateUsage"]));
  return { facts, results: resultsOf(statements, results), usage };
}

/** Returns the results of statements about a repository that must exist. Throws NAME_UNKNOWN. */
export function requireRepository<S>({ facts, results }: GatedResults<S>): Results<S> {
  if (facts.repositoryId === null) throw new RegistryError("NAME_UNKNOWN");
  return results;
}

function behindGate(grant: Grant, statements: GatedStatements, now: number): Statements {
  const gated = Object.entries(statements).flatMap(([name, statement]): [string, Statement][] => {
    if (statement === undefined) return [];
    const { sql, values, grant: own = grant } = statement;
    return [[name, { sql, values: { ...values, ...grantValues(own, now) } }]];
  });
  return Object.fromEntries(gated);
}

function grantValues(
  { name, spaceId, repositoryId, credentialId, publicOnly }: Grant,
  now: number,
): GrantValues & Values {
  const { space, path } = name;
  return { space, path, spaceId, repositoryId, credentialId, now, publicOnly: publicOnly ? 1 : 0 };
}

function factsFromRow(row: z.infer<typeof factsRow> | null): GrantFacts {
  return {
    spaceId: row?.space_id ?? null,
    repositoryId: row?.repository_id ?? null,
    isPublic: row?.is_public === 1,
    credentialLive: row?.credential_live === 1,
  };
}
