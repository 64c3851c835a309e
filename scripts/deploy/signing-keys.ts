import * as z from "zod";
import { generateSigningKeys } from "../secrets.ts";

const keySet = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) });

/** Days for which an old key still verifies: longer than the life of any token that it signed. */
const KEEP_DAYS = 400;

/** The most keys: a secret may have 5 kB, and a key takes about 250 characters. */
const MOST_KEYS = 12;

/**
 * Puts a new key in front. Old keys still verify the tokens that they signed. By the time an old key is dropped, its
 * last token has expired.
 */
export async function rotateSigningKeys(setting: string | undefined, now: Date): Promise<string> {
  const fresh = keySet.parse(JSON.parse(await generateSigningKeys(now)));
  const old = setting === undefined ? [] : keySet.parse(JSON.parse(setting)).keys;
  const all = [...fresh.keys, ...old];
  // A key signed until its successor was made, which is the one before it in the set.
  const kept = old.filter((_, index) => now.getTime() - madeAt(all[index]?.kid) < KEEP_DAYS * 86_400_000);
  return JSON.stringify({ keys: [...fresh.keys, ...kept].slice(0, MOST_KEYS) });
}

/**
 * Returns the time at which a key was made, in milliseconds. A key's id begins with the day; a key without one counts
 * as new.
 */
function madeAt(kid = ""): number {
  const at = Date.parse(kid.slice(0, 10));
  return Number.isNaN(at) ? Infinity : at;
}
