import type { Transform } from "node:stream";
import * as zlib from "node:zlib";

/** How a file is compressed. */
export type Compression = "none" | "gzip" | "zstd" | "xz" | "bzip2";

/** As many bytes as {@link compressionOf} looks at. */
export const MAGIC_BYTES = 10;

/** A file's first bytes, as hex digits: names lie, content does not. */
const MAGICS: readonly (readonly [RegExp, Compression])[] = [
  [/^1f8b/, "gzip"],
  // The second is a frame to be skipped, with which some tools begin.
  [/^(?:28b52ffd|5[0-9a-f]2a4d18)/, "zstd"],
  [/^fd377a585a00/, "xz"],
  [/^425a683[1-9](?:314159265359|177245385090)/, "bzip2"],
];

/** What a file's first bytes tell of its compression. */
export function compressionOf(start: Uint8Array): Compression {
  const magic = Buffer.from(start.subarray(0, MAGIC_BYTES)).toString("hex");
  return MAGICS.find(([pattern]) => pattern.test(magic))?.[1] ?? "none";
}

/** Programs that unpack what cannot be unpacked here. */
export const UNPACK_COMMANDS = { gzip: "gzip -d", zstd: "zstd -d", xz: "xz -d", bzip2: "bzip2 -d" } as const;

/** What of node:zlib not every Node has that this runs on. */
interface Zlib {
  readonly createGunzip: () => Transform;
  readonly createZstdDecompress?: () => Transform;
}

/** Unpacks what is compressed so; null where this Node cannot. */
export function unpacker(
  compression: Compression,
  { createGunzip, createZstdDecompress }: Zlib = zlib,
): Transform | null {
  if (compression === "gzip") return createGunzip();
  return compression === "zstd" ? (createZstdDecompress?.() ?? null) : null;
}
