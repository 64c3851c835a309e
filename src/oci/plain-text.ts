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

const MAX_NAME = 100;

/** The name that somebody gives to a token, a target, a trigger or a rule. */
export const givenName = plainText(MAX_NAME).trim().min(1);
