import { z } from "zod";
import type { VersionSpan } from "../../../events/version/key.ts";
import { rows } from "../rows.ts";

/** What a row of versions is made of, in SQL; `x` is the table with the columns that migration 0034 tells of. */
interface SpanQuery {
  /** A JSON object for each row. */
  readonly json: string;
  /** The table, and which of its rows, up to WHERE's last condition. */
  readonly from: string;
  /** Parameters: the JSON list of spans, and how many rows each may have. */
  readonly spans: string;
  readonly limit: string;
}

const COLUMNS = ["version", "version_folded"] as const;

/** Two queries for the newest rows of each span: one by the versions as they are written, one by those with capitals folded. */
export function spanQueries({ json, from, spans, limit }: SpanQuery): readonly string[] {
  return COLUMNS.map(
    (column, folded) => `
  SELECT (
    SELECT json_group_array(json(found)) FROM (
      SELECT ${json} AS found FROM ${from} AND x.version_kind = s.value ->> 'kind'
        AND x.${column} >= s.value ->> 'from' AND x.${column} <= s.value ->> 'to'
      ORDER BY x.${column} DESC LIMIT ${limit})) AS found
  FROM json_each(${spans}) s WHERE s.value ->> 'folded' = ${folded}`,
  );
}

/** Sorts after every version. */
const NO_END = "~";

/** Spans as the queries take them. */
export function spansParameter(spans: readonly VersionSpan[]): string {
  return JSON.stringify(spans.map((span) => ({ ...span, folded: Number(span.folded), to: span.to ?? NO_END })));
}

const foundRow = z.object({ found: z.string() });

/** The rows of all spans, and whether one of them may have more. */
export function foundInSpans<S extends z.ZodType>(
  shape: S,
  results: readonly (D1Result | undefined)[],
  limit: number,
): { readonly found: readonly z.output<S>[]; readonly isCut: boolean } {
  const list = z.array(shape);
  const spans = results.flatMap((result) => rows(foundRow, result)).map(({ found }) => list.parse(JSON.parse(found)));
  return { found: spans.flat(), isCut: spans.some(({ length }) => length >= limit) };
}
