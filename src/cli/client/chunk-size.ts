import { RefusedError } from "./problem.ts";

/** A registry's limits on chunks. Bytes. */
export interface ChunkLimits {
  /**
   * OCI-Chunk-Min-Length (distribution spec, "Pushing a blob in chunks"): the least size of all chunks but the last.
   */
  readonly min: number;
  /**
   * OCI-Chunk-Max-Length, which the specification does not have yet: the most that the registry and the proxies before
   * it let pass.
   */
  readonly max: number;
  /** Spacedock-Chunks: a chunk may be sent before its predecessor is acknowledged, and waits for its turn. */
  readonly queue: boolean;
}

/** 90 MB: every Cloudflare plan lets it pass, with a margin. */
export const DEFAULT_CHUNK = 90_000_000;

/** The least size of a chunk after refusals: storages take no smaller parts. */
const LEAST_CHUNK = 1024 * 1024;

/** Reads the limits from the answer that began an upload; null: there is no answer. */
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

/** Returns a chunk size for both sides: the registry's least size counts before the wanted one. */
export function fittingChunk(wanted: number, { min, max }: ChunkLimits): number {
  return Math.max(min, Math.min(wanted, max));
}

/**
 * Returns half the size after a chunk was too large (413) for the registry or a proxy before it. Throws any other
 * failure, and this one if no smaller chunk is allowed.
 */
export function smallerChunk(failure: unknown, size: number, { min }: ChunkLimits): number {
  const half = Math.floor(size / 2);
  const isTooLarge = failure instanceof RefusedError && failure.status === 413;
  if (!isTooLarge || half < Math.max(LEAST_CHUNK, min)) throw failure;
  return half;
}
