/** Parameters after an address's `?`: typed by a person, or read by the router, which takes `1` for a number. */

/** Returns the value as text; undefined if it is no text, or empty. */
export function textOf(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  return String(value) || undefined;
}

/** Returns the choice that the value names; undefined if it names none. */
export function choiceOf<T extends string | number>(choices: readonly T[], value: unknown): T | undefined {
  return choices.find((choice) => String(choice) === textOf(value));
}

/** Parses a value of an address as text, so that a tag that looks like a number, such as 1.0, stays as it is. */
export function parseSearchValue(text: string): unknown {
  if (/^(?:[[{"]|(?:true|false|null)$)/.test(text)) return JSON.parse(text);
  throw new SyntaxError("text");
}
