/** The most levels of lists and objects: far more than real JSON has, and less than parsers and printers can take. */
const MAX_DEPTH = 100;

/** The most entries of all lists and objects together. A manifest of ten thousand layers has a third of that. */
const MAX_ENTRIES = 125_000;

/** The most fields of one object. To make an object of many fields takes far longer than a list. */
const MAX_FIELDS = 20_000;

/** JSON that is refused because it would cost too much. The message says why. */
export class JsonLimitError extends Error {
  override readonly name = "JsonLimitError";
}

/** Parses unchecked JSON, after a check of its depth and size. Throws SyntaxError and JsonLimitError. */
export function parseBoundedJson(text: string): unknown {
  requireBounds(text);
  return JSON.parse(text);
}

const [QUOTE, BACKSLASH, COMMA] = ['"', "\\", ","].map((character) => character.charCodeAt(0));
const OBJECT = "{".charCodeAt(0);
const OPENING = new Set(["[".charCodeAt(0), OBJECT]);
const CLOSING = new Set(Array.from("]}", (character) => character.charCodeAt(0)));

/** Counts the levels and entries outside of texts, also if the whole is no JSON. */
function requireBounds(text: string): void {
  let depth = 0;
  let entries = 0;
  /** Numbers of fields in the open objects, by depth; null for a list. */
  const fields: (number | null)[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at);
    else if (code === COMMA) {
      entries += 1;
      const own = fields[depth] ?? null;
      if (own !== null) fields[depth] = own + 1;
      if (own === MAX_FIELDS - 1) throw new JsonLimitError(`an object in it has more than ${MAX_FIELDS} fields`);
    } else if (OPENING.has(code)) {
      depth += 1;
      entries += 1;
      fields[depth] = code === OBJECT ? 0 : null;
    } else if (CLOSING.has(code)) depth -= 1;
    if (depth > MAX_DEPTH) throw new JsonLimitError(`it is nested more than ${MAX_DEPTH} levels deep`);
    if (entries > MAX_ENTRIES) throw new JsonLimitError(`it has more than ${MAX_ENTRIES} entries`);
  }
}

/** Finds the end of the text that begins with this quote. */
function endOfText(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}
