import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { batchInSteps, MOST_STATEMENTS } from "./in-steps.ts";
import { list, MIGRATIONS, quoted, row, type Row, type Table, TABLES, tablesOf } from "./schema.ts";

/**
 * Tables that are restored without rows: upkeep's own notes, and uploads whose sessions are elsewhere. So nothing is
 * collected because of a state at another time.
 */
const BEGUN_AFRESH: ReadonlySet<string> = new Set(["walks", "condemned", "open_uploads"]);
const MARK = "marked_at";

/** The most values that D1 takes in one statement; the limit on characters below is for one round trip. */
const MOST_VALUES = 100;
const MOST_CHARACTERS = 1_000_000;

const nameRow = z.object({ name: z.string() });
const sqlRow = z.object({ sql: z.string() });

/** The state of the database before a restoration. */
export type Existing = "nothing" | "unfinished" | "rows";

export async function whatIsThere(db: D1Database): Promise<Existing> {
  const names = await tableNames(db);
  if (names.length > 0 && !names.includes(MIGRATIONS)) return "unfinished";
  const telling = names.filter((name) => name !== MIGRATIONS && !BEGUN_AFRESH.has(name));
  for (const name of telling) {
    if ((await db.prepare(`SELECT 1 FROM ${quoted(name)} LIMIT 1`).first()) !== null) return "rows";
  }
  return "nothing";
}

/** Returns the names of the migrations that made the tables in the copy. */
export function migrationsOf(copy: DatabaseSync): readonly string[] {
  return copy
    .prepare(`SELECT name FROM ${MIGRATIONS}`)
    .all()
    .map((one) => nameRow.parse(one).name);
}

async function tableNames(db: D1Database): Promise<readonly string[]> {
  return z
    .array(nameRow)
    .parse((await db.prepare(TABLES).all()).results)
    .map(({ name }) => name);
}

/** Makes tables and rows as they are in the copy. Triggers come last, so that none acts on restored rows. */
export async function insertRows(db: D1Database, copy: DatabaseSync): Promise<void> {
  const tables = tablesOf(copy);
  const [migrations, others] = [
    tables.filter(({ name }) => name === MIGRATIONS),
    tables.filter(({ name }) => name !== MIGRATIONS),
  ];
  // Indexes come first, since foreign keys refer to some of them.
  await define(db, copy, "type = 'table' AND name <> 'd1_migrations'");
  await define(db, copy, "type = 'index' AND tbl_name <> 'd1_migrations'");
  for (const table of others) await insertTable(db, copy, table);
  await define(db, copy, "type IN ('trigger', 'view')");
  await setSequences(db, copy);
  await define(db, copy, "tbl_name = 'd1_migrations'");
  for (const table of migrations) await insertTable(db, copy, table);
}

async function define(db: D1Database, copy: DatabaseSync, which: string): Promise<void> {
  const found = copy.prepare(
    `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT GLOB 'sqlite_*' AND ${which} ORDER BY rowid`,
  );
  await batchInSteps(
    db,
    found.all().map((one) => db.prepare(sqlRow.parse(one).sql)),
  );
}

async function insertTable(db: D1Database, copy: DatabaseSync, { name, columns }: Table): Promise<void> {
  if (BEGUN_AFRESH.has(name)) return;
  const names = columns.map((column) => column.name);
  const wanted = names.map((column) => (column === MARK ? `NULL AS ${quoted(column)}` : quoted(column)));
  const found = copy.prepare(`SELECT ${wanted.join(", ")} FROM ${quoted(name)}`).iterate();
  const into = `INSERT INTO ${quoted(name)} (${list(names)}) VALUES`;
  const rowPlaces = `(${names.map(() => "?").join(", ")})`;
  for (const batch of batches(found, Math.floor(MOST_VALUES / names.length))) {
    await db.batch(
      batch.map((rows) =>
        db
          .prepare(`${into} ${rows.map(() => rowPlaces).join(", ")}`)
          .bind(...rows.flatMap((one) => Object.values(one))),
      ),
    );
  }
}

/** Groups rows into statements, and statements into round trips. */
function* batches(found: Iterable<unknown>, rowsAtOnce: number): Generator<readonly (readonly Row[])[]> {
  let batch: Row[][] = [];
  let characters = 0;
  for (const one of found) {
    const parsed = row.parse(one);
    const last = batch.at(-1);
    if (last !== undefined && last.length < rowsAtOnce) last.push(parsed);
    else batch.push([parsed]);
    for (const value of Object.values(parsed)) characters += typeof value === "string" ? value.length : 8;
    if (characters < MOST_CHARACTERS && batch.length < MOST_STATEMENTS) continue;
    yield batch;
    [batch, characters] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

const sequenceRow = z.object({ name: z.string(), seq: z.int() });

/** Sets the last ids that were given, so that ids of deleted rows are not given again. */
async function setSequences(db: D1Database, copy: DatabaseSync): Promise<void> {
  const sequences = copy
    .prepare("SELECT name, seq FROM sqlite_sequence WHERE name <> 'd1_migrations'")
    .all()
    .map((one) => sequenceRow.parse(one));
  await batchInSteps(db, [
    db.prepare("DELETE FROM sqlite_sequence"),
    ...sequences.map(({ name, seq }) =>
      db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)").bind(name, seq),
    ),
  ]);
}
