import * as z from "zod";

/** One of these values, or one that only a newer server knows; an older command line shows it as it is. */
export type OpenEnum<T extends string> = T | (string & Record<never, never>);

export function openEnum<const T extends string>(_known: readonly T[]): z.ZodType<OpenEnum<T>> {
  return z.string();
}
