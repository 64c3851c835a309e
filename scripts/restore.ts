/**
 * `npm run restore -- <directory>`: brings back what `npm run backup` copied, into an empty registry. docs/backup.md is the guide.
 *
 *   --remote             the registry in the Cloudflare account; without it, the one that `npm start` keeps here
 *   --persist-to <dir>   where `npm start` keeps it (STATE_DIR, or .wrangler/state)
 *   --replace            throws away the rows that are there
 */
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fail, parseCommand, report, run } from "./backup/command.ts";
import { eachObject } from "./backup/each-object.ts";
import { fileDigest, type Index, readIndex } from "./backup/files.ts";
import { dropTables, insertRows, migrationsOf, whatIsThere } from "./backup/insert-rows.ts";
import { readObjects } from "./backup/list-objects.ts";
import { putObject } from "./backup/put-object.ts";
import { openStorage, type Storage } from "./backup/storage.ts";

const { directory, place, replace } = parseCommand(
  "npm run restore -- <directory> [--remote] [--persist-to <directory>] [--replace]",
);

await run(async () => {
  const index = readIndex(directory);
  if (index === null) fail(`${directory} holds no backup that has come to its end`);
  const rows = join(directory, index.rows);
  if ((await fileDigest(rows)) !== index.rowsDigest) fail(`${rows} is damaged`);
  const copy = new DatabaseSync(rows, { readOnly: true });
  requireKnownMigrations(copy);
  const storage = await openStorage(place);
  try {
    await restore(storage, index, copy);
  } finally {
    await storage.close();
  }
});

/** Bytes first, then rows, as in a push: while it is under way nothing is served, and nothing is collected. */
async function restore(storage: Storage, index: Index, copy: DatabaseSync): Promise<void> {
  if (!replace && (await whatIsThere(storage.db)) === "rows")
    fail("the registry is not empty; with --replace its rows are thrown away for those of the backup");
  await dropTables(storage.db);
  console.log(`Restoring ${index.count} objects …`);
  const objects = readObjects(join(directory, index.objects));
  const tally = await eachObject(objects, index, (object) => putObject(storage.bucket, directory, object));
  console.log("Restoring rows …");
  await insertRows(storage.db, copy);
  await storage.migrate();
  report(tally);
  if (tally.problems.length > 0) fail("all rows are restored, but what needs these objects cannot be pulled");
  console.log(`The registry is restored, as of ${index.madeAt}.`);
}

/** Throws where the tables are of a later version: this one would not know them. */
function requireKnownMigrations(copy: DatabaseSync): void {
  const known = readdirSync(resolve(import.meta.dirname, "../migrations"));
  const unknown = migrationsOf(copy).filter((name) => !known.includes(name));
  if (unknown.length > 0) fail(`the backup was made by a later version, with ${unknown.join(", ")}: restore with that`);
}
