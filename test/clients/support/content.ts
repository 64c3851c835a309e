import { createHash, randomBytes } from "node:crypto";
import { createReadStream, type Dirent } from "node:fs";
import { mkdir, open, readdir } from "node:fs/promises";
import { join, relative } from "node:path";

const pieceSize = 4 * 1024 * 1024;

/** Writes random bytes, which a compressing client cannot make fewer. */
async function writeRandomFile(path: string, size: number): Promise<void> {
  const file = await open(path, "w");
  try {
    for (let left = size; left > 0; left -= pieceSize) await file.write(randomBytes(Math.min(left, pieceSize)));
  } finally {
    await file.close();
  }
}

export async function writeRandomTree(directory: string, sizes: readonly number[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [index, size] of sizes.entries()) await writeRandomFile(join(directory, `file-${index}`), size);
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}

/** Returns the digest of every file below a directory, by its path. */
export async function hashTree(directory: string): Promise<Record<string, string>> {
  const entries: Dirent[] = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hashes: Record<string, string> = {};
  for (const path of paths.toSorted()) hashes[relative(directory, path)] = await hashFile(path);
  return hashes;
}
