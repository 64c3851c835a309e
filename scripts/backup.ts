/**
 * `npm run backup -- <directory>`: copies the registry into a directory: rows, and the bytes that they point to. The next
 * backup into the same directory copies only what is new. docs/backup.md is the guide.
 *
 *   --remote             the registry in the Cloudflare account; without it, the one that `npm start` keeps here
 *   --persist-to <dir>   where `npm start` keeps it (STATE_DIR, or .wrangler/state)
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fail, parseCommand, report, run } from "./backup/command.ts";
import { copyObject } from "./backup/copy-object.ts";
import { copyRows } from "./backup/copy-rows.ts";
import { eachObject } from "./backup/each-object.ts";
import { fileDigest, writeIndex } from "./backup/files.ts";
import { objectsOf, readObjects, writeObjects } from "./backup/list-objects.ts";
import { openStorage, type Storage } from "./backup/storage.ts";

const { directory, place } = parseCommand("npm run backup -- <directory> [--remote] [--persist-to <directory>]");

await run(async () => {
  mkdirSync(directory, { recursive: true });
  const storage = await openStorage(place);
  try {
    await backUp(storage);
  } finally {
    await storage.close();
  }
});

/** Rows first, then bytes: collection keeps the bytes of rows that go meanwhile for KEEP_BYTES_DAYS. */
async function backUp(storage: Storage): Promise<void> {
  const madeAt = new Date().toISOString();
  const stamp = madeAt.replaceAll(/[:.]/g, "-");
  const [rows, objects] = [`rows-${stamp}.sqlite`, `objects-${stamp}.ndjson`];
  console.log("Copying rows …");
  const copy = await copyRows(storage, join(directory, rows));
  const total = await writeObjects(objectsOf(copy), join(directory, objects));
  copy.close();
  console.log(`Copying ${total.count} objects …`);
  const listed = readObjects(join(directory, objects));
  const tally = await eachObject(listed, total, (object) => copyObject(storage.bucket, directory, object));
  writeIndex(directory, {
    format: 1,
    madeAt,
    rows,
    rowsDigest: await fileDigest(join(directory, rows)),
    objects,
    ...total,
  });
  removeOthers([rows, objects]);
  report(tally);
  if (tally.problems.length > 0) fail("the backup lacks these objects; the next one into this directory tries again");
  console.log(`The backup in ${directory} is complete, as of ${madeAt}.`);
}

/** Rows of earlier backups, and of one that was interrupted. Objects stay: they are what makes the next backup short. */
function removeOthers(kept: readonly string[]): void {
  const ours = readdirSync(directory).filter((name) => /^(?:rows|objects)-.*\.(?:sqlite|ndjson|sql)$/.test(name));
  for (const name of ours.filter((one) => !kept.includes(one))) rmSync(join(directory, name));
}
