/** Bytes read at a time: few calls for a large body, and a small loss if a connection breaks. */
const READ_BYTES = 256 * 1024;

/**
 * The end of a chunk's body. `broken`: the connection ended early. `short`, `surplus`: fewer or more bytes came than
 * announced. `refused`: the writer took no more.
 */
export type ChunkEnd = "complete" | "broken" | "short" | "surplus" | "refused";

export interface ChunkReading {
  readonly body: ReadableStream;
  /** Bytes; null: the chunk did not say. */
  readonly length: number | null;
  /** Takes the bytes before more are read. It may not keep them. Returns false to take no more. */
  readonly write: (bytes: Uint8Array) => Promise<boolean>;
  /** Gives up the body, which may never end by itself. */
  readonly signal: AbortSignal;
}

/**
 * Reads a chunk to its end. A broken connection is an ending, not an exception: the bytes that came before count. The
 * body is free again afterwards, so that the rest of it can be discarded.
 */
export async function readChunk({ signal, ...reading }: ChunkReading): Promise<ChunkEnd> {
  const reader = reading.body.getReader({ mode: "byob" });
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener("abort", cancel, { once: true });
  try {
    return await readPieces(reader, reading);
  } finally {
    signal.removeEventListener("abort", cancel);
    reader.releaseLock();
  }
}

async function readPieces(
  reader: ReadableStreamBYOBReader,
  { length, write }: Pick<ChunkReading, "length" | "write">,
): Promise<ChunkEnd> {
  let remaining = length ?? Number.POSITIVE_INFINITY;
  let buffer: Uint8Array = new Uint8Array(READ_BYTES);
  for (;;) {
    const result = await readPiece(reader, buffer);
    if (result === null) return "broken";
    const received = result.value ?? new Uint8Array(0);
    const wanted = received.subarray(0, Math.min(received.length, remaining));
    const accepted = wanted.length === 0 || (await write(wanted));
    remaining -= wanted.length;
    if (!accepted) return "refused";
    if (wanted.length < received.length) return "surplus";
    // A body without bytes is never short, since its Content-Range need not be right.
    if (result.done) return length !== null && remaining > 0 && remaining < length ? "short" : "complete";
    buffer = new Uint8Array(received.buffer);
  }
}

/**
 * True if the body ends without a byte. A body with bytes loses the first of them, so it can only be discarded
 * afterwards.
 */
export async function isEmptyBody(body: ReadableStream): Promise<boolean> {
  const reader = body.getReader();
  try {
    return (await reader.read()).done;
  } catch {
    // The client has stopped sending.
    return false;
  } finally {
    reader.releaseLock();
  }
}

async function readPiece(
  reader: ReadableStreamBYOBReader,
  buffer: Uint8Array,
): Promise<ReadableStreamReadResult<Uint8Array> | null> {
  try {
    return await reader.readAtLeast(buffer.length, buffer);
  } catch {
    return null;
  }
}
