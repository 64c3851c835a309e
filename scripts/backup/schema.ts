import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";

/**
 * The table of migrations. It is written last, so a database with tables and without this one was not fully restored.
 */
export const MIGRATIONS = "d1_migrations";

/** Selects the names of all our tables. */
export const TABLES =
  "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' ORDER BY rowid";

/** A table in the copy of the database. */
export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
}

interface Column {
  readonly name: string;
  /** The declared type: TEXT or INTEGER. */
  readonly type: string;
  readonly isKey: boolean;
}

const nameRow = z.object({ name: z.string() });
const columnRow = z.object({ name: z.string(), type: z.string(), pk: z.int() });
const parentRow = z.object({ table: z.string() });

/** Values that our tables hold. */
export const row = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
export type Row = z.infer<typeof row>;

/** Returns all our tables, each after those that its rows refer to. */
export function tablesOf(copy: DatabaseSync): readonly Table[] {
  const names = copy.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'").all();
  const waiting = new Set(names.map((one) => nameRow.parse(one).name));
  const ordered: Table[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].filter((name) => parentsOf(copy, name).every((parent) => !waiting.has(parent)));
    if (ready.length === 0) throw new Error(`these tables refer to each other: ${[...waiting].join(", ")}`);
    for (const name of ready) {
      waiting.delete(name);
      ordered.push({ name, columns: columnsOf(copy, name) });
    }
  }
  return ordered;
}

function parentsOf(copy: DatabaseSync, table: string): readonly string[] {
  const parents = copy.prepare('SELECT "table" FROM pragma_foreign_key_list(?)').all(table);
  return parents.map((one) => parentRow.parse(one).table).filter((parent) => parent !== table);
}

function columnsOf(copy: DatabaseSync, table: string): readonly Column[] {
  const columns = copy.prepare("SELECT name, type, pk FROM pragma_table_info(?)").all(table);
  return columns.map((one) => {
    const { name, type, pk } = columnRow.parse(one);
    return { name, type, isKey: pk > 0 };
  });
}

/**
 * Returns the tables that have all of these columns. Tables are recognized by their columns, so that later ones are not
 * forgotten.
 */
export function tablesWith(tables: readonly Table[], ...columns: readonly string[]): readonly Table[] {
  return tables.filter((table) => columns.every((name) => table.columns.some((column) => column.name === name)));
}

/** Quotes a name for SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function list(names: readonly string[]): string {
  return names.map(quoted).join(", ");
}
