import { type FieldProblem, fieldProblemsOf } from "../api/client.ts";
import { sentence } from "./notice.tsx";

/** What the API has to say of a form's fields. */
export interface FieldErrors {
  /** Of a field, by its path in the request, or of what is in it; undefined: nothing. */
  readonly at: (path: string) => string | undefined;
  /** What is wrong with no field that is shown; null: nothing. */
  readonly elsewhere: Error | null;
}

/**
 * @param error of the request; @param fields the paths that the form shows, of which an error in a deeper one belongs to the
 * longest that leads to it.
 */
export function fieldErrors(error: Error | null, fields: readonly string[]): FieldErrors {
  const problems = fieldProblemsOf(error).map((problem) => ({
    message: problem.message,
    field: fieldOf(problem, fields),
  }));
  return {
    at: (path) => {
      const messages = problems.filter(({ field }) => field === path).map(({ message }) => sentence(message));
      return messages.length === 0 ? undefined : messages.join(" ");
    },
    elsewhere: problems.length > 0 && problems.every(({ field }) => field !== undefined) ? null : error,
  };
}

function fieldOf({ path }: FieldProblem, fields: readonly string[]): string | undefined {
  return fields
    .filter((field) => path === field || path.startsWith(`${field}.`))
    .toSorted((a, b) => b.length - a.length)[0];
}
