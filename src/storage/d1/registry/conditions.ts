/** Conditions on writes (If-Match, If-None-Match), as statements that end the write's own transaction: see migrations/0044. */
import type { WriteCondition } from "../../../registry/write-condition.ts";
import { type GatedStatement, REPOSITORY } from "../gate.ts";
import { jsonOrNull } from "../rows.ts";

/** What is there already, by the digest that it has. */
const MATCHES = (wanted: string): string => `(
  found.digest IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(${wanted}) one WHERE one.value IN ('*', found.digest)))`;

/**
 * Ends the transaction, unless all of these are as a condition wants them. ?8: JSON list of tags, or of digests of manifests; ?9: JSON list
 * of what they must be, or null; ?10: JSON list of what they must not be. A damaged manifest is absent: a push mends it.
 */
const REQUIRE_CONDITION = (found: string): string => `
  INSERT INTO unmet_conditions (name)
  SELECT wanted.value FROM json_each(?8) wanted LEFT JOIN ${found}
  WHERE ${REPOSITORY} IS NOT NULL AND ((?9 IS NOT NULL AND NOT ${MATCHES("?9")}) OR ${MATCHES("?10")}) LIMIT 1`;
export const REQUIRE_TAGS = REQUIRE_CONDITION(
  `tags found ON found.repository_id = ${REPOSITORY} AND found.name = wanted.value`,
);
export const REQUIRE_MANIFEST = REQUIRE_CONDITION(`manifests found
  ON found.repository_id = ${REPOSITORY} AND found.digest = wanted.value AND found.quarantined_at IS NULL`);

/** Like {@link REQUIRE_TAGS}, for a tag that is to be deleted: one that is absent fails by that. */
export const REQUIRE_TAG_IF_ANY = `
  INSERT INTO unmet_conditions (name)
  SELECT found.name FROM json_each(?8) wanted JOIN tags found ON found.repository_id = ${REPOSITORY} AND found.name = wanted.value
  WHERE (?9 IS NOT NULL AND NOT ${MATCHES("?9")}) OR ${MATCHES("?10")}`;

/** The statement, with what the condition asks of these; nothing where there is no condition. */
export function required(
  sql: string,
  condition: WriteCondition | null,
  names: readonly string[],
): readonly GatedStatement[] {
  if (condition === null) return [];
  const { match, noneMatch } = condition;
  return [{ sql, values: [JSON.stringify(names), jsonOrNull(match), JSON.stringify(noneMatch)] }];
}
