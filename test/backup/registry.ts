import { createHash, randomBytes } from "node:crypto";
import * as z from "zod";
import { gather } from "../../src/cli/bytes.ts";
import { quoted, row, type Row } from "../../scripts/backup/schema.ts";
import type { Storage } from "../../scripts/backup/storage.ts";

/** Rows and objects as a registry would have them, with all that is awkward to copy. */

export function digestOf(bytes: string | Uint8Array, algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** Texts that the export damages, or that would mislead a reader of lines or of SQL. */
export const AWKWARD_TEXTS: readonly string[] = [
  '{\n  "line": "a\\nb"\n}',
  "a\rb \\r and a\r\nb \\r\\n \\n",
  'it\'s "quoted"; -- no comment /* nor this */',
  'INSERT INTO "tags" VALUES(1);\nINSERT INTO "tags" VALUES(2);\n',
  "\u2028 and \u2029, \t, 🚀, \\u000a, %s, ?1",
  "",
];

export interface Blob {
  readonly key: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

export async function putBlob(storage: Storage, size: number, algorithm = "sha256"): Promise<Blob> {
  const bytes = randomBytes(size);
  const blob = { key: `blobs/${randomBytes(16).toString("hex")}`, digest: digestOf(bytes, algorithm), bytes };
  await storage.bucket.put(blob.key, bytes);
  await insert(storage, "blobs", { digest: blob.digest, key: blob.key, size, created_at: 1, marked_at: 3 });
  return blob;
}

/** Makes a repository with id 1, in a space with id 1. */
export async function makeRepository(storage: Storage): Promise<void> {
  await insert(storage, "spaces", { id: 1, name: "acme", public: 0, created_at: 1 });
  await insert(storage, "repositories", { id: 1, space_id: 1, path: "web", public: 0, created_at: 1 });
}

/** Adds a manifest with this text, or with one in R2, and a tag on it. */
export async function putManifest(storage: Storage, tag: string, body: string | null, blob?: Blob): Promise<void> {
  const digest = blob?.digest ?? digestOf(body ?? "");
  const size = blob?.bytes.length ?? Buffer.byteLength(body ?? "");
  const manifest = { repository_id: 1, digest, media_type: "x", size, body, key: blob?.key ?? null };
  await insert(storage, "manifests", { ...manifest, platforms: "[]", created_at: 2 });
  await insert(storage, "tags", { repository_id: 1, name: tag, digest, created_at: 2, updated_at: 2 });
}

export async function insert(storage: Storage, table: string, values: Row): Promise<void> {
  const columns = Object.keys(values);
  const sql = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
  await storage.db
    .prepare(sql)
    .bind(...Object.values(values))
    .run();
}

const named = z.array(z.object({ name: z.string() }));

/** Returns all rows by table, and everything else that the schema defines. */
export async function everything({ db }: Storage): Promise<Record<string, readonly Row[]>> {
  const schema = await db
    .prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT GLOB '_cf_*' ORDER BY name")
    .all();
  const all: Record<string, readonly Row[]> = { schema: z.array(row).parse(schema.results) };
  const tables = await db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*'")
    .all();
  for (const { name } of named.parse(tables.results)) {
    const { results } = await db.prepare(`SELECT * FROM ${quoted(name)}`).all();
    all[name] = inOrder(z.array(row).parse(results));
  }
  return all;
}

function inOrder(rows: readonly Row[]): readonly Row[] {
  const texts = new Map(rows.map((one) => [one, JSON.stringify(one)]));
  return rows.toSorted((left, right) => ((texts.get(left) ?? "") < (texts.get(right) ?? "") ? -1 : 1));
}

/** Returns the digest of each object in the bucket, by key. */
export async function allObjects({ bucket }: Storage): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const { key } of (await bucket.list()).objects) {
    const object = await bucket.get(key);
    if (object !== null) digests[key] = digestOf(await gather(object.body));
  }
  return digests;
}
