import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { CliError } from "../exit.ts";
import { codeOf } from "./system-error.ts";
import type { Files } from "./source.ts";
import { readSpan } from "./span.ts";

/** Opens the files of a directory. */
export function directoryFiles(directory: string): Files {
  return {
    name: directory,
    size: (path) => sizeOf(join(directory, path)),
    open: (path, offset, length) =>
      Readable.from(readFileSpan(join(directory, path), offset, length), { objectMode: false }),
    close: () => Promise.resolve(),
  };
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    const stats = await stat(path);
    return stats.isFile() ? stats.size : null;
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(cause) ?? "")) return null;
    throw new CliError("failure", `cannot read ${path}: ${codeOf(cause) ?? String(cause)}`, { cause });
  }
}

async function* readFileSpan(path: string, offset: number, length: number): AsyncGenerator<Buffer> {
  const handle = await open(path).catch((cause: unknown) => {
    throw new CliError("failure", `cannot read ${path}: ${codeOf(cause) ?? String(cause)}`, { cause });
  });
  try {
    yield* readSpan({ handle, offset, length, name: path });
  } finally {
    await handle.close();
  }
}
