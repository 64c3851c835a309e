import type { Page, PageRequest } from "../oci/page.ts";

/** A page of a list, as the API answers it. */
export interface ListAnswer<V> {
  readonly items: V[];
  /** The cursor of the next page; null: this is the last. */
  readonly next: string | null;
}

/** Reads `limit` and `cursor`. A cursor is the last key of the page before. */
export function pageRequest(query: { limit: number; cursor?: string | undefined }): PageRequest {
  return { limit: query.limit, last: query.cursor ?? null };
}

/** Makes the answer of a list. @param key gives an entry's place in the list, for the cursor. */
export function listAnswer<T, V>(page: Page<T>, view: (entry: T) => V, key: (entry: T) => string): ListAnswer<V> {
  const last = page.entries.at(-1);
  const next = page.more && last !== undefined ? key(last) : null;
  return { items: page.entries.map(view), next };
}

export function isoTimeOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : isoTime(milliseconds);
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
