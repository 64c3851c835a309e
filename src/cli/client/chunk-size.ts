import { RefusedError } from "./problem.ts";

/** What a registry says of the chunks it takes. Bytes. */
export interface ChunkLimits {
  /** OCI-Chunk-Min-Length (distribution spec, "Pushing a blob in chunks"): all but the last have this at least. */
  readonly min: number;
  /** OCI-Chunk-Max-Length, which the specification does not have yet: what the registry's surroundings let pass. */
  readonly max: number;
  /** Spacedock-Chunks: a chunk may be sent before the one before it is acknowledged, and waits its turn. */
  readonly queue: boolean;
}

/** 90 MB: what every plan of Cloudflare's lets pass, with a margin. */
export const DEFAULT_CHUNK = 90_000_000;

/** Below this a chunk is not made smaller, whatever refuses it: the least that storages take as a part. */
const LEAST_CHUNK = 1024 * 1024;

/** Reads what the answer says that began an upload; null: there is none. */
export function chunkLimits(headers: ReadonlyMap<string, string> | null): ChunkLimits {
  const bytes = (name: string): number | null => {
    const text = headers?.get(name);
    return text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
  };
  return {
    min: bytes("oci-chunk-min-length") ?? 1,
    max: bytes("oci-chunk-max-length") ?? Number.POSITIVE_INFINITY,
    queue: headers?.get("spacedock-chunks") === "queue",
  };
}

/** The chunk's size that suits both: what the registry needs at least counts before what was wished for. */
export function fittingChunk(wanted: number, { min, max }: ChunkLimits): number {
  return Math.max(min, Math.min(wanted, max));
}

/**
 * After a chunk was refused as too large (413), by the registry or by what stands before it: half of it. Throws the
 * failure where it is another, or no smaller chunk would do.
 */
export function smallerChunk(failure: unknown, size: number, { min }: ChunkLimits): number {
  const half = Math.floor(size / 2);
  const isTooLarge = failure instanceof RefusedError && failure.status === 413;
  if (!isTooLarge || half < Math.max(LEAST_CHUNK, min)) throw failure;
  return half;
}
