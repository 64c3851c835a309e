/**
 * Which database a space lives in: the seam along which an installation would grow beyond one (docs/scale.md says what else
 * leans on there being one). Today all live in the first.
 */
export function databaseOf({ DB }: { readonly DB: D1Database }, _space: string | null): D1Database {
  return DB;
}

/** The space that a request's path names; null where it names none, or one that is none. */
export function spaceIn({ pathname }: URL): string | null {
  return /^\/(?:v2|api\/v1\/spaces)\/([a-z0-9][a-z0-9._-]*)(?=\/|$)/.exec(pathname)?.[1] ?? null;
}
