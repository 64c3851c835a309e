/** Returns the lines of a field, trimmed, without empty ones. */
export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Like linesOf, but returns undefined if there are none, so that the request leaves them out. */
export function linesOrNone(text: string): string[] | undefined {
  const lines = linesOf(text);
  return lines.length === 0 ? undefined : lines;
}
