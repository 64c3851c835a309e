/**
 * The gate that every statement of the management API about a space goes through. {@link SPACE} is the
 * space's id only while the grant holds, so a statement that uses it cannot show or change anything
 * without a grant; the facts that run beside it say why.
 */
import * as z from "zod";
import type { SpaceRight } from "../../auth/space-grant.ts";
import { RegistryError } from "../../oci/errors.ts";
import { constrained } from "./constraints.ts";
import { CREDENTIAL_LIVE } from "./gate.ts";
import type { D1Reader } from "./reader.ts";
import { firstRow } from "./rows.ts";
import { type Results, runAll, type Statements } from "./statement.ts";

/**
 * A scalar subquery: the id of the grant's space, or null. Takes :space, :spaceId, :credentialId and :now,
 * which {@link runInSpace} gives.
 */
export const SPACE = `(
  SELECT g.id FROM spaces g WHERE g.name = :space AND g.deleted_at IS NULL
    AND (:spaceId IS NULL OR g.id = :spaceId) AND ${CREDENTIAL_LIVE})`;

const FACTS = `SELECT ${SPACE} AS space_id, ${CREDENTIAL_LIVE} AS credential_live`;

const factsRow = z.object({ space_id: z.int().nullable(), credential_live: z.int() });

/**
 * Runs the grant's facts and the statements as one batch: one round trip, one transaction. Throws
 * TOKEN_INVALID if the credential was revoked meanwhile, SPACE_UNKNOWN if the space is gone, and as
 * `constrained` does.
 */
export function runInSpace<S extends Statements>(
  db: D1Reader,
  grant: SpaceRight,
  statements: S,
  now?: number,
): Promise<Results<S>>;
export async function runInSpace(
  db: D1Reader,
  { space, spaceId, credentialId }: SpaceRight,
  statements: Statements,
  now = Date.now(),
): Promise<Results<Statements>> {
  const gate = { space, spaceId, credentialId, now };
  const gated = Object.entries(statements).map(
    ([name, statement]) => [name, statement && { ...statement, values: { ...statement.values, ...gate } }] as const,
  );
  const all = { facts: { sql: FACTS, values: gate }, ...Object.fromEntries(gated) };
  const { facts, ...results } = await constrained(runAll(db, all));
  confirm(firstRow(factsRow, facts));
  return results;
}

function confirm(facts: z.infer<typeof factsRow> | null): void {
  if (facts?.credential_live !== 1) throw new RegistryError("TOKEN_INVALID");
  if (facts.space_id === null) throw new RegistryError("SPACE_UNKNOWN");
}
