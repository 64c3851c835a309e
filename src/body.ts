/** Bytes that are made room for before any have come. */
const FIRST_PIECE = 4096;

/** Bytes that are read at a time where they are thrown away: few calls for a large body. */
const DISCARDED_AT_ONCE = 256 * 1024;

/** Bytes of a body that are read only to be thrown away: as many as the largest plans of zones let pass. What is longer breaks off. */
const MOST_DISCARDED = 512 * 1024 * 1024;

/**
 * The whole body, if it has `limit` bytes at most; null if it has more, without reading on. The memory that it takes grows
 * with what has come, whatever was announced. The body is free again afterwards, so that what is left of it can be discarded.
 */
export async function readBounded(body: ReadableStream | null, limit: number): Promise<Uint8Array | null> {
  if (body === null) return new Uint8Array(0);
  const reader = body.getReader({ mode: "byob" });
  try {
    const pieces: Uint8Array[] = [];
    // One byte more than allowed tells whether there is more.
    for (let size = 0; size <= limit;) {
      const room = Math.min(Math.max(size, FIRST_PIECE), limit + 1 - size);
      const { value, done } = await reader.readAtLeast(room, new Uint8Array(room));
      if (value !== undefined) pieces.push(value);
      size += value?.length ?? 0;
      if (done || (value?.length ?? 0) < room) return joined(pieces, size);
    }
    return null;
  } finally {
    reader.releaseLock();
  }
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return first;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Reads what a request still brings, up to `limit` bytes, and throws it away. The runtime closes a connection under a client
 * that is still sending: it would hear of that instead of the answer. Whoever reads a body releases it, however that ends.
 */
export async function discardBody(body: ReadableStream<Uint8Array> | null, limit = MOST_DISCARDED): Promise<void> {
  if (body === null || body.locked) return;
  const reader = body.getReader({ mode: "byob" });
  try {
    let buffer: Uint8Array = new Uint8Array(DISCARDED_AT_ONCE);
    for (let left = limit; left > 0;) {
      const { value, done } = await reader.readAtLeast(buffer.length, buffer);
      if (done || value === undefined) return;
      left -= value.length;
      buffer = new Uint8Array(value.buffer);
    }
    await reader.cancel();
  } catch {
    // The client has stopped sending: it needs no answer either.
  } finally {
    reader.releaseLock();
  }
}
