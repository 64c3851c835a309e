/** Returns the code of an operating system's error, as in `ENOENT`; null for any other error. */
export function codeOf(cause: unknown): string | null {
  if (cause instanceof AggregateError) return codeOf(cause.errors[0]);
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : null;
}
