import type { z } from "zod";
import { boundsProblem, type Problem } from "./bounds.ts";

export type Parsed<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** More than anybody reads. */
const MAX_PROBLEMS = 20;

/** Parses what a client sent, having looked at its lengths. However much is wrong with it, that is the client's fault and not ours. */
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
    // zod gathers problems on the stack, which some hundred thousand of them overflow.
    if (error instanceof RangeError)
      return { ok: false, problems: [{ path: "", message: "it has too many problems" }] };
    throw error;
  }
}
