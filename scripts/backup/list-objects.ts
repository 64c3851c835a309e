import { createWriteStream } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseObject, type StoredObject } from "./files.ts";
import { linesOf } from "./lines.ts";
import { PRIVATE_FILE } from "./private.ts";
import { quoted, tablesOf, tablesWith } from "./schema.ts";

/** Lists all objects in R2 that rows point to, each once. */
export function* objectsOf(copy: DatabaseSync): Generator<StoredObject> {
  const tables = tablesWith(tablesOf(copy), "key", "digest", "size");
  const each = tables.map(({ name }) => `SELECT key, digest, size FROM ${quoted(name)} WHERE key IS NOT NULL`);
  for (const one of copy.prepare(each.join(" UNION ")).iterate()) yield parseObject(one);
}

export async function writeObjects(
  objects: Iterable<StoredObject>,
  file: string,
): Promise<{ count: number; bytes: number }> {
  const total = { count: 0, bytes: 0 };
  function* lines(): Generator<string> {
    for (const object of objects) {
      total.count += 1;
      total.bytes += object.size;
      yield `${JSON.stringify(object)}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(file, { mode: PRIVATE_FILE }));
  return total;
}

export async function* readObjects(file: string): AsyncGenerator<StoredObject> {
  for await (const line of linesOf(file)) yield parseObject(JSON.parse(line));
}
