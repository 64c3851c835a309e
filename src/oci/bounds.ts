/**
 * Limits are checked before the work that they bound. A schema looks at each element of a list before it complains of
 * the list's length, and at each character of a text before it complains of the text's. So the lengths that a schema
 * allows are checked first. test/oci/bounds.test.ts checks that each list, record and text of a schema has a limit.
 */
import * as z from "zod";

export interface Problem {
  /** The place in the input, like `layers.0.digest`; empty: the whole. */
  readonly path: string;
  readonly message: string;
}

type Path = readonly (string | number)[];

/**
 * A record with a limit on its entries. It uses JSON Schema's own keyword, so that the API's document states the limit
 * too.
 */
export function boundedRecord<V extends z.ZodType>(
  key: z.ZodString,
  value: V,
  max: number,
): z.ZodRecord<z.ZodString, V> {
  return z.record(key, value).meta({ maxProperties: max });
}

/**
 * Returns the most that a schema takes: entries of a list or record, characters of a text; null: the schema does not
 * say.
 */
export function maximumOf(schema: z.ZodType): number | null {
  if (schema instanceof z.ZodRecord) {
    const said = schema.meta()?.["maxProperties"];
    return typeof said === "number" ? said : null;
  }
  const limits = (schema.def.checks ?? []).filter((check) => check instanceof z.core.$ZodCheckMaxLength);
  return limits.length === 0 ? null : Math.min(...limits.map(({ _zod: { def } }) => def.maximum));
}

/** Returns the schema inside all wrappers, which checks its input first; without a wrapper, the schema itself. */
export function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in);
  const isWrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly;
  return isWrapper ? unwrapped(schema.unwrap()) : schema;
}

/** Finds the first length in the input that is over the schema's limit; null: there is none. */
export function boundsProblem(schema: z.core.$ZodType, input: unknown, path: Path = []): Problem | null {
  const inner = unwrapped(schema);
  if (typeof input === "string")
    return inner instanceof z.ZodString ? excess(inner, input.length, "characters", path) : null;
  if (Array.isArray(input)) return inner instanceof z.ZodArray ? listProblem(inner, input, path) : null;
  if (typeof input !== "object" || input === null) return null;
  if (inner instanceof z.ZodRecord) return recordProblem(inner, input, path);
  if (inner instanceof z.ZodObject) return objectProblem(inner, input, path);
  return null;
}

function listProblem(schema: z.ZodArray, input: readonly unknown[], path: Path): Problem | null {
  const tooLong = excess(schema, input.length, "entries", path);
  if (tooLong !== null) return tooLong;
  return firstOf(input, (entry, index) => boundsProblem(schema.element, entry, [...path, index]));
}

function recordProblem(schema: z.ZodRecord, input: object, path: Path): Problem | null {
  const entries = Object.entries(input);
  const tooLong = excess(schema, entries.length, "entries", path);
  if (tooLong !== null) return tooLong;
  return firstOf(
    entries,
    ([key, value]) =>
      boundsProblem(schema.keyType, key, [...path, key]) ?? boundsProblem(schema.valueType, value, [...path, key]),
  );
}

function objectProblem(schema: z.ZodObject, input: object, path: Path): Problem | null {
  const given = new Map<string, unknown>(Object.entries(input));
  return firstOf(Object.entries(schema.shape), ([key, field]) =>
    given.has(key) ? boundsProblem(field, given.get(key), [...path, key]) : null,
  );
}

function excess(schema: z.ZodType, length: number, unit: string, path: Path): Problem | null {
  const maximum = maximumOf(schema);
  if (maximum === null || length <= maximum) return null;
  const message = `it has ${length} ${unit}; the limit is ${maximum}`;
  return { path: path.join(".").slice(0, 200), message };
}

function firstOf<T>(items: readonly T[], problemOf: (item: T, index: number) => Problem | null): Problem | null {
  for (const [index, item] of items.entries()) {
    const problem = problemOf(item, index);
    if (problem !== null) return problem;
  }
  return null;
}
