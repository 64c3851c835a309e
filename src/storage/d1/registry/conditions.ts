/** Conditions on writes (If-Match, If-None-Match), as statements that end the write's own transaction: see migrations/0044. */
import type { WriteCondition } from "../../../registry/write-condition.ts";
import { type GatedStatement, REPOSITORY } from "../gate.ts";
import { jsonOrNull } from "../rows.ts";

/** Returns a condition: the present content, with `found.digest`, is among the wanted. */
const matches = (wanted: string): string => `(
  found.digest IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(${wanted}) one WHERE one.value IN ('*', found.digest)))`;

/**
 * Ends the transaction unless all of the names, which are tags or digests of manifests, are as the
 * condition wants (both are JSON lists). A damaged manifest counts as absent: a push mends it.
 */
const requireCondition = (found: string): string => `
  INSERT INTO unmet_conditions (name)
  SELECT wanted.value FROM json_each(:names) wanted LEFT JOIN ${found}
  WHERE ${REPOSITORY} IS NOT NULL AND ((:match IS NOT NULL AND NOT ${matches(":match")}) OR ${matches(":noneMatch")}) LIMIT 1`;
export const REQUIRE_TAGS = requireCondition(
  `tags found ON found.repository_id = ${REPOSITORY} AND found.name = wanted.value`,
);
export const REQUIRE_MANIFEST = requireCondition(`manifests found
  ON found.repository_id = ${REPOSITORY} AND found.digest = wanted.value AND found.quarantined_at IS NULL`);

/** Like {@link REQUIRE_TAGS}, for a tag that is to be deleted: the deletion of an absent one fails by itself. */
export const REQUIRE_TAG_IF_ANY = `
  INSERT INTO unmet_conditions (name)
  SELECT found.name FROM json_each(:names) wanted JOIN tags found ON found.repository_id = ${REPOSITORY} AND found.name = wanted.value
  WHERE (:match IS NOT NULL AND NOT ${matches(":match")}) OR ${matches(":noneMatch")}`;

/** Makes the statement with the names that the condition is about; none if there is no condition. */
export function required(
  sql: string,
  condition: WriteCondition | null,
  names: readonly string[],
): GatedStatement | undefined {
  if (condition === null) return undefined;
  const { match, noneMatch } = condition;
  const values = { names: JSON.stringify(names), match: jsonOrNull(match), noneMatch: JSON.stringify(noneMatch) };
  return { sql, values };
}
