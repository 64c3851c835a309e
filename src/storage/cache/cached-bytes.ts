import type { ByteRange } from "../../oci/range.ts";
import type { Damage } from "../../registry/damage.ts";
import type { ByteStore, KeptObject } from "../../registry/stores.ts";
import { cacheAddress } from "./address.ts";
import { beginFilling, filled, isFilling } from "./filling.ts";

/**
 * The most bytes of an object that a miss sends to the client and the cache at once. The faster of the two waits for
 * the slower, with at most this many bytes in memory. A longer object is read a second time for the cache.
 */
const MAX_SPLIT = 8 * 1024 * 1024;

/**
 * The number of objects that are read ahead at the same time. More connections cannot wait for their answers at once.
 */
const WARM_LANES = 6;

export interface CacheLimits {
  /** Bytes of the longest object that is copied; 0: none. */
  readonly maxBytes: number;
  /** Bytes that are read ahead at a time; 0: none. */
  readonly warmBytes: number;
}

/**
 * Reads bytes from the data centre's cache if it has them. Keys are written once, so a copy is never stale.
 * @param later runs work that the answer need not wait for.
 */
export function cachedBytes(
  bytes: ByteStore,
  cache: Cache,
  later: (work: Promise<unknown>) => void,
  { maxBytes, warmBytes }: CacheLimits,
): ByteStore {
  const isKept = ({ size }: KeptObject): boolean => size > 0 && size <= maxBytes;
  const put = async (object: KeptObject, body: ReadableStream | Damage): Promise<void> => {
    if (typeof body === "string") return;
    await cache.put(addressOf(object), new Response(body, { headers: headersOf(object) }));
  };
  /** Finds the copy that another request of this isolate is just making, if that does not take long. */
  const findFilled = async (object: KeptObject, range: ByteRange | null): Promise<ReadableStream | null> => {
    if (object.size > MAX_SPLIT || !isFilling(object.key)) return null;
    await filled(object.key);
    return find(cache, object, range);
  };
  const warmOne = async (object: KeptObject): Promise<void> => {
    if (isFilling(object.key)) return;
    const end = beginFilling(object.key);
    try {
      const copy = await find(cache, object, null);
      if (copy === null) await put(object, await bytes.get(object, null));
      else await copy.cancel();
    } finally {
      end();
    }
  };
  /** Reads an object that the cache lacks, and fills the cache after the answer. */
  const readAndFill = async (object: KeptObject, range: ByteRange | null): Promise<ReadableStream | Damage> => {
    const end = beginFilling(object.key);
    const body = await bytes.get(object, range).catch((fault: unknown) => {
      end();
      throw fault;
    });
    if (typeof body === "string") {
      end();
      return body;
    }
    const isSplit = range === null && object.size <= MAX_SPLIT;
    const [answer, rest] = isSplit ? body.tee() : [body, null];
    const fill = async (): Promise<void> => put(object, rest ?? (await bytes.get(object, null)));
    later(fill().finally(end));
    return answer;
  };

  return {
    ...bytes,

    warm(objects) {
      const waiting = [...withinBytes(objects.filter(isKept), warmBytes)];
      const lane = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await warmOne(next);
      };
      later(Promise.all(Array.from({ length: Math.min(WARM_LANES, waiting.length) }, lane)));
    },

    /** Returns null for an object that the cache may hold, since the cache is nearer than the bucket. */
    addressOf: async (object) => (isKept(object) ? null : bytes.addressOf(object)),

    async get(object, range) {
      if (!isKept(object)) return bytes.get(object, range);
      const copy = (await find(cache, object, range)) ?? (await findFilled(object, range));
      if (copy !== null) return copy;
      return isFilling(object.key) ? bytes.get(object, range) : readAndFill(object, range);
    },
  };
}

/** Chooses the shortest objects whose bytes together stay within a limit. */
function withinBytes(objects: readonly KeptObject[], most: number): readonly KeptObject[] {
  const chosen: KeptObject[] = [];
  let bytes = 0;
  for (const object of objects.toSorted((one, other) => one.size - other.size)) {
    bytes += object.size;
    if (bytes > most) break;
    chosen.push(object);
  }
  return chosen;
}

/** Finds the copy, or the given part of it; null: there is none, or its length is wrong. */
async function find(cache: Cache, object: KeptObject, range: ByteRange | null): Promise<ReadableStream | null> {
  const span = range && `${range.offset}-${range.offset + range.length - 1}`;
  const request = new Request(addressOf(object), { headers: span === null ? {} : { Range: `bytes=${span}` } });
  // A fault of the cache must not fail a pull.
  const answer = await cache.match(request).catch(() => undefined);
  if (answer?.body === undefined || answer.body === null) return null;
  const { status, headers } = answer;
  const isRight =
    span === null
      ? status === 200 && headers.get("Content-Length") === String(object.size)
      : status === 206 && headers.get("Content-Range") === `bytes ${span}/${object.size}`;
  if (isRight) return answer.body;
  await answer.body.cancel();
  return null;
}

function addressOf({ key }: KeptObject): string {
  return cacheAddress("objects", key);
}

function headersOf({ size }: KeptObject): HeadersInit {
  return {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Length": String(size),
    "Content-Type": "application/octet-stream",
  };
}
