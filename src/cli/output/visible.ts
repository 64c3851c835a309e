/**
 * What comes from elsewhere – labels, names, answers, other registries' errors – may hold characters that act on a
 * terminal: escape sequences, other controls, marks that turn the direction of text, and those that nobody sees. They
 * are written out, as `\x1b` or `\u202e`. Only the colours that {@link paint} gave pass, since nobody else knows their mark.
 */

/** All that acts on a terminal, but for tab and line feed, of which text is made. */
const ACTS =
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]";

/** Not to be guessed by what is shown. */
const MARK = crypto.getRandomValues(new Uint32Array(4)).join("");
const PAINT = `\\u001b\\[${MARK};\\d+m`;

const PAINTED = new RegExp(`${PAINT}|${ACTS}`, "gu");
const PAINTED_LINE = new RegExp(`${PAINT}|[\\t\\n]|${ACTS}`, "gu");
const ONLY_PAINT = new RegExp(PAINT, "g");
const WHOLLY_PAINTED = new RegExp(`^(${PAINT})(.*)(${PAINT})$`, "s");

/** Gives a text a colour, by SGR codes that begin and end it. */
export function paint(text: string, [begin, end]: readonly [number, number]): string {
  return `\u001B[${MARK};${begin}m${text}\u001B[${MARK};${end}m`;
}

/** Text as it is written to a terminal: with its colours, and all else that acts made visible. */
export function visible(text: string): string {
  return text.replaceAll(PAINTED, (found) => (isPaint(found) ? found.replace(`${MARK};`, "") : written(found)));
}

/** Likewise for what is to stay on its line, such as a cell or a label; its colours are still to be made. */
export function visibleLine(text: string): string {
  return text.replaceAll(PAINTED_LINE, (found) => (isPaint(found) ? found : written(found)));
}

/** How many columns a text takes that is visible. */
export function widthOf(text: string): number {
  return unpainted(text).length;
}

/** Does something with a text, and paints the results as the text was. */
export function within(text: string, use: (plain: string) => readonly string[]): readonly string[] {
  const [, begin = "", plain = unpainted(text), end = ""] = WHOLLY_PAINTED.exec(text) ?? [];
  return use(unpainted(plain)).map((line) => `${begin}${line}${end}`);
}

/** JSON says the same with its characters escaped. */
const ACTS_IN_JSON = new RegExp(ACTS, "gu");

/** A value as a line of JSON, none of whose characters acts on a terminal. */
export function visibleJson(data: unknown): string {
  return JSON.stringify(data).replaceAll(ACTS_IN_JSON, (found) =>
    found
      .split("")
      .map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
      .join(""),
  );
}

function isPaint(found: string): boolean {
  return found.length > MARK.length;
}

function unpainted(text: string): string {
  return text.replaceAll(ONLY_PAINT, "");
}

const SHORT: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function written(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
  return SHORT[character] ?? (code > 0xff ? `\\u${hex(code, 4)}` : `\\x${hex(code, 2)}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
