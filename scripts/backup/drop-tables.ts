import * as z from "zod";
import { batchInSteps } from "./in-steps.ts";
import { MIGRATIONS, quoted, TABLES } from "./schema.ts";

const nameRow = z.object({ name: z.string() });
const referenceRow = z.object({ name: z.string(), parent: z.string() });

const REFERENCES = `SELECT t.name, f."table" AS parent FROM (${TABLES}) t JOIN pragma_foreign_key_list(t.name) f`;

/**
 * Drops all tables and views. From then on the registry serves nothing, and upkeep deletes nothing. The list of
 * migrations is dropped first, since a database that has tables without it was not restored to its end.
 */
export async function dropTables(db: D1Database): Promise<void> {
  const views = await namesOf(db, "SELECT name FROM sqlite_schema WHERE type = 'view'");
  const tables = await namesOf(db, TABLES);
  const references = z.array(referenceRow).parse((await db.prepare(REFERENCES).all()).results);
  const drops = [
    ...tables.filter((name) => name === MIGRATIONS).map((name) => `DROP TABLE ${quoted(name)}`),
    ...views.map((name) => `DROP VIEW ${quoted(name)}`),
    ...childrenFirst(tables, references)
      .filter((name) => name !== MIGRATIONS)
      .map((name) => `DROP TABLE ${quoted(name)}`),
  ];
  const statements = drops.map((sql) => db.prepare(sql));
  await batchInSteps(db, statements, [db.prepare("PRAGMA defer_foreign_keys = on")]);
}

/**
 * Orders tables so that each comes after those whose rows refer to it, since a transaction may end after any of them.
 * Tables that refer to each other come last.
 */
function childrenFirst(
  tables: readonly string[],
  references: readonly z.infer<typeof referenceRow>[],
): readonly string[] {
  const waiting = new Set(tables);
  const ordered: string[] = [];
  const isFree = (table: string): boolean =>
    !references.some(({ name, parent }) => parent === table && name !== table && waiting.has(name));
  for (let free = tables.filter(isFree); free.length > 0; free = [...waiting].filter(isFree)) {
    ordered.push(...free);
    for (const name of free) waiting.delete(name);
  }
  return [...ordered, ...waiting];
}

async function namesOf(db: D1Database, sql: string): Promise<readonly string[]> {
  const { results } = await db.prepare(sql).all();
  return z
    .array(nameRow)
    .parse(results)
    .map(({ name }) => name);
}
