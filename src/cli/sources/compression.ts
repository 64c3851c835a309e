import type { Transform } from "node:stream";
import * as zlib from "node:zlib";

/** The compression of a file. */
export type Compression = "none" | "gzip" | "zstd" | "xz" | "bzip2";

/** The number of bytes that {@link compressionOf} looks at. */
export const MAGIC_BYTES = 10;

/** The first bytes of files, as hex digits. Names may be wrong, but content is not. */
const MAGICS: readonly (readonly [RegExp, Compression])[] = [
  [/^1f8b/, "gzip"],
  // The second alternative is a skippable frame, with which some tools begin.
  [/^(?:28b52ffd|5[0-9a-f]2a4d18)/, "zstd"],
  [/^fd377a585a00/, "xz"],
  [/^425a683[1-9](?:314159265359|177245385090)/, "bzip2"],
];

/** Detects a file's compression by its first bytes. */
export function compressionOf(start: Uint8Array): Compression {
  const magic = Buffer.from(start.subarray(0, MAGIC_BYTES)).toString("hex");
  return MAGICS.find(([pattern]) => pattern.test(magic))?.[1] ?? "none";
}

/** Commands that unpack a file if this program cannot. */
export const UNPACK_COMMANDS = { gzip: "gzip -d", zstd: "zstd -d", xz: "xz -d", bzip2: "bzip2 -d" } as const;

/** Functions of node:zlib. Some supported versions of Node lack the optional one. */
interface Zlib {
  readonly createGunzip: () => Transform;
  readonly createZstdDecompress?: () => Transform;
}

/** Makes a stream that unpacks this compression; null if this Node cannot. */
export function unpacker(
  compression: Compression,
  { createGunzip, createZstdDecompress }: Zlib = zlib,
): Transform | null {
  if (compression === "gzip") return createGunzip();
  return compression === "zstd" ? (createZstdDecompress?.() ?? null) : null;
}
