import { z } from "zod";

/** SQLite's GLOB as D1 has it takes no longer ones. */
const MAX_PATTERN_BYTES = 50;
const MAX_PATTERNS = 100;

/** The characters of tags, `*` and `?`, with a first one that a tag can start with; `!` in front. */
const PATTERN = /^!?[\w*?][\w.*?-]*$/;

/**
 * Patterns over tags as clients give them: `*` stands for any characters, `?` for any one, `!` in front excludes.
 * The database matches them, in the transaction that moves or deletes a tag.
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
