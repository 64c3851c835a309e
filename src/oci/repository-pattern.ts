import { z } from "zod";
import { compilePatterns, type GlobStep, type PatternSet } from "./pattern-set.ts";

interface CompiledPatterns {
  readonly included: PatternSet;
  readonly excluded: PatternSet;
}

/** What lists of patterns came to, by the list: a credential's is asked for many names, and at each of them once. */
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
 * Patterns over a repository's path within its space: `*` stands for any characters but `/`,
 * `**` for any at all, `!` in front excludes. A list matches when a pattern includes the path and none excludes it.
 * The list is read once, and must not change.
 */
export function matchesRepository(patterns: readonly string[], path: string): boolean {
  const { included, excluded } = compile(patterns);
  return included.matches(path) && !excluded.matches(path);
}

/** What it costs to match a path with these patterns, for each of its characters. */
export function weightOf(patterns: readonly string[]): number {
  const { included, excluded } = compile(patterns);
  return included.weight + excluded.weight;
}

/** Sorts after every character that a path has. */
const AFTER_ALL = "~";

/** Between which texts, ordered by bytes, the paths are that a list of patterns can match: from the first on, and before the second. */
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

/** The first text from which paths come after `last`, which may be any text: before every character of a path is the space. */
export function textAfter(last: string): string {
  return `${last} `;
}

/** Of texts without surrogates. */
function byBytes(left: string, right: string): number {
  return left < right ? -1 : 1;
}

/** Characters. */
const MAX_PATTERN = 255;

/** True if the text can be a pattern: the characters of names, `*`, and a leading `!`. */
export function isRepositoryPattern(text: string): boolean {
  return text.length <= MAX_PATTERN && /^!?[a-z0-9*][a-z0-9._\-/*]*$/.test(text);
}

/** What no path has, whatever stands for the asterisks: an empty component, one that begins or ends with a separator, or two separators in a row. */
const IN_NO_PATH = /^\/|\/\/|\/$|(?:^|\/)[._-]|[._-](?:\/|$)|[.-][._]|_[.-]|\.-|___/;

/** The patterns that can match no path at all: by what they are made of, or since others exclude all that they include. */
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

/** More patterns than anybody needs; it bounds what matching costs. */
const MAX_PATTERNS = 100;

/** Characters of all patterns of a list together: a hundred names of usual length. */
const MAX_CHARACTERS = 4000;

/** A list of patterns as it is stored; everything, where none was given. */
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

/** A list of patterns as clients give it. What is stored may be longer, and goes on working. */
export const givenRepositoryPatterns = repositoryPatterns.refine(
  (patterns) => patterns.join("").length <= MAX_CHARACTERS,
  `the patterns have more than ${MAX_CHARACTERS} characters in total: use * and **, or create several tokens, triggers or rules`,
);
