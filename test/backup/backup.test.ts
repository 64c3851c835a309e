import { appendFile, chmod, cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { backUp } from "../../scripts/backup/back-up.ts";
import { fileDigest, readIndex, writeIndex } from "../../scripts/backup/files.ts";
import { restoreFrom } from "../../scripts/backup/restore-from.ts";
import { openStorage, type Storage } from "../../scripts/backup/storage.ts";
import {
  allObjects,
  AWKWARD_TEXTS,
  type Blob,
  everything,
  insert,
  makeRepository,
  putBlob,
  putManifest,
} from "./registry.ts";

// Each of these tests runs wrangler more than once, which is slow.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const MIB = 1024 * 1024;

/** More rows than fit into one round trip. */
const MANY_SPACES = `
  WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
  INSERT INTO spaces (id, name, created_at) SELECT i, 'space' || i, i FROM n`;

let scratch = "";
let source: Storage;
let blobs: readonly [Blob, Blob, Blob, Blob];
let base = "";
const opened: Storage[] = [];

/** Opens a registry on this machine. @param from another one, whose state is copied */
async function open(name: string, from?: string): Promise<Storage> {
  if (from !== undefined) await cp(join(scratch, from), join(scratch, name), { recursive: true });
  const storage = await openStorage({ kind: "local", stateDir: join(scratch, name) });
  opened.push(storage);
  return storage;
}

/** Returns storage for a restore whose rows need no more migrations, since each call of wrangler is slow. */
const unmigrated = (storage: Storage): Storage => ({ ...storage, migrate: async () => undefined });

beforeAll(async () => {
  vi.spyOn(console, "log").mockReturnValue();
  scratch = await mkdtemp(join(tmpdir(), "spacedock-backup-"));
  const empty = await open("empty");
  await empty.migrate();
  source = await open("source", "empty");
  await makeRepository(source);
  blobs = [
    await putBlob(source, 100),
    await putBlob(source, 0),
    await putBlob(source, 20 * MIB),
    await putBlob(source, 70, "sha512"),
  ];
  for (const { digest } of blobs)
    await insert(source, "repository_blobs", { repository_id: 1, digest, touched_at: 1, marked_at: 2 });
  for (const [index, text] of AWKWARD_TEXTS.entries()) {
    await putManifest(source, `awkward${index}`, text);
    await insert(source, "attempts", {
      delivery_id: "dlv_1",
      number: index,
      at: 1,
      milliseconds: 1,
      outcome: "done",
      detail: text,
    });
  }
  for (const letter of "abcdef") await putManifest(source, letter, letter.repeat(900_000));
  await putManifest(source, "in-r2", null, blobs[2]);
  await insert(source, "walks", { name: "links", position: "somewhere" });
  await insert(source, "condemned", { key: "blobs/old", condemned_at: 1 });
  // The last id belongs to a row that is gone; and rows that a trigger counts must not be counted again.
  await putManifest(source, "gone", "gone");
  await source.db.batch([
    source.db.prepare(MANY_SPACES),
    source.db.prepare("DELETE FROM tags WHERE name = 'gone'"),
    source.db.prepare("DELETE FROM manifests WHERE body = 'gone'"),
    source.db.prepare("CREATE TABLE tally (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID"),
    source.db.prepare(
      "CREATE TRIGGER tally_tags AFTER INSERT ON tags BEGIN\nUPDATE tally SET count = count + 1;\nINSERT INTO tally SELECT 'a', 1 WHERE NOT EXISTS (SELECT 1 FROM tally);\nEND",
    ),
    source.db.prepare(
      "INSERT INTO tags (repository_id, name, digest, created_at, updated_at) SELECT repository_id, 'counted', digest, 1, 1 FROM tags WHERE name = 'a'",
    ),
  ]);
  base = join(scratch, "base");
  await backUp(source, base);
});

afterAll(async () => {
  for (const storage of opened) await storage.close();
  await rm(scratch, { recursive: true });
});

/** Makes a copy of the backup for a test to damage. */
async function copyOfBackup(): Promise<string> {
  const directory = await mkdtemp(join(scratch, "backup-"));
  await cp(base, directory, { recursive: true });
  return directory;
}

const objectFile = (directory: string, blob: Blob): string => join(directory, "objects", blob.key);

it("brings back every row and every byte, and lets upkeep begin afresh", async () => {
  const target = await open("whole");
  expect((await restoreFrom(base, target, false)).tally).toEqual({ there: 0, copied: 4, problems: [] });
  const [before, after] = [await everything(source), await everything(target)];
  const unmarked = (rows: (typeof before)[string] = []) => rows.map((one) => ({ ...one, marked_at: null }));
  expect(after).toEqual({
    ...before,
    walks: [],
    condemned: [],
    blobs: unmarked(before["blobs"]),
    repository_blobs: unmarked(before["repository_blobs"]),
  });
  expect(await allObjects(target)).toEqual(await allObjects(source));
});

/** Returns the modes of a directory and everything in it, each once. */
async function modesIn(directory: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = [directory, ...entries.map(({ parentPath, name }) => join(parentPath, name))];
  const each = paths.map(async (path) => {
    const { mode } = await stat(path);
    return `${(mode & 0o170000) === 0o040000 ? "directory" : "file"} ${(mode & 0o777).toString(8)}`;
  });
  return new Set(await Promise.all(each));
}

it("is for its owner's eyes alone, also where an older one was for everybody's", async () => {
  const own = new Set(["directory 700", "file 600"]);
  expect(await modesIn(base)).toEqual(own);
  const directory = await copyOfBackup();
  for (const path of [directory, join(directory, "objects"), join(directory, "objects/blobs")])
    await chmod(path, 0o755);
  for (const blob of blobs) await chmod(objectFile(directory, blob), 0o644);
  await backUp(source, directory);
  expect(await modesIn(directory)).toEqual(own);
});

describe("a backup into the same directory", () => {
  it("copies only what is new, names what R2 has lost or changed, and keeps no rows but the last", async () => {
    const directory = await copyOfBackup();
    const [fresh, lost, changed] = [await putBlob(source, 30), await putBlob(source, 10), await putBlob(source, 11)];
    await source.bucket.delete(lost.key);
    await source.bucket.put(changed.key, "else");
    const { tally } = await backUp(source, directory);
    expect(tally).toMatchObject({ there: 4, copied: 1 });
    expect(tally.problems).toHaveLength(2);
    expect(tally.problems).toContain(`${lost.digest} (${lost.key}): it is missing in R2`);
    expect(tally.problems.join()).toContain(`${changed.digest} (${changed.key}): in R2 it has the digest`);
    expect(await readFile(objectFile(directory, fresh))).toEqual(fresh.bytes);
    expect((await readdir(directory)).filter((name) => /\.(?:sqlite|sql|ndjson)$/.test(name))).toHaveLength(2);
  });
});

describe("a restore", () => {
  it("takes tables without rows for empty, puts no object that is there, and replaces rows only if told to", async () => {
    const directory = await copyOfBackup();
    await rm(objectFile(directory, blobs[0]));
    const target = unmigrated(await open("there", "empty"));
    await target.bucket.put(blobs[0].key, blobs[0].bytes);
    expect((await restoreFrom(directory, target, false)).tally).toEqual({ there: 1, copied: 3, problems: [] });
    const restored = await everything(target);
    await insert(target, "spaces", { id: 7, name: "other", public: 0, created_at: 1 });
    await expect(restoreFrom(directory, target, false)).rejects.toThrow("not empty");
    expect((await everything(target))["spaces"]).toHaveLength((restored["spaces"]?.length ?? 0) + 1);
    expect((await restoreFrom(directory, target, true)).tally).toEqual({ there: 4, copied: 0, problems: [] });
    expect(await everything(target)).toEqual(restored);
  });

  it("puts nothing that has not its digest, names it, and restores the rest", async () => {
    const directory = await copyOfBackup();
    const [small, empty, large, lost] = blobs;
    for (const blob of [small, large])
      await writeFile(objectFile(directory, blob), Buffer.from(blob.bytes).fill(1, 0, 50));
    await rm(objectFile(directory, lost));
    const target = unmigrated(await open("damaged"));
    const { tally } = await restoreFrom(directory, target, false);
    expect(tally.copied).toBe(1);
    expect(tally.problems.toSorted()).toEqual(
      [
        `${small.digest} (${small.key}): in the backup it has another digest`,
        `${large.digest} (${large.key}): in the backup it has another digest`,
        `${lost.digest} (${lost.key}): it is neither in R2 nor whole in the backup`,
      ].toSorted(),
    );
    expect(Object.keys(await allObjects(target))).toEqual([empty.key]);
    expect((await everything(target))["spaces"]).toEqual((await everything(source))["spaces"]);
  });

  it("never gives the database more than the 50 statements in a round trip that the Free plan has", async () => {
    const target = unmigrated(await open("free-plan", "empty"));
    const sizes: number[] = [];
    const counting = new Proxy(target.db, {
      get(db, property) {
        const value: unknown = Reflect.get(db, property);
        if (typeof value !== "function") return value;
        if (property !== "batch") return value.bind(db);
        return (statements: readonly D1PreparedStatement[]): unknown => {
          sizes.push(statements.length);
          return value.call(db, statements);
        };
      },
    });
    expect((await restoreFrom(base, { ...target, db: counting }, false)).tally.problems).toEqual([]);
    expect((await restoreFrom(base, { ...target, db: counting }, true)).tally.problems).toEqual([]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(50);
    expect((await everything(target))["schema"]).toEqual((await everything(source))["schema"]);
  });

  it("can be repeated after it was cut off among the rows", async () => {
    const target = unmigrated(await open("cut-off"));
    let batches = 0;
    const failing = new Proxy(target.db, {
      get(db, property) {
        if (property === "batch" && (batches += 1) > 5) throw new Error("cut off");
        const value: unknown = Reflect.get(db, property);
        return typeof value === "function" ? value.bind(db) : value;
      },
    });
    await expect(restoreFrom(base, { ...target, db: failing }, false)).rejects.toThrow("cut off");
    expect((await everything(target))["spaces"]?.length).toBeGreaterThan(0);
    expect((await restoreFrom(base, target, false)).tally).toEqual({ there: 4, copied: 0, problems: [] });
    expect((await everything(target))["spaces"]).toEqual((await everything(source))["spaces"]);
  });

  it("refuses what is no whole backup, is damaged, or of a later version", async () => {
    const none = await mkdtemp(join(scratch, "none-"));
    await expect(restoreFrom(none, source, true)).rejects.toThrow("holds no backup");
    const directory = await copyOfBackup();
    const index = readIndex(directory);
    if (index === null) throw new Error("the copy is not whole");
    const file = join(directory, index.rows);
    await appendFile(file, "x");
    await expect(restoreFrom(directory, source, true)).rejects.toThrow("damaged");
    await truncate(file, (await stat(file)).size - 1);
    const rows = new DatabaseSync(file);
    rows.exec("INSERT INTO d1_migrations (name) VALUES ('9999_later.sql')");
    rows.close();
    writeIndex(directory, { ...index, rowsDigest: await fileDigest(file) });
    await expect(restoreFrom(directory, source, true)).rejects.toThrow("9999_later.sql");
  });
});
