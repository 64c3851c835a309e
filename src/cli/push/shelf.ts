import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type * as z from "zod";

/** Small values that a later process may use. None of them is needed: a value that cannot be kept is dropped. */
export interface Shelf<T> {
  readonly read: (key: string) => Promise<T | null>;
  readonly write: (key: string, value: T) => Promise<void>;
  readonly remove: (key: string) => Promise<void>;
}

interface ShelfOptions<T> {
  readonly schema: z.ZodType<T>;
  /** Milliseconds after which a value is dropped. */
  readonly keptFor: number;
}

/**
 * Opens a shelf with a file for each key. A file is replaced as a whole, so a reader never sees half a value, even if
 * two processes write. Only the owner may read the files, since an upload's address lets others continue it.
 */
export async function openShelf<T>(directory: string, { schema, keptFor }: ShelfOptions<T>): Promise<Shelf<T>> {
  await sweep(directory, keptFor);
  const fileOf = (key: string): string => join(directory, `${createHash("sha256").update(key).digest("hex")}.json`);
  return {
    read: async (key) => {
      try {
        return schema.parse(JSON.parse(await readFile(fileOf(key), "utf8")));
      } catch {
        return null;
      }
    },
    write: (key, value) => quietly(() => replace(directory, fileOf(key), JSON.stringify(value))),
    remove: (key) => quietly(() => rm(fileOf(key), { force: true })),
  };
}

async function replace(directory: string, file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}.tmp`;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, file);
}

async function sweep(directory: string, keptFor: number): Promise<void> {
  await quietly(async () => {
    for (const name of await readdir(directory)) {
      const file = join(directory, name);
      // Another process may sweep at the same time.
      await quietly(async () => {
        if ((await stat(file)).mtimeMs < Date.now() - keptFor) await rm(file, { force: true });
      });
    }
  });
}

async function quietly(action: () => Promise<void>): Promise<void> {
  await action().catch(() => undefined);
}
