import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline, Readable, type Transform } from "node:stream";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import { type Compression, compressionOf, MAGIC_BYTES, UNPACK_COMMANDS, unpacker } from "./compression.ts";
import { formatBytes } from "../../oci/size.ts";
import type { Files } from "./source.ts";
import { readAt, readSpan, type Span } from "./span.ts";
import { spool, temporaryDirectory } from "./spool.ts";
import { codeOf } from "./system-error.ts";
import { indexTar, type TarIndex } from "./tar-index.ts";
import { asBytes } from "../bytes.ts";

/** The files of a tar archive, read in place. */
export interface ArchiveFiles extends Files {
  /** False if the archive has no end mark, so that missing files may have been cut off. */
  readonly isComplete: boolean;
}

/**
 * Opens an archive and reads its files in place. A compressed archive can only be read from its start, so it is first
 * unpacked into a temporary file, with a note to the user.
 */
export async function openArchive(context: Context, path: string): Promise<ArchiveFiles> {
  const handle = await open(path).catch((cause: unknown) => {
    throw new CliError("failure", `cannot read ${path}: ${codeOf(cause) ?? String(cause)}`, { cause });
  });
  const { isKept, files } = await openTar(context, handle, path).catch(async (failure: unknown) => {
    await closeQuietly(handle);
    throw failure;
  });
  if (!isKept) await handle.close();
  return files;
}

interface Opened {
  readonly files: ArchiveFiles;
  /** True if the files are read from the archive itself. */
  readonly isKept: boolean;
}

async function openTar(context: Context, handle: FileHandle, path: string): Promise<Opened> {
  const { size } = await handle.stat();
  const span: Span = { handle, offset: 0, length: size, name: path };
  const compression = compressionOf(await readAt(handle, 0, MAGIC_BYTES));
  if (compression === "none") return { isKept: true, files: await archiveFiles(span, () => handle.close()) };
  const unzip = unpacker(compression);
  if (unzip !== null) return { isKept: false, files: await unpack(context, span, unzip) };
  throw cannotUnpack(path, compression);
}

function cannotUnpack(path: string, compression: Exclude<Compression, "none">): CliError {
  const why = compression === "zstd" ? "; reading it needs Node 22.15 or later" : "; this is not supported";
  return new CliError("failure", `${path} is compressed with ${compression}${why}`, {
    hint: `Unpack it first: ${UNPACK_COMMANDS[compression]} ${path}`,
  });
}

/**
 * Opens the files of an archive in an open file. If it is damaged or no archive, closes it and throws an `invalid`
 * CliError.
 */
export async function archiveFiles(span: Span, close: () => Promise<void>): Promise<ArchiveFiles> {
  const index = await requireIndex(span).catch(async (failure: unknown) => {
    await close();
    throw failure;
  });
  return {
    name: span.name,
    isComplete: index.isComplete,
    size: (path) => Promise.resolve(index.find(path)?.size ?? null),
    open: (path, offset, length) =>
      Readable.from(readEntry(span, index, path, { offset, length }), { objectMode: false }),
    close,
  };
}

async function requireIndex(span: Span): Promise<TarIndex> {
  const index = await indexTar(span);
  if (index !== null) return index;
  throw new CliError("invalid", `${span.name} is not a tar archive`, {
    hint: "Make one with: docker save --output image.tar <image>",
  });
}

async function* readEntry(
  { handle, name }: Span,
  index: TarIndex,
  path: string,
  { offset, length }: { readonly offset: number; readonly length: number },
): AsyncGenerator<Buffer> {
  const entry = index.find(path);
  if (entry === null) throw new CliError("invalid", `${name} has no ${path}`);
  yield* readSpan({ handle, offset: entry.offset + offset, length, name: `${name}: ${path}` });
}

async function unpack(context: Context, packed: Span, unzip: Transform): Promise<ArchiveFiles> {
  const { env, output, signal } = context;
  const directory = temporaryDirectory(env);
  output.note(`${packed.name} is compressed; unpacking it into a temporary file in ${directory}`);
  const progress = output.progress();
  const bar = progress.bar(basename(packed.name), packed.length);
  try {
    const file = await spool(unpacked(packed, unzip, { onProgress: (done) => bar.update(done), signal }), { env });
    bar.end(`unpacked to ${formatBytes(file.size)}:`);
    const span: Span = { handle: file.handle, offset: 0, length: file.size, name: packed.name };
    return await archiveFiles(span, file.close);
  } finally {
    progress.close();
  }
}

async function* unpacked(
  packed: Span,
  unzip: Transform,
  { onProgress, signal }: { readonly onProgress: (bytes: number) => void; readonly signal: AbortSignal },
): AsyncGenerator<Buffer> {
  const source = Readable.from(counted(packed, onProgress), { objectMode: false });
  // Errors come out of the stream that is read below.
  pipeline(source, unzip, () => undefined);
  try {
    for await (const piece of unzip) {
      signal.throwIfAborted();
      yield asBytes(piece);
    }
  } catch (cause) {
    if (signal.aborted || cause instanceof CliError) throw cause;
    const isCut = /unexpected end|Z_BUF_ERROR|srcSize_wrong/.test(`${codeOf(cause) ?? ""} ${String(cause)}`);
    throw new CliError("invalid", `${packed.name} is ${isCut ? "truncated" : "damaged"}: it cannot be unpacked`, {
      hint: "Make or copy the archive again.",
      cause,
    });
  }
}

async function* counted(span: Span, onProgress: (bytes: number) => void): AsyncGenerator<Buffer> {
  let done = 0;
  for await (const piece of readSpan(span)) {
    yield piece;
    onProgress((done += piece.length));
  }
}

async function closeQuietly(handle: FileHandle): Promise<void> {
  await handle.close().catch(() => undefined);
}
