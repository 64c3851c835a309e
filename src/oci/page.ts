import { RegistryError } from "./errors.ts";

/** The most entries that one page has; a client that asks for more gets this many, and a Link. */
export const MAX_PAGE = 1000;

/** A page of a list that is ordered by its key: at most `limit` entries after `last`. */
export interface PageRequest {
  readonly limit: number;
  readonly last: string | null;
}

export interface Page<T> {
  readonly entries: readonly T[];
  /** True if the list goes on after the last entry. */
  readonly more: boolean;
}

/** A part of a long walk: it may have fewer entries than asked for, or none, and still go on. */
export interface Part<T> {
  readonly entries: readonly T[];
  /** Null: that was all. */
  readonly next: string | null;
}

/** Reads `n` and `last` (distribution spec, "Listing Tags"); an empty one says nothing. Throws PAGINATION_NUMBER_INVALID. */
export function parsePageRequest(query: URLSearchParams): PageRequest {
  const text = query.get("n") || null;
  if (text !== null && !/^\d+$/.test(text)) {
    throw new RegistryError("PAGINATION_NUMBER_INVALID", { detail: { n: text.slice(0, 64) } });
  }
  return { limit: text === null ? MAX_PAGE : Math.min(Number(text), MAX_PAGE), last: query.get("last") };
}

/** Makes a page from `limit + 1` rows: the surplus row only tells that there is more. */
export function pageOf<T>(rows: readonly T[], limit: number): Page<T> {
  return { entries: rows.slice(0, limit), more: limit > 0 && rows.length > limit };
}

/** The Link header to the next page (RFC 8288), relative so that it holds behind any proxy. */
export function nextLink(path: string, query: Readonly<Record<string, string>>): string {
  return `<${path}?${new URLSearchParams(query).toString()}>; rel="next"`;
}
