/** A piece of a stream of bytes, as such and without a copy. Streams promise no types; one of objects is a fault of ours. */
export function asBytes(piece: unknown): Buffer {
  if (piece instanceof Uint8Array) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  throw new TypeError("a stream gives something other than bytes");
}

/** All of a stream that is small. */
export async function gather(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(asBytes(piece));
  return Buffer.concat(pieces);
}
