/**
 * Makes an id of a prefix and a UUID of version 7 (RFC 9562), as in `evt_019…`. Ids sort by the time at which they were
 * made.
 */
export function timeOrderedId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  const milliseconds = Date.now();
  view.setUint32(0, Math.floor(milliseconds / 2 ** 16));
  view.setUint16(4, milliseconds % 2 ** 16);
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f));
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
  return `${prefix}_${bytes.toHex()}`;
}

/**
 * Returns the first id of a time, in milliseconds since the epoch. Every id made from then on sorts after it, and every
 * earlier one before it.
 */
export function firstIdAt(prefix: string, time: number): string {
  return `${prefix}_${Math.max(0, Math.ceil(time)).toString(16).padStart(12, "0")}`;
}
