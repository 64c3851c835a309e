/** What addresses have after their `?`: as somebody typed it, or as the router read it, which takes `1` for a number. */

/** A text; undefined where it is none, or empty. */
export function textOf(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  return String(value) || undefined;
}

/** One of several; undefined where it is none of them. */
export function choiceOf<T extends string | number>(choices: readonly T[], value: unknown): T | undefined {
  return choices.find((choice) => String(choice) === textOf(value));
}

/** What an address says is text: a tag that looks like a number, such as 1.0, stays as it is. */
export function parseSearchValue(text: string): unknown {
  if (/^(?:[[{"]|(?:true|false|null)$)/.test(text)) return JSON.parse(text);
  throw new SyntaxError("text");
}
