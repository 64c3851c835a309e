import * as z from "zod";
import type { Values } from "./statement.ts";

/** Returns the rows of a query's result, checked against the shape that stands beside its SQL. */
export function rows<S extends z.ZodType>(shape: S, result: D1Result | undefined): z.output<S>[] {
  return (result?.results ?? []).map((row) => shape.parse(row));
}

/** Returns the first row of a query's result, or null. */
export function firstRow<S extends z.ZodType>(shape: S, result: D1Result | undefined): z.output<S> | null {
  return rows(shape, result)[0] ?? null;
}

/** Returns the first row of a query that always has one. */
export function requireRow<S extends z.ZodType>(shape: S, result: D1Result): z.output<S> {
  const row = firstRow(shape, result);
  if (row === null) throw new Error("a query that always has a row had none");
  return row;
}

export function isEmpty(result: D1Result | undefined): boolean {
  return (result?.results.length ?? 0) === 0;
}

/** Parses a column that holds a JSON list of texts. */
export const textsColumn = jsonColumn(z.array(z.string()));

/** Parses a column that holds JSON of this shape. */
export function jsonColumn<S extends z.ZodType>(shape: S) {
  return z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(shape);
}

/** Returns a value as a JSON column keeps it: null if absent. */
export function jsonOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

/** Makes the values for a statement's `IIF(:nameGiven, :name, column)`: it sets the column if there is a value, which may be null. */
export function given(name: string, value: string | number | null | undefined): Values {
  return { [name]: value ?? null, [`${name}Given`]: Number(value !== undefined) };
}
