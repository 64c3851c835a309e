import type { ByteRange } from "../../oci/range.ts";
import type { Damage } from "../../registry/damage.ts";
import type { ByteStore, KeptObject } from "../../registry/stores.ts";
import { cacheAddress } from "./address.ts";

/**
 * Bytes up to which a miss is split between the client and the cache: the one that is slower is waited for with so many bytes in
 * memory at most. What is longer is read a second time for the cache.
 */
const MAX_SPLIT = 8 * 1024 * 1024;

/** Objects that this isolate is putting into the cache, and since when: others that miss them meanwhile only read. */
const filling = new Map<string, number>();

/** Milliseconds after which a filling counts as cut off: the platform ends what goes on for longer after an answer, and says nothing. */
const FILLING_LIFETIME = 60_000;

function isFilling(key: string): boolean {
  return Date.now() - (filling.get(key) ?? Number.NEGATIVE_INFINITY) < FILLING_LIFETIME;
}

/**
 * Bytes from the cache of the data centre, where it has them. Keys are written once, so a copy is never stale.
 * @param later runs what the answer need not wait for. @param maxBytes the longest object that is kept; 0: none.
 */
export function cachedBytes(
  bytes: ByteStore,
  cache: Cache,
  later: (work: Promise<unknown>) => void,
  maxBytes: number,
): ByteStore {
  const fill = async (object: KeptObject, read: () => Promise<ReadableStream | Damage>): Promise<void> => {
    filling.set(object.key, Date.now());
    try {
      const body = await read();
      if (typeof body === "string") return;
      await cache.put(addressOf(object), new Response(body, { headers: headersOf(object) }));
    } finally {
      filling.delete(object.key);
    }
  };

  return {
    ...bytes,

    async get(object, range) {
      if (object.size > maxBytes || object.size === 0) return bytes.get(object, range);
      const copy = await find(cache, object, range);
      if (copy !== null) return copy;
      const body = await bytes.get(object, range);
      if (typeof body === "string" || isFilling(object.key)) return body;
      if (range !== null || object.size > MAX_SPLIT) {
        later(fill(object, () => bytes.get(object, null)));
        return body;
      }
      const [answer, rest] = body.tee();
      later(fill(object, async () => rest));
      return answer;
    },
  };
}

/** The copy, or the given part of it; null where there is none, or none of the right length. */
async function find(cache: Cache, object: KeptObject, range: ByteRange | null): Promise<ReadableStream | null> {
  const span = range && `${range.offset}-${range.offset + range.length - 1}`;
  const request = new Request(addressOf(object), { headers: span === null ? {} : { Range: `bytes=${span}` } });
  // A pull must not fail because the cache does.
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
