import type { FileHandle } from "node:fs/promises";
import { CliError } from "../exit.ts";
import { plural } from "../output/words.ts";

/** Bytes that are read at once: enough to keep a connection busy, few enough to read many layers in parallel. */
const PIECE = 256 * 1024;

/** An open file, or a part of one, that is read by position, so that several can read it at the same time. */
export interface Span {
  readonly handle: FileHandle;
  /** The offset of the first byte in the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** The file's name, for messages. */
  readonly name: string;
}

/** Yields the bytes of a span in pieces. Throws an `invalid` CliError if the file ends too early. */
export async function* readSpan({ handle, offset, length, name }: Span): AsyncGenerator<Buffer> {
  const end = offset + length;
  for (let at = offset; at < end;) {
    const piece = Buffer.allocUnsafeSlow(Math.min(PIECE, end - at));
    const { bytesRead } = await handle.read(piece, 0, piece.length, at);
    if (bytesRead === 0)
      throw new CliError("invalid", `${name} is ${plural(end - at, "byte")} shorter than it should be`);
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

/** Reads a few bytes; fewer if the file ends. */
export async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await handle.read(bytes, read, length - read, offset + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}
