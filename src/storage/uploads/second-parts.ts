/**
 * The most uploads of this isolate that may have a second part on its way. An upload holds two parts of 5 MiB: one that
 * is filled and one on its way. A second one on its way makes it faster if R2 is far. Only a few uploads get it, since
 * all uploads of an isolate share its 128 MB.
 */

const MOST = 2;

/**
 * Milliseconds after which a second part no longer counts, since a Durable Object that was ended does not give it back.
 */
const LIFETIME = 60_000;

/** Second parts with the time at which each was begun, in milliseconds since 1970. */
const begun = new Set<{ readonly at: number }>();

/**
 * Begins a second part, if one more is allowed. Returns the function to call once no two parts are on their way any
 * more; it may be called again. Null: no more are allowed.
 */
export function beginSecondPart(): (() => void) | null {
  const now = Date.now();
  for (const part of begun) if (part.at < now - LIFETIME) begun.delete(part);
  if (begun.size >= MOST) return null;
  const part = { at: now };
  begun.add(part);
  return () => begun.delete(part);
}
