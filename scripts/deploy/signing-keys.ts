import { z } from "zod";
import { generateSigningKeys } from "../secrets.ts";

const keySet = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) });

/** Days that an old key goes on verifying: longer than any token that it signed is good for. */
const KEEP_DAYS = 400;

/** A secret may have 5 kB, and a key takes about 250 characters. */
const MOST_KEYS = 12;

/** Puts a new key in front. Those of before go on verifying what they signed; what they could have signed last has ended by the time they go. */
export async function rotateSigningKeys(setting: string | undefined, now: Date): Promise<string> {
  const fresh = keySet.parse(JSON.parse(await generateSigningKeys(now)));
  const old = setting === undefined ? [] : keySet.parse(JSON.parse(setting)).keys;
  const all = [...fresh.keys, ...old];
  // A key signed until its successor, the one before it in the set, was made.
  const kept = old.filter((_, index) => now.getTime() - madeAt(all[index]?.kid) < KEEP_DAYS * 86_400_000);
  return JSON.stringify({ keys: [...fresh.keys, ...kept].slice(0, MOST_KEYS) });
}

/** Milliseconds; a key's id begins with the day that it was made on. One that doesn't is taken for new. */
function madeAt(kid = ""): number {
  const at = Date.parse(kid.slice(0, 10));
  return Number.isNaN(at) ? Infinity : at;
}
