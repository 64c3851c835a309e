/**
 * An error that the person can do something about. Its message is a sentence that says what happened, then what to do.
 */
export class Problem extends Error {
  override readonly name = "Problem";
}

/** Returns the error that ended a command as a sentence, without a stack. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  return `something unexpected happened: ${message}. Run the command again; if it stays, report it with the lines above`;
}
