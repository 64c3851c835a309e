import { z } from "zod";

/**
 * What a person does not see, and what makes them see something else: controls (with them the escape sequences of
 * terminals), marks of direction, separators of lines, characters without a width, halves of characters, and letters that
 * are blank.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115F\u1160\u3164\uFFA0]/u;

/** True for text that looks like what it is. */
function isPlainText(text: string): boolean {
  return !UNSEEN.test(text);
}

const NOT_PLAIN =
  "it has invisible characters: leave out control characters, escape sequences, text direction marks and zero-width characters";

/** Text in one line that is shown to people as it is. */
export function plainText(max: number): z.ZodString {
  return z.string().max(max).refine(isPlainText, NOT_PLAIN);
}

/** Looks through all texts of a JSON value, names of fields included. Text for a receiver may have lines and tabulators. */
function isPlainThroughout(value: unknown): boolean {
  if (typeof value === "string") return isPlainText(value.replaceAll(/[\t\r\n]/g, ""));
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, inner]) => isPlainText(name) && isPlainThroughout(inner));
}

/** What {@link z.ZodType.refine} takes, for values of which people are shown the texts. */
export const PLAIN_THROUGHOUT = [isPlainThroughout, NOT_PLAIN] as const;

const MAX_NAME = 100;

/** The name that somebody gives to a token, a target, a trigger or a rule. */
export const givenName = plainText(MAX_NAME).trim().min(1);
