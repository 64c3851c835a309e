import type { StorageDayStore } from "./stores.ts";

/** Notes the storage of each space once a day (in UTC). The first run of a day does it; each other run makes one look. */
export function noteStorage(days: StorageDayStore, now: number): Promise<void> {
  return days.note(new Date(now).toISOString().slice(0, 10));
}
