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
