import * as z from "zod";

/**
 * Characters that a person does not see, or that make others look different: controls (including the escape sequences
 * of terminals), direction marks, line separators, characters without a width, unpaired surrogates, and letters that
 * are blank.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115F\u1160\u3164\uFFA0]/u;

/** True if the text contains no unseen characters. */
function isPlainText(text: string): boolean {
  return !UNSEEN.test(text);
}

const NOT_PLAIN =
  "it has invisible characters: leave out control characters, escape sequences, text direction marks and zero-width characters";

/** A text of one line that people see unchanged. */
export function plainText(max: number): z.ZodString {
  return z.string().max(max).refine(isPlainText, NOT_PLAIN);
}

/**
 * Checks all texts of a JSON value, including the names of fields. A text for a receiver may have line breaks and tabs.
 */
function isPlainThroughout(value: unknown): boolean {
  if (typeof value === "string") return isPlainText(value.replaceAll(/[\t\r\n]/g, ""));
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, inner]) => isPlainText(name) && isPlainThroughout(inner));
}

/** Arguments for {@link z.ZodType.refine}, for values whose texts are shown to people. */
export const PLAIN_THROUGHOUT = [isPlainThroughout, NOT_PLAIN] as const;

const MAX_NAME = 100;

/** A name that a person gives to a token, a target, a trigger or a rule. */
export const givenName = plainText(MAX_NAME).trim().min(1);
