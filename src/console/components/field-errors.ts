import { type FieldProblem, fieldProblemsOf } from "../api/client.ts";
import { sentence } from "./notice.tsx";

/** The API's problems with a form's fields. */
export interface FieldErrors {
  /**
   * Returns the problem with a field or with a part of it, by the field's path in the request; undefined if there is
   * none.
   */
  readonly at: (path: string) => string | undefined;
  /** The whole error, if any of it belongs to no visible field; else null. */
  readonly elsewhere: Error | null;
}

/**
 * Assigns the API's problems to the fields of a form.
 * @param error the request's error.
 * @param fields the paths that the form shows. A problem with a deeper path belongs to the longest of them that leads
 * to it.
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
