/** What a field of several lines holds. */
export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Likewise; undefined where there is nothing, so that it is left out of a request. */
export function linesOrNone(text: string): string[] | undefined {
  const lines = linesOf(text);
  return lines.length === 0 ? undefined : lines;
}
