/**
 * Returns the database that holds a space: the point at which an installation would grow beyond one database
 * (docs/scale.md lists what else relies on there being one). Today every space is in the first.
 */
export function databaseOf({ DB }: { readonly DB: D1Database }, _space: string | null): D1Database {
  return DB;
}

/** Reads the space's name in a request's path; null: the path names none, or the name is malformed. */
export function spaceIn({ pathname }: URL): string | null {
  return /^\/(?:v2|api\/v1\/spaces)\/([a-z0-9][a-z0-9._-]*)(?=\/|$)/.exec(pathname)?.[1] ?? null;
}
