/**
 * Reads the regular expressions that triggers may have: a subset of JavaScript's, with the same meaning there.
 *
 * - literals, and any punctuation after a backslash
 * - `.`, `\d` `\D` `\w` `\W` `\s` `\S`, classes such as `[a-z\d_]` and `[^a-z]`
 * - `^` and `$`, for the text's start and end
 * - `(…)` and `(?:…)`, which only group; `(?<name>…)`, whose text can be told; `|`
 * - `*` `+` `?` `{m}` `{m,}` `{m,n}`
 *
 * All else is refused: syntax that would need backtracking (backreferences, lookaround), that makes no difference to a match
 * (lazy quantifiers), or that JavaScript only takes for the sake of old pages (a bare `]` or `{`).
 */
import { RuleError } from "./rule-error.ts";

/** True if a UTF-16 code unit belongs to a set of them. */
type CharacterTest = (code: number) => boolean;

export type RegexNode =
  | { readonly kind: "character"; readonly takes: CharacterTest }
  | { readonly kind: "start" | "end" }
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly RegexNode[] }
  /** `index` is the group's place among the named ones. */
  | { readonly kind: "group"; readonly index: number; readonly body: RegexNode }
  /** `max` is Infinity if there is no limit. */
  | { readonly kind: "repeat"; readonly body: RegexNode; readonly min: number; readonly max: number };

const MAX_PATTERN = 200;

interface Cursor {
  readonly pattern: string;
  at: number;
  /** Named groups so far. */
  readonly groups: string[];
}

interface ParsedRegex {
  readonly node: RegexNode;
  /** The names of its groups, in order. */
  readonly groups: readonly string[];
}

/** Parses a pattern into a tree. Throws RuleError, which names the part that isn't supported. */
export function parseRegex(pattern: string): ParsedRegex {
  if (pattern.length > MAX_PATTERN) throw new RuleError(`a regex may have at most ${MAX_PATTERN} characters`);
  const cursor: Cursor = { pattern, at: 0, groups: [] };
  const node = parseChoice(cursor);
  if (cursor.at < pattern.length) throw new RuleError("the regex has a ) without its (");
  return { node, groups: cursor.groups };
}

function parseChoice(cursor: Cursor): RegexNode {
  const first = parseSequence(cursor);
  if (peek(cursor) !== "|") return first;
  const parts = [first];
  while (take(cursor, "|")) parts.push(parseSequence(cursor));
  return { kind: "choice", parts };
}

function parseSequence(cursor: Cursor): RegexNode {
  const parts: RegexNode[] = [];
  while (!["", "|", ")"].includes(peek(cursor))) parts.push(parseQuantified(cursor));
  return { kind: "sequence", parts };
}

function parseQuantified(cursor: Cursor): RegexNode {
  const groupsBefore = cursor.groups.length;
  const body = parseAtom(cursor);
  const count = parseQuantifier(cursor);
  if (count === null) return body;
  if (count.max > 1 && cursor.groups.length > groupsBefore) {
    throw new RuleError("a named group can't be repeated");
  }
  if (body.kind === "start" || body.kind === "end") throw new RuleError("the regex repeats an anchor, ^ or $");
  if (peek(cursor) === "?") throw new RuleError("lazy quantifiers (as in *?) aren't supported: leave the ? out");
  if (parseQuantifier(cursor) !== null) throw new RuleError("the regex has two quantifiers in a row");
  return { kind: "repeat", body, ...count };
}

const QUANTIFIERS: Readonly<Record<string, { readonly min: number; readonly max: number }>> = {
  "*": { min: 0, max: Infinity },
  "+": { min: 1, max: Infinity },
  "?": { min: 0, max: 1 },
};

function parseQuantifier(cursor: Cursor): { min: number; max: number } | null {
  const simple = QUANTIFIERS[peek(cursor)];
  if (simple) {
    cursor.at++;
    return simple;
  }
  if (peek(cursor) !== "{") return null;
  const [text, least = "", comma, most = ""] =
    /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(cursor.pattern.slice(cursor.at)) ?? [];
  if (text === undefined || (!comma && most)) {
    throw new RuleError("a { begins a count such as {2}, {2,} or {2,5}; write \\{ for the character");
  }
  cursor.at += text.length;
  const min = Number(least);
  const max = most ? Number(most) : comma ? Infinity : min;
  if (max < min) throw new RuleError(`the count ${text} is reversed`);
  return { min, max };
}

/** Characters that are special outside classes; any other is a literal. */
const SPECIAL: Readonly<Record<string, (cursor: Cursor) => RegexNode>> = {
  "(": parseGroup,
  "[": (cursor) => ({ kind: "character", takes: parseClass(cursor) }),
  "\\": (cursor) => ({ kind: "character", takes: testOf(parseEscape(cursor)) }),
  ".": () => ({ kind: "character", takes: not(oneOf("\n\r\u2028\u2029")) }),
  "^": () => ({ kind: "start" }),
  $: () => ({ kind: "end" }),
};

