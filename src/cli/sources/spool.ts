import { type FileHandle, open, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import type { Environment } from "../context.ts";
import { CliError } from "../exit.ts";
import { formatBytes } from "../../oci/size.ts";
import { codeOf } from "./system-error.ts";

/** A temporary file with the content of a stream that can be read only once, so that it can be read from any offset. */
export interface Spool {
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
  readonly close: () => Promise<void>;
}

interface SpoolOptions {
  readonly env: Environment;
  /** Called with the number of bytes written so far. */
  readonly onProgress?: (bytes: number) => void;
}

const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** Returns the directory for temporary files. */
export function temporaryDirectory(env: Environment): string {
  return env["TMPDIR"] || tmpdir();
}

/**
 * Writes a stream into a temporary file. An open file has no name any more, so nothing of it remains, however the
 * process ends. Throws a CliError if there is no room; the stream's own errors pass through.
 */
export async function spool(bytes: AsyncIterable<Uint8Array>, { env, onProgress }: SpoolOptions): Promise<Spool> {
  const directory = temporaryDirectory(env);
  const { handle, close } = await openNameless(directory);
  let size = 0;
  try {
    for await (const piece of bytes) {
      await write(handle, piece, size, directory);
      size += piece.length;
      onProgress?.(size);
    }
  } catch (failure) {
    await close();
    throw failure;
  }
  return { handle, size, close };
}

/** Throws a CliError if the temporary directory lacks the room; does nothing if its free space is unknown. */
export async function requireRoom(env: Environment, bytes: number): Promise<void> {
  const directory = temporaryDirectory(env);
  const { bavail, bsize } = await statfs(directory).catch(() => ({ bavail: Number.POSITIVE_INFINITY, bsize: 1 }));
  if (bavail * bsize < bytes)
    throw noRoom(directory, `about ${formatBytes(bytes)} needed, ${formatBytes(bavail * bsize)} free`);
}

async function openNameless(directory: string): Promise<Pick<Spool, "handle" | "close">> {
  const path = join(directory, `spacedock-${randomUUID()}`);
  const handle = await open(path, "wx+", 0o600).catch((cause: unknown) => {
    throw new CliError("failure", `cannot make a temporary file in ${directory}: ${codeOf(cause) ?? String(cause)}`, {
      hint: "To use another directory, set TMPDIR=<directory>.",
      cause,
    });
  });
  // Windows keeps the name of an open file, so there the file is removed on close.
  const isNameless = await rm(path).then(
    () => true,
    () => false,
  );
  const close = async (): Promise<void> => {
    await handle.close();
    if (!isNameless) await rm(path, { force: true });
  };
  return { handle, close };
}

async function write(handle: FileHandle, bytes: Uint8Array, at: number, directory: string): Promise<void> {
  try {
    for (let done = 0; done < bytes.length;) {
      done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
    }
  } catch (cause) {
    if (FULL.has(codeOf(cause) ?? "")) throw noRoom(directory, `${formatBytes(at)} written`, cause);
    throw new CliError("failure", `cannot write a temporary file in ${directory}: ${codeOf(cause) ?? String(cause)}`, {
      cause,
    });
  }
}

function noRoom(directory: string, why: string, cause?: unknown): CliError {
  return new CliError("failure", `the disk is full: ${directory} has no room for a temporary file (${why})`, {
    hint: "Free some space, or use another directory: TMPDIR=<directory>.",
    cause,
  });
}
