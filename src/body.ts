/** The whole body, if it has `limit` bytes at most; null if it has more, without reading on. */
export async function readBounded(body: ReadableStream | null, limit: number): Promise<Uint8Array | null> {
  if (body === null) return new Uint8Array(0);
  const reader = body.getReader({ mode: "byob" });
  // One byte more than allowed tells whether there is more.
  const { value } = await reader.readAtLeast(limit + 1, new Uint8Array(limit + 1));
  if (value === undefined || value.length <= limit) return value ?? new Uint8Array(0);
  await reader.cancel();
  return null;
}

/**
 * Reads what a refused request still brings, up to `limit` bytes, and throws it away. The runtime closes a connection
 * under whoever is still sending: the client would hear of that instead of the refusal.
 */
export async function discardBody(body: ReadableStream<Uint8Array> | null, limit: number): Promise<void> {
  if (body === null || body.locked) return;
  const reader = body.getReader();
  try {
    let left = limit;
    while (left > 0) {
      const piece = await reader.read();
      if (piece.done) return;
      left -= piece.value.length;
    }
    await reader.cancel();
  } catch {
    // The client has stopped sending: it needs no answer either.
  }
}
