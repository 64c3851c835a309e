import { env } from "cloudflare:workers";
import * as z from "zod";

const tableRow = z.object({ name: z.string() });
const anyRow = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

type Rows = readonly z.infer<typeof anyRow>[];

/** All rows of the database at one moment, by table. */
export type Snapshot = ReadonlyMap<string, Rows>;

const TABLES = `
  SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'
    AND name <> 'd1_migrations'`;

/** Leaves out the columns that the database computes. */
const COLUMNS = "SELECT name FROM pragma_table_info(?1)";

export async function takeSnapshot(): Promise<Snapshot> {
  const tables = z.array(tableRow).parse((await env.DB.prepare(TABLES).all()).results);
  const columns = await env.DB.batch(tables.map(({ name }) => env.DB.prepare(COLUMNS).bind(name)));
  const named = columns.map(({ results }) =>
    z
      .array(tableRow)
      .parse(results)
      .map(({ name }) => name),
  );
  const selects = tables.map(({ name }, index) => `SELECT ${named[index]?.join(", ")} FROM ${name}`);
  const taken = await env.DB.batch(selects.map((sql) => env.DB.prepare(sql)));
  return new Map(tables.map(({ name }, index) => [name, z.array(anyRow).parse(taken[index]?.results)]));
}

/** Restores the tables to that moment, in one transaction. @param except tables that stay as they are now */
export async function restoreSnapshot(snapshot: Snapshot, except: readonly string[] = []): Promise<void> {
  const tables = [...snapshot].filter(([name]) => !except.includes(name));
  await env.DB.batch([
    env.DB.prepare("PRAGMA defer_foreign_keys = on"),
    ...tables.map(([name]) => env.DB.prepare(`DELETE FROM ${name}`)),
    ...tables.flatMap(([name, rows]) => rows.map((row) => insertion(name, row))),
  ]);
}

function insertion(table: string, row: Rows[number]): D1PreparedStatement {
  const columns = Object.keys(row);
  const places = columns.map(() => "?").join(", ");
  return env.DB.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places})`).bind(...Object.values(row));
}
