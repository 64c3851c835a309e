import { z } from "zod";
import { type GlobStep, matchesSteps } from "./glob.ts";

/**
 * Patterns over a repository's path within its space: `*` stands for any characters but `/`,
 * `**` for any at all, `!` in front excludes. A list matches when a pattern includes the path and none excludes it.
 */
export function matchesRepository(patterns: readonly string[], path: string): boolean {
  const excluded = patterns.some((pattern) => pattern.startsWith("!") && matchesSteps(steps(pattern.slice(1)), path));
  return !excluded && patterns.some((pattern) => !pattern.startsWith("!") && matchesSteps(steps(pattern), path));
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

/** Whether the text can be a pattern: the characters of names, `*`, and a leading `!`. */
export function isRepositoryPattern(text: string): boolean {
  return text.length <= 255 && /^!?[a-z0-9*][a-z0-9._\-/*]*$/.test(text);
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
  if (token === "**") return { takes: () => true, repeats: true };
  if (token === "*") return { takes: (character) => character !== "/", repeats: true };
  return { takes: (character) => character === token, repeats: false };
}

/** More patterns than anybody needs; it bounds what matching costs. */
const MAX_PATTERNS = 100;

/** A list of patterns as clients give it; everything, where they give none. */
export const repositoryPatterns = z
  .array(
    z
      .string()
      .refine(
        isRepositoryPattern,
        "a pattern has the characters of a repository's path, * and **, and may start with !",
      ),
  )
  .max(MAX_PATTERNS)
  .refine(
    (patterns) => patterns.some((pattern) => !pattern.startsWith("!")),
    "at least one pattern must include repositories: one without a !",
  )
  .default(["**"])
  .meta({
    description:
      "Paths within the space. `*` stands for anything but a slash, `**` for anything; `!` in front excludes.",
    examples: [["web/*", "!web/tmp-*"]],
  });
