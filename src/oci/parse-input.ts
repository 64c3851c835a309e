import type * as z from "zod";
import { boundsProblem, type Problem } from "./bounds.ts";

export type Parsed<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The most problems to report: more than anybody reads. */
const MAX_PROBLEMS = 20;

/**
 * Parses a client's input, after a check of its lengths. Any fault in it, however large, is reported as the client's
 * and not as ours.
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): Parsed<z.output<S>> {
  const tooLong = boundsProblem(schema, input);
  if (tooLong !== null) return { ok: false, problems: [tooLong] };
  try {
    const result = schema.safeParse(input);
    if (result.success) return { ok: true, data: result.data };
    const problems = result.error.issues.slice(0, MAX_PROBLEMS).map(({ path, message }) => ({
      path: path.join(".").slice(0, 200),
      message: message.slice(0, 200),
    }));
    return { ok: false, problems };
  } catch (error) {
    // zod gathers problems on the stack, which overflows at some hundred thousand of them.
    if (error instanceof RangeError)
      return { ok: false, problems: [{ path: "", message: "it has too many problems" }] };
    throw error;
  }
}
