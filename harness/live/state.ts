/** Reads the state of a local server from the files that wrangler keeps on disk. */
import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as z from "zod";

export interface StoredState {
  /** Keys of objects that no row points to. */
  readonly orphans: readonly string[];
  /** Keys that a row points to, without an object. */
  readonly missing: readonly string[];
  /** The number of links, blobs and condemned keys that nothing needs and that collection has still to take. */
  readonly pending: number;
  /** Keys whose objects collection has deleted so far. */
  readonly deleted: number;
}

const OBJECT_KEYS = "SELECT key FROM _mf_objects";
const ROW_KEYS =
  "SELECT key FROM blobs UNION ALL SELECT key FROM manifests WHERE key IS NOT NULL UNION ALL SELECT key FROM deleted_manifests WHERE key IS NOT NULL";
const PENDING = `
  SELECT (SELECT COUNT(*) FROM condemned WHERE deleted_at IS NULL)
    + (SELECT COUNT(*) FROM deleted_manifests)
    + (SELECT COUNT(*) FROM blobs b WHERE NOT EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.digest = b.digest))
    + (SELECT COUNT(*) FROM repository_blobs rb WHERE NOT EXISTS (
        SELECT 1 FROM manifest_references f WHERE f.repository_id = rb.repository_id AND f.digest = rb.digest)) AS n`;
const DELETED = "SELECT COUNT(*) AS n FROM condemned WHERE deleted_at IS NOT NULL";

const keyRow = z.object({ key: z.string() });
const countRow = z.object({ n: z.int() });

/** Reads the state. The server may be running, but should be at rest. @param state the directory in which the server keeps everything */
export function readState(state: string): StoredState {
  using bucket = openDatabase(state, "r2", "_mf_objects");
  using database = openDatabase(state, "d1", "repository_blobs");
  const objects = keys(bucket, OBJECT_KEYS);
  const rows = keys(database, ROW_KEYS);
  return {
    orphans: [...objects.difference(rows)],
    missing: [...rows.difference(objects)],
    pending: count(database, PENDING),
    deleted: count(database, DELETED),
  };
}

/** Milliseconds to wait: a process that was killed may still hold its database for a moment. */
const PATIENCE = 20_000;

/**
 * Opens the one database of a product that has this table; wrangler gives the files names that cannot be
 * guessed. The server must be stopped before anything is written to it.
 */
export function openDatabase(state: string, product: string, table: string, readOnly = true): DatabaseSync {
  const directory = join(state, "v3", product);
  for (const file of globSync("*/*.sqlite", { cwd: directory })) {
    const database = new DatabaseSync(join(directory, file), { readOnly, timeout: PATIENCE });
    const tables = database.prepare("SELECT 1 FROM sqlite_master WHERE name = ?").all(table);
    if (tables.length > 0) return database;
    database.close();
  }
  throw new Error(`no database with the table ${table} in ${directory}: does wrangler keep its state otherwise now?`);
}

function keys(database: DatabaseSync, sql: string): ReadonlySet<string> & Set<string> {
  return new Set(
    database
      .prepare(sql)
      .all()
      .map((row) => keyRow.parse(row).key),
  );
}

function count(database: DatabaseSync, sql: string): number {
  return countRow.parse(database.prepare(sql).get()).n;
}
