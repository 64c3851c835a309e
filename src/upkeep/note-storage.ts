import type { StorageDayStore } from "./stores.ts";

/** Notes what each space stores, once a day (in UTC): the first run of a day does it, each other makes one look. */
export function noteStorage(days: StorageDayStore, now: number): Promise<void> {
  return days.note(new Date(now).toISOString().slice(0, 10));
}
