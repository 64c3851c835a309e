import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { plural } from "../../src/cli/output/words.ts";
import { dropTables } from "./drop-tables.ts";
import { eachObject, type Tally } from "./each-object.ts";
import { fileDigest, type Index, readIndex } from "./files.ts";
import { insertRows, migrationsOf, whatIsThere } from "./insert-rows.ts";
import { readObjects } from "./list-objects.ts";
import { putObject } from "./put-object.ts";
import type { Storage } from "./storage.ts";

/**
 * Restores a backup: first the bytes, then the rows, as in a push. Meanwhile the registry serves nothing and collects
 * nothing.
 * @param replace true if rows that are there may be thrown away; if false, they are an error.
 */
export async function restoreFrom(
  directory: string,
  storage: Storage,
  replace: boolean,
): Promise<{ index: Index; tally: Tally }> {
  const index = readIndex(directory);
  if (index === null) throw new Error(`${directory} holds no backup that has come to its end`);
  const copy = await openRows(join(directory, index.rows), index.rowsDigest);
  if (!replace && (await whatIsThere(storage.db)) === "rows")
    throw new Error("the registry is not empty; with --replace its rows are thrown away for those of the backup");
  await dropTables(storage.db);
  console.log(`Restoring ${plural(index.count, "object")} …`);
  const objects = readObjects(join(directory, index.objects));
  const tally = await eachObject(objects, index, (object) => putObject(storage.bucket, directory, object));
  console.log("Restoring rows …");
  await insertRows(storage.db, copy);
  copy.close();
  await storage.migrate();
  return { index, tally };
}

/** Opens the rows. Throws if they are damaged, or of a later version whose tables this one does not know. */
async function openRows(file: string, digest: string): Promise<DatabaseSync> {
  if ((await fileDigest(file)) !== digest) throw new Error(`${file} is damaged`);
  const copy = new DatabaseSync(file, { readOnly: true });
  const known = new Set(readdirSync(resolve(import.meta.dirname, "../../migrations")));
  const unknown = migrationsOf(copy).filter((name) => !known.has(name));
  if (unknown.length === 0) return copy;
  throw new Error(`the backup was made by a later version, with ${unknown.join(", ")}: restore it with that`);
}
