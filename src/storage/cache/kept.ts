/**
 * What this isolate has lately put into the cache, so that it need not look: who polls a tag should cost nothing beside the
 * look at the database. That the cache may have dropped it meanwhile is no harm: it is put there again when its time is over.
 */

/** Notes that there are at most; the oldest go first. */
const MOST = 2000;

/** Until when it is to last, in milliseconds since 1970, by the address of a content and who reads it. */
const kept = new Map<string, number>();

const noteOf = (address: string, reader: string): string => `${address} ${reader}`;

/** True if this reader and this content were put there so lately that they are to last. */
export function isKept(address: string, reader: string): boolean {
  return (kept.get(noteOf(address, reader)) ?? 0) > Date.now();
}

/** @param seconds for which the cache was told to keep it. */
export function noteKept(address: string, reader: string, seconds: number): void {
  const note = noteOf(address, reader);
  // The newest is last.
  kept.delete(note);
  kept.set(note, Date.now() + seconds * 1000);
  const [oldest] = kept.keys();
  if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
}

/** For all readers. */
export function forgetKept(address: string): void {
  for (const note of kept.keys()) if (note.startsWith(noteOf(address, ""))) kept.delete(note);
}
