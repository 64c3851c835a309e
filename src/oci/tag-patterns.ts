import * as z from "zod";

/** The most bytes of a pattern that D1 accepts for SQLite's GLOB. */
const MAX_PATTERN_BYTES = 50;
const MAX_PATTERNS = 100;

/**
 * Matches a pattern: the characters of tags, `*` and `?`, where the first one must be able to start a tag; `!` may be
 * in front.
 */
const PATTERN = /^!?[\w*?][\w.*?-]*$/;

/**
 * Patterns over tags as clients give them: `*` matches any characters, `?` any one character, and a leading `!`
 * excludes. The database matches them, in the transaction that moves or deletes a tag.
 */
export const tagPatterns = z
  .array(
    z
      .string()
      .max(MAX_PATTERN_BYTES)
      .refine(
        (text) => PATTERN.test(text) && text.length <= MAX_PATTERN_BYTES,
        `no tag can match this: a pattern has the characters of a tag, * and ?, may start with !, and has at most ${MAX_PATTERN_BYTES} characters`,
      ),
  )
  .max(MAX_PATTERNS)
  .refine(
    (patterns) => patterns.length === 0 || patterns.some((pattern) => includes(pattern, patterns)),
    "at least one pattern must include tags: one without a !, that is not excluded as a whole",
  )
  .meta({
    description: "Tags. `*` matches any characters, `?` one; a leading `!` excludes. None: no tags.",
    examples: [["v*", "!*-rc*"]],
  });

function includes(pattern: string, patterns: readonly string[]): boolean {
  return !pattern.startsWith("!") && !patterns.includes(`!${pattern}`) && !patterns.includes("!*");
}
