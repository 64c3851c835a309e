/**
 * Returns a piece of a byte stream as a Buffer, without a copy. Throws if the piece is not bytes, which is a fault of
 * ours.
 */
export function asBytes(piece: unknown): Buffer {
  if (piece instanceof Uint8Array) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  throw new TypeError("a stream gives something other than bytes");
}

/** Reads all of a small stream into memory. */
export async function gather(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(asBytes(piece));
  return Buffer.concat(pieces);
}
