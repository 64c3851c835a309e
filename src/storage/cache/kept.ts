/**
 * Notes of the entries that this isolate has lately put into the cache, so that it need not look for them: a client
 * that polls a tag costs only the look at the database. If the cache has dropped an entry meanwhile, it is put there
 * again once its time is over.
 */

/** The most notes. The oldest are dropped first. */
const MOST = 2000;

/** The end of each entry's time, in milliseconds since 1970, by the address of the content and its reader. */
const kept = new Map<string, number>();

const noteOf = (address: string, reader: string): string => `${address} ${reader}`;

/** True if the content was put there for this reader so lately that it has not expired. */
export function isKept(address: string, reader: string): boolean {
  return (kept.get(noteOf(address, reader)) ?? 0) > Date.now();
}

/**
 * Notes that an entry was put into the cache.
 * @param seconds for which the cache was told to keep it.
 */
export function noteKept(address: string, reader: string, seconds: number): void {
  const note = noteOf(address, reader);
  // The newest note is last.
  kept.delete(note);
  kept.set(note, Date.now() + seconds * 1000);
  const [oldest] = kept.keys();
  if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
}

/** Forgets the notes of a content for all readers. */
export function forgetKept(address: string): void {
  for (const note of kept.keys()) if (note.startsWith(noteOf(address, ""))) kept.delete(note);
}
