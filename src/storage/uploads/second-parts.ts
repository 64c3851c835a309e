/**
 * How many uploads of this isolate may have a second part on its way. An upload holds a part of 5 MiB that is being filled and one
 * that is on its way; with a second one it is faster where R2 is far. All uploads of an isolate share its 128 MB, so few have it.
 */

const MOST = 2;

/** Milliseconds after which a second part no longer counts: a Durable Object that was ended does not say so. */
const LIFETIME = 60_000;

/** When each was begun, in milliseconds since 1970. */
const begun = new Set<{ readonly at: number }>();

/** Begins a second part, if that may be; returns what is called when no two are on their way any more. May be called again. */
export function beginSecondPart(): (() => void) | null {
  const now = Date.now();
  for (const part of begun) if (part.at < now - LIFETIME) begun.delete(part);
  if (begun.size >= MOST) return null;
  const part = { at: now };
  begun.add(part);
  return () => begun.delete(part);
}
