import { z } from "zod";

/** The rows of a query's result, checked against the shape that stands beside its SQL. */
export function rows<S extends z.ZodType>(shape: S, result: D1Result | undefined): z.output<S>[] {
  return (result?.results ?? []).map((row) => shape.parse(row));
}

/** The first row of a query's result, or null. */
export function firstRow<S extends z.ZodType>(shape: S, result: D1Result | undefined): z.output<S> | null {
  return rows(shape, result)[0] ?? null;
}

export function isEmpty(result: D1Result | undefined): boolean {
  return (result?.results.length ?? 0) === 0;
}

/** A column that holds a JSON list of texts. */
export const patternsColumn = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.array(z.string()));

/** A value as a JSON column keeps it: null for what is absent. */
export function jsonOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
