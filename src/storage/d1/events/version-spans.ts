import * as z from "zod";
import type { VersionSpan } from "../../../events/version/key.ts";
import { rows } from "../rows.ts";
import type { Statement, Values } from "../statement.ts";

/** SQL for rows that have versions; `x` is the table with the columns that migration 0034 describes. */
interface SpanQuery {
  /** An expression for a row's JSON object. */
  readonly json: string;
  /** The table and the conditions on its rows. Another condition can follow. */
  readonly from: string;
}

/** Queries for the newest rows of each of the `:spans`, at most `:limit` of each. */
interface SpanQueries {
  /** Compares versions as they are written. */
  readonly written: string;
  /** Compares versions with capitals folded. */
  readonly folded: string;
}

export function spanQueries(query: SpanQuery): SpanQueries {
  return { written: queryBy("version", 0, query), folded: queryBy("version_folded", 1, query) };
}

function queryBy(column: string, folded: number, { json, from }: SpanQuery): string {
  return `
  SELECT (
    SELECT json_group_array(json(found)) FROM (
      SELECT ${json} AS found FROM ${from} AND x.version_kind = s.value ->> 'kind'
        AND x.${column} >= s.value ->> 'from' AND x.${column} <= s.value ->> 'to'
      ORDER BY x.${column} DESC LIMIT :limit)) AS found
  FROM json_each(:spans) s WHERE s.value ->> 'folded' = ${folded}`;
}

/** Sorts after every version. */
const NO_END = "~";

/** Makes the statements for these spans. Few rules fold capitals; the others need no second statement. */
export function spanStatements(
  { written, folded }: SpanQueries,
  spans: readonly VersionSpan[],
  others: Values,
): { readonly written: Statement; readonly folded: Statement | undefined } {
  const values = {
    ...others,
    spans: JSON.stringify(spans.map((span) => ({ ...span, folded: Number(span.folded), to: span.to ?? NO_END }))),
  };
  return {
    written: { sql: written, values },
    folded: spans.some((span) => span.folded) ? { sql: folded, values } : undefined,
  };
}

const foundRow = z.object({ found: z.string() });

/** Reads the rows of all spans. `isCut` is true if one of them may have more. */
export function foundInSpans<S extends z.ZodType>(
  shape: S,
  { written, folded }: { readonly written: D1Result | undefined; readonly folded?: D1Result | undefined },
  limit: number,
): { readonly found: readonly z.output<S>[]; readonly isCut: boolean } {
  const list = z.array(shape);
  const spans = [...rows(foundRow, written), ...rows(foundRow, folded)].map(({ found }) =>
    list.parse(JSON.parse(found)),
  );
  return { found: spans.flat(), isCut: spans.some(({ length }) => length >= limit) };
}
