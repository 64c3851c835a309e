import * as z from "zod";
import { compilePatterns, type GlobStep, type PatternSet } from "./pattern-set.ts";

interface CompiledPatterns {
  readonly included: PatternSet;
  readonly excluded: PatternSet;
}

/** Compiled patterns, by their list. A credential's patterns are matched with many names, each of them once. */
const compiled = new WeakMap<readonly string[], CompiledPatterns>();

function compile(patterns: readonly string[]): CompiledPatterns {
  const known = compiled.get(patterns);
  if (known !== undefined) return known;
  const exclusions = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1));
  const made = {
    included: compilePatterns(patterns.filter((pattern) => !pattern.startsWith("!")).map(steps)),
    excluded: compilePatterns(exclusions.map(steps)),
  };
  compiled.set(patterns, made);
  return made;
}

/**
 * True if a pattern includes the repository's path within its space and none excludes it. In a pattern, `*` matches any
 * characters but `/`, `**` any characters, and a leading `!` excludes. The list is compiled once, and must not change.
 */
export function matchesRepository(patterns: readonly string[], path: string): boolean {
  const { included, excluded } = compile(patterns);
  return included.matches(path) && !excluded.matches(path);
}

/** Returns the cost of matching a path with these patterns, for each of its characters. */
export function weightOf(patterns: readonly string[]): number {
  const { included, excluded } = compile(patterns);
  return included.weight + excluded.weight;
}

/** Sorts after every character of a path. */
const AFTER_ALL = "~";

/**
 * Returns the range that holds all paths that a list of patterns can match, ordered by bytes: from the first text on,
 * and before the second.
 */
export function rangeOf(patterns: readonly string[]): readonly [string, string] {
  const starts = patterns
    .filter((pattern) => !pattern.startsWith("!"))
    .map((pattern) => pattern.split("*", 1)[0] ?? "");
  const [first = ""] = starts.toSorted(byBytes);
  const end = starts
    .map((start) => start + AFTER_ALL)
    .toSorted(byBytes)
    .at(-1);
  return [first, end ?? ""];
}

/**
 * Returns the text from which on the paths after `last` come; `last` may be any text. A space sorts before every
 * character of a path.
 */
export function textAfter(last: string): string {
  return `${last} `;
}

/** Compares texts by their bytes. They must not have surrogates. */
function byBytes(left: string, right: string): number {
  return left < right ? -1 : 1;
}

/** The most characters of a pattern. */
const MAX_PATTERN = 255;

/** True if the text can be a pattern: the characters of names, `*`, and a leading `!`. */
export function isRepositoryPattern(text: string): boolean {
  return text.length <= MAX_PATTERN && /^!?[a-z0-9*][a-z0-9._\-/*]*$/.test(text);
}

/**
 * Matches a pattern that cannot match any path, whatever its asterisks match: it has an empty component, a component
 * that begins or ends with a separator, or two separators in a row.
 */
const IN_NO_PATH = /^\/|\/\/|\/$|(?:^|\/)[._-]|[._-](?:\/|$)|[.-][._]|_[.-]|\.-|___/;

/**
 * Returns the patterns that cannot match any path, because of their own form or because others exclude all their paths.
 */
export function idlePatterns(patterns: readonly string[]): readonly string[] {
  return patterns.filter((pattern) => IN_NO_PATH.test(pattern.replace(/^!/, "")) || isExcluded(pattern, patterns));
}

function isExcluded(pattern: string, patterns: readonly string[]): boolean {
  if (pattern.startsWith("!")) return false;
  if (!pattern.includes("*")) return !matchesRepository(patterns, pattern);
  return patterns.includes(`!${pattern}`) || patterns.includes("!**");
}

function steps(pattern: string): readonly GlobStep[] {
  return (pattern.match(/\*\*|\*|[^*]/g) ?? []).map(step);
}

function step(token: string): GlobStep {
  if (token === "**") return { kind: "many", except: "" };
  return token === "*" ? { kind: "many", except: "/" } : { kind: "one", character: token };
}

/** The most patterns in a list: more than anybody needs. It bounds the cost of a match. */
const MAX_PATTERNS = 100;

/** The most characters of all patterns of a list together: a hundred names of usual length. */
const MAX_CHARACTERS = 4000;

/** A list of patterns as it is stored. Without a list, it is every repository. */
export const repositoryPatterns = z
  .array(
    z
      .string()
      .max(MAX_PATTERN)
      .refine(
        isRepositoryPattern,
        "a pattern may have the characters of a repository's path, * and **, and may start with !",
      ),
  )
  .max(MAX_PATTERNS)
  .refine(
    (patterns) => patterns.some((pattern) => !pattern.startsWith("!")),
    "at least one pattern must include repositories: one without a !",
  )
  .default(["**"])
  .meta({
    description: "Paths within the space. `*` matches anything but a slash, `**` anything; a leading `!` excludes.",
    examples: [["web/*", "!web/tmp-*"]],
  });

/** A list of patterns as clients give it. Stored lists may be longer, and still work. */
export const givenRepositoryPatterns = repositoryPatterns.refine(
  (patterns) => patterns.join("").length <= MAX_CHARACTERS,
  `the patterns have more than ${MAX_CHARACTERS} characters in total: use * and **, or create several tokens, triggers or rules`,
);
