import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { plural } from "../../src/cli/output/words.ts";
import { copyObject } from "./copy-object.ts";
import { copyRows } from "./copy-rows.ts";
import { eachObject, type Tally } from "./each-object.ts";
import { fileDigest, type Index, OBJECTS, writeIndex } from "./files.ts";
import { objectsOf, readObjects, writeObjects } from "./list-objects.ts";
import { makePrivateDirectory } from "./private.ts";
import type { Storage } from "./storage.ts";

/**
 * Copies a registry into a directory: first the rows, then the bytes that they point to. Collection keeps those for
 * KEEP_BYTES_DAYS after their rows, so they are all there still. The tally names the objects that could not be copied.
 */
export async function backUp(storage: Storage, directory: string): Promise<{ index: Index; tally: Tally }> {
  for (const part of [directory, join(directory, OBJECTS)]) makePrivateDirectory(part);
  const madeAt = new Date().toISOString();
  const stamp = madeAt.replaceAll(/[:.]/g, "-");
  const [rows, objects] = [`rows-${stamp}.sqlite`, `objects-${stamp}.ndjson`];
  console.log("Copying rows …");
  const copy = await copyRows(storage, join(directory, rows));
  const total = await writeObjects(objectsOf(copy), join(directory, objects));
  copy.close();
  console.log(`Copying ${plural(total.count, "object")} …`);
  const listed = readObjects(join(directory, objects));
  const tally = await eachObject(listed, total, (object) => copyObject(storage.bucket, directory, object));
  const rowsDigest = await fileDigest(join(directory, rows));
  const index: Index = { format: 1, madeAt, rows, rowsDigest, objects, ...total };
  writeIndex(directory, index);
  removeOthers(directory, new Set([rows, objects]));
  return { index, tally };
}

/**
 * Removes the rows of earlier backups and of an interrupted one. Objects stay, since they make the next backup short.
 */
function removeOthers(directory: string, kept: ReadonlySet<string>): void {
  const ours = readdirSync(directory).filter((name) => /^(?:rows|objects)-.*\.(?:sqlite|ndjson|sql)$/.test(name));
  for (const name of ours.filter((one) => !kept.has(one))) rmSync(join(directory, name));
}
