import * as z from "zod";

/** JSON that others wrote: the console shows the parts that it understands, and trusts none of them. */

/** Parses JSON; undefined if it is none. */
export function parseJson(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A field that may hold anything: its text, or null. */
export const text = z.string().nullable().catch(null);

/** A field that may hold anything: a list of the entries that have the shape. */
export function listOf<S extends z.ZodType>(shape: S): z.ZodType<z.output<S>[]> {
  return z
    .array(z.unknown())
    .catch([])
    .transform((entries) =>
      entries.flatMap((entry) => {
        const { success, data } = shape.safeParse(entry);
        return success ? [data] : [];
      }),
    );
}

export const texts = listOf(z.string());

/** A name and its value, whatever the names are. Values other than text are given as JSON. */
export type Entry = readonly [name: string, value: string];

export const entries: z.ZodType<readonly Entry[]> = z
  .unknown()
  .optional()
  .transform((value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
    return Object.entries(value).map(([name, one]): Entry => [
      name,
      // Go reads null as an empty text.
      typeof one === "string" ? one : one === null ? "" : JSON.stringify(one),
    ]);
  });
