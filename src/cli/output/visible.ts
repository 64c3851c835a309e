/**
 * Text from elsewhere – labels, names, answers, other registries' errors – may hold characters that act on a terminal:
 * escape sequences, other controls, marks that turn the direction of text, and invisible characters. They are written
 * out, as `\x1b` or `\u202e`. Only the colours of {@link paint} pass, since nobody else knows their mark.
 */

/** All characters that act on a terminal, except tab and line feed, which belong to text. */
const ACTS =
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]";

/** A random mark that nobody can guess from the output. */
const MARK = crypto.getRandomValues(new Uint32Array(4)).join("");
const PAINT = `\\u001b\\[${MARK};\\d+m`;

const PAINTED = new RegExp(`${PAINT}|${ACTS}`, "gu");
const PAINTED_LINE = new RegExp(`${PAINT}|[\\t\\n]|${ACTS}`, "gu");
const ONLY_PAINT = new RegExp(PAINT, "g");
const WHOLLY_PAINTED = new RegExp(`^(${PAINT})(.*)(${PAINT})$`, "s");

/** Colours a text with the SGR codes that begin and end the colour. */
export function paint(text: string, [begin, end]: readonly [number, number]): string {
  return `\u001B[${MARK};${begin}m${text}\u001B[${MARK};${end}m`;
}

/** Returns text for a terminal: with its colours, and with all other characters that act made visible. */
export function visible(text: string): string {
  return text.replaceAll(PAINTED, (found) => (isPaint(found) ? found.replace(`${MARK};`, "") : written(found)));
}

/** Makes text visible that must stay on one line, for example a cell or a label. Its colours still carry their mark. */
export function visibleLine(text: string): string {
  return text.replaceAll(PAINTED_LINE, (found) => (isPaint(found) ? found : written(found)));
}

/** Returns the number of columns that a visible text takes. */
export function widthOf(text: string): number {
  return unpainted(text).length;
}

/** Applies a function to a text without its colour, and colours the results like the text. */
export function within(text: string, use: (plain: string) => readonly string[]): readonly string[] {
  const [, begin = "", plain = unpainted(text), end = ""] = WHOLLY_PAINTED.exec(text) ?? [];
  return use(unpainted(plain)).map((line) => `${begin}${line}${end}`);
}

/** JSON can escape these characters without a change of meaning. */
const ACTS_IN_JSON = new RegExp(ACTS, "gu");

/** Formats a value as a line of JSON without characters that act on a terminal. */
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
