import { RegistryError } from "./errors.ts";

/** The most entries of one page. A client that asks for more gets this many, and a Link. */
export const MAX_PAGE = 1000;

/** A request for a page of a list that is ordered by its key: at most `limit` entries after `last`. */
export interface PageRequest {
  readonly limit: number;
  readonly last: string | null;
}

export interface Page<T> {
  readonly entries: readonly T[];
  /** True if the list goes on after the last entry. */
  readonly more: boolean;
}

/** A part of a long walk. It may have fewer entries than asked for, or none, although the walk goes on. */
export interface Part<T> {
  readonly entries: readonly T[];
  /** Null: the walk has ended. */
  readonly next: string | null;
}

/**
 * Reads `n` and `last` (distribution spec, "Listing Tags"). An empty parameter counts as absent. Throws
 * PAGINATION_NUMBER_INVALID.
 */
export function parsePageRequest(query: URLSearchParams): PageRequest {
  const text = query.get("n") || null;
  if (text !== null && !/^\d+$/.test(text)) {
    throw new RegistryError("PAGINATION_NUMBER_INVALID", { detail: { n: text.slice(0, 64) } });
  }
  return { limit: text === null ? MAX_PAGE : Math.min(Number(text), MAX_PAGE), last: query.get("last") };
}

/** Makes a page from up to `limit + 1` rows. The surplus row only shows that there is more. */
export function pageOf<T>(rows: readonly T[], limit: number): Page<T> {
  return { entries: rows.slice(0, limit), more: limit > 0 && rows.length > limit };
}

/** Makes the Link header to the next page (RFC 8288). It is relative, so that it holds behind any proxy. */
export function nextLink(path: string, query: Readonly<Record<string, string>>): string {
  return `<${path}?${new URLSearchParams(query).toString()}>; rel="next"`;
}