function parseAtom(cursor: Cursor): RegexNode {
  const character = next(cursor);
  if (Object.hasOwn(QUANTIFIERS, character) || character === "{") {
    throw new RuleError(`the regex has nothing to repeat before ${character}`);
  }
  if (character === "]" || character === "}") throw new RuleError(`the regex has a ${character} too many: escape it`);
  return SPECIAL[character]?.(cursor) ?? { kind: "character", takes: testOf(character.charCodeAt(0)) };
}

const GROUPS: readonly (readonly [prefix: string, what: string])[] = [
  ["?=", "lookahead"],
  ["?!", "lookahead"],
  ["?<=", "lookbehind"],
  ["?<!", "lookbehind"],
  ["?<", "groups whose name is not made of letters, digits and _"],
  ["?", "groups with flags"],
];

function parseGroup(cursor: Cursor): RegexNode {
  const rest = cursor.pattern.slice(cursor.at);
  const [opening, name] = /^\?<([A-Za-z_]\w*)>/.exec(rest) ?? [];
  if (opening !== undefined && name !== undefined) return parseNamedGroup(cursor, opening, name);
  if (rest.startsWith("?:")) cursor.at += 2;
  else {
    const [, unsupported] = GROUPS.find(([prefix]) => rest.startsWith(prefix)) ?? [];
    if (unsupported) throw new RuleError(`${unsupported} aren't supported in a trigger's regex`);
  }
  return parseGroupBody(cursor);
}

function parseNamedGroup(cursor: Cursor, opening: string, name: string): RegexNode {
  if (cursor.groups.includes(name)) throw new RuleError(`the regex has two groups named ${name}`);
  const index = cursor.groups.push(name) - 1;
  cursor.at += opening.length;
  return { kind: "group", index, body: parseGroupBody(cursor) };
}

function parseGroupBody(cursor: Cursor): RegexNode {
  const node = parseChoice(cursor);
  if (!take(cursor, ")")) throw new RuleError("the regex has a ( without its )");
  return node;
}

/** One character, by its code, or a set of them. */
type ClassItem = number | CharacterTest;

function parseClass(cursor: Cursor): CharacterTest {
  const negated = take(cursor, "^");
  const tests: CharacterTest[] = [];
  while (!take(cursor, "]")) {
    const first = parseClassItem(cursor);
    const isRange = peek(cursor) === "-" && cursor.pattern[cursor.at + 1] !== "]";
    if (isRange) cursor.at++;
    tests.push(isRange ? between(first, parseClassItem(cursor)) : testOf(first));
  }
  if (tests.length === 0) throw new RuleError("the regex has an empty class, []");
  const some: CharacterTest = (code) => tests.some((takes) => takes(code));
  return negated ? not(some) : some;
}

function parseClassItem(cursor: Cursor): ClassItem {
  const character = next(cursor);
  if (character === "") throw new RuleError("the regex has a [ without its ]");
  return character === "\\" ? parseEscape(cursor) : character.charCodeAt(0);
}

const DIGIT = oneOf("0123456789");
const WORD = oneOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
const BLANK: CharacterTest = (code) => /\s/.test(String.fromCharCode(code));

const SETS: Readonly<Record<string, CharacterTest>> = {
  d: DIGIT,
  D: not(DIGIT),
  w: WORD,
  W: not(WORD),
  s: BLANK,
  S: not(BLANK),
};

function parseEscape(cursor: Cursor): ClassItem {
  const character = next(cursor);
  if (character === "") throw new RuleError("the regex ends in a backslash");
  if (/[1-9]/.test(character)) throw new RuleError("backreferences aren't supported in a trigger's regex");
  const set = SETS[character];
  if (set) return set;
  if (/[0-9A-Za-z]/.test(character)) throw new RuleError(`\\${character} isn't supported in a trigger's regex`);
  return character.charCodeAt(0);
}

function testOf(item: ClassItem): CharacterTest {
  return typeof item === "number" ? (code) => code === item : item;
}

function between(first: ClassItem, last: ClassItem): CharacterTest {
  if (typeof first !== "number" || typeof last !== "number") {
    throw new RuleError("a class such as \\d cannot be an end of a range; escape the -");
  }
  if (last < first) throw new RuleError("the regex has a reversed range in a class");
  return (code) => first <= code && code <= last;
}

function oneOf(characters: string): CharacterTest {
  const codes = new Set(characters.split("").map((character) => character.charCodeAt(0)));
  return (code) => codes.has(code);
}

function not(takes: CharacterTest): CharacterTest {
  return (code) => !takes(code);
}

function peek({ pattern, at }: Cursor): string {
  return pattern.charAt(at);
}

function next(cursor: Cursor): string {
  return cursor.pattern.charAt(cursor.at++);
}

function take(cursor: Cursor, character: string): boolean {
  const found = peek(cursor) === character;
  if (found) cursor.at++;
  return found;
}
