import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { linesOf } from "./lines.ts";
import { makePrivate, makePrivateFile } from "./private.ts";
import { quoted, list, row, type Row, type Table, tablesOf, tablesWith } from "./schema.ts";
import type { Storage } from "./storage.ts";

/** Copies tables and rows, as of one moment, into a new SQLite file. Throws if they are not whole. */
export async function copyRows(storage: Storage, file: string): Promise<DatabaseSync> {
  const sqlFile = file.replace(/sqlite$/, "sql");
  await storage.exportSql(sqlFile);
  makePrivate(sqlFile);
  makePrivateFile(file);
  const copy = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  copy.exec("PRAGMA journal_mode = OFF");
  copy.exec("BEGIN");
  await runSql(copy, sqlFile);
  rmSync(sqlFile);
  const tables = tablesOf(copy);
  await mendTexts(storage.db, copy, tables);
  copy.exec("COMMIT");
  check(copy, tables);
  return copy;
}

/** Characters of SQL to run at once. */
const PIECE = 4_000_000;

/** Matches a line that surely begins a statement: the export puts each insertion on a line of its own. */
const INSERTION = /^INSERT INTO "/;

async function runSql(copy: DatabaseSync, sqlFile: string): Promise<void> {
  let piece: string[] = [];
  let length = 0;
  const run = (): void => {
    copy.exec(piece.join("\n"));
    piece = [];
    length = 0;
  };
  for await (const line of linesOf(sqlFile)) {
    if (length > PIECE && INSERTION.test(line) && piece.at(-1)?.endsWith(";") === true) run();
    piece.push(line);
    length += line.length;
  }
  run();
}

/**
 * Condition for texts that the export damages. It writes a line's end as the characters `\n` and turns these back on
 * reading, so a text with both comes out with two line ends: for example, a manifest with indentation and a `\n` in an
 * annotation.
 */
const DAMAGED = (column: string): string =>
  `(instr(${column}, char(10)) > 0 AND instr(${column}, '\\n') > 0) OR (instr(${column}, char(13)) > 0 AND instr(${column}, '\\r') > 0)`;

/** Reads damaged texts from the database itself. If a row is gone by now, `check` finds out if that matters. */
async function mendTexts(db: D1Database, copy: DatabaseSync, tables: readonly Table[]): Promise<void> {
  for (const table of tables) {
    const key = table.columns.filter(({ isKey }) => isKey).map(({ name }) => name);
    for (const column of table.columns.filter(({ type, isKey }) => type === "TEXT" && !isKey)) {
      const damaged = DAMAGED(quoted(column.name));
      const found = await db.prepare(`SELECT ${list(key)} FROM ${quoted(table.name)} WHERE ${damaged}`).all();
      for (const where of z.array(row).parse(found.results)) await mendText(db, copy, table.name, column.name, where);
    }
  }
}

async function mendText(db: D1Database, copy: DatabaseSync, table: string, column: string, key: Row): Promise<void> {
  const where = Object.keys(key)
    .map((name) => `${quoted(name)} = ?`)
    .join(" AND ");
  const values = Object.values(key);
  const now = await db
    .prepare(`SELECT ${quoted(column)} FROM ${quoted(table)} WHERE ${where}`)
    .bind(...values)
    .first();
  if (now === null) return;
  const text = row.parse(now)[column] ?? null;
  copy.prepare(`UPDATE ${quoted(table)} SET ${quoted(column)} = ? WHERE ${where}`).run(text, ...values);
}

const bodyRow = z.object({ digest: z.string(), body: z.string() });

/** Throws if the copy is not of one moment, or if a manifest in it does not have its digest. */
function check(copy: DatabaseSync, tables: readonly Table[]): void {
  const torn = copy.prepare("PRAGMA foreign_key_check").all();
  if (torn.length > 0) throw new Error("the database changed while it was copied: run the backup again");
  for (const { name } of tablesWith(tables, "digest", "body")) {
    for (const one of copy.prepare(`SELECT digest, body FROM ${quoted(name)} WHERE body IS NOT NULL`).iterate()) {
      const { digest, body } = bodyRow.parse(one);
      const [algorithm = "", hex] = digest.split(":");
      if (createHash(algorithm).update(body).digest("hex") !== hex)
        throw new Error(`${digest} was deleted while the database was copied, or is damaged: run the backup again`);
    }
  }
}
