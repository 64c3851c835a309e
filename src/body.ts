/** Bytes to allocate before any have come. */
const FIRST_PIECE = 4096;

/** Bytes that are read at a time when a body is discarded: few calls even for a large one. */
const DISCARDED_AT_ONCE = 256 * 1024;

/**
 * The most bytes of a body that are read to be discarded: as many as the largest plans of zones let pass. A longer body
 * is broken off.
 */
const MOST_DISCARDED = 512 * 1024 * 1024;

/**
 * Reads the whole body if it has at most `limit` bytes. Returns null, without reading on, if it has more. Its memory
 * grows with the bytes that have come, regardless of the announced length. The body is free again afterwards, so that
 * the rest of it can be discarded.
 */
export async function readBounded(body: ReadableStream | null, limit: number): Promise<Uint8Array | null> {
  if (body === null) return new Uint8Array(0);
  const reader = body.getReader({ mode: "byob" });
  try {
    const pieces: Uint8Array[] = [];
    // One byte more than allowed shows that there is more.
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
 * Reads and discards the rest of a request's body, up to `limit` bytes. The runtime would close the connection of a
 * client that is still sending, and the client would see that instead of the answer. Every reader of a body releases
 * it, however the reading ends.
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
    // The client has stopped sending, so it needs no answer.
  } finally {
    reader.releaseLock();
  }
}
