import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { cutIntoChunks, type HeldChunk } from "../../../src/cli/proxy/held-chunk.ts";
import { SlabPool } from "../../../src/cli/proxy/slabs.ts";
import { randomBlob } from "../support/blob.ts";

const MIB = 1024 * 1024;
const never = new AbortController().signal;

function iteratorOf(bytes: Buffer, piece: number): AsyncIterator<Buffer> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, index) =>
    bytes.subarray(index * piece, (index + 1) * piece),
  );
  return Readable.from(pieces)[Symbol.asyncIterator]();
}

async function bytesOf(chunk: HeldChunk, from = 0, to = chunk.size): Promise<Buffer> {
  // The memory is used again, so the bytes are copied.
  return Buffer.from(await buffer(chunk.open(from, to)));
}

async function cut(
  pool: SlabPool,
  bytes: Buffer,
  bounds: { least: number; most: number },
  piece = 65_536,
): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of cutIntoChunks(iteratorOf(bytes, piece), pool, bounds, never)) {
    chunks.push(await bytesOf(chunk));
    chunk.release();
  }
  return chunks;
}

describe("a body that is cut", () => {
  it.each([
    [0, []],
    [1, [1]],
    [2 * MIB, [2 * MIB]],
    [2 * MIB + 1, [2 * MIB, 1]],
    [5 * MIB, [2 * MIB, 2 * MIB, MIB]],
  ])("of %i bytes comes in chunks of %j", async (size, expected) => {
    const { bytes } = randomBlob(size);
    for (const piece of [65_536, 100_000, 3 * MIB]) {
      const chunks = await cut(new SlabPool(8 * MIB, 0), bytes, { least: 2 * MIB, most: 2 * MIB }, piece);
      expect(chunks.map(({ length }) => length)).toEqual(expected);
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    }
  });

  it("comes in the least that a chunk needs where one is waited for, and in full ones where not", async () => {
    const size = 9 * MIB;
    let read = 0;
    const pieces = iteratorOf(randomBlob(size).bytes, 65_536);
    const counted = {
      next: async () => {
        read += 65_536;
        return pieces.next();
      },
    };
    const sizes: number[] = [];
    let taken = 0;
    for await (const chunk of cutIntoChunks(counted, new SlabPool(8 * MIB, 0), { least: MIB, most: 4 * MIB }, never)) {
      sizes.push(chunk.size);
      taken += chunk.size;
      // The client goes on while this one is on its way.
      await expect.poll(() => read).toBeGreaterThanOrEqual(Math.min(taken + 4 * MIB, size));
      chunk.release();
    }
    expect(sizes).toEqual([MIB, 4 * MIB, 4 * MIB]);
  });

  it("comes in smaller chunks where memory is short, of the least that they need", async () => {
    const { bytes } = randomBlob(6 * MIB);
    const chunks = await cut(new SlabPool(3 * MIB, 0), bytes, { least: MIB, most: 4 * MIB });
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThan(4 * MIB);
    expect(Math.min(...chunks.slice(0, -1).map(({ length }) => length))).toBeGreaterThanOrEqual(MIB);
  });

  it("can be asked for any part of a chunk, as often as need be", async () => {
    const { bytes } = randomBlob(3 * MIB);
    const chunks = cutIntoChunks(
      iteratorOf(bytes, 65_536),
      new SlabPool(8 * MIB, 0),
      { least: 4 * MIB, most: 4 * MIB },
      never,
    );
    for await (const chunk of chunks) {
      for (const [from, to] of [
        [0, 10],
        [MIB - 1, MIB + 1],
        [MIB, 3 * MIB],
        [MIB, 3 * MIB],
      ] as const) {
        expect((await bytesOf(chunk, from, to)).equals(bytes.subarray(from, to))).toBe(true);
      }
    }
  });

  it("gives all memory back, however it ends", async () => {
    const pool = new SlabPool(4 * MIB, 0);
    const all = async (): Promise<number> => {
      const slabs = await pool.acquire(4, AbortSignal.timeout(5000));
      pool.release(slabs);
      return slabs.length;
    };
    await cut(pool, randomBlob(5 * MIB).bytes, { least: MIB, most: 2 * MIB });
    expect(await all()).toBe(4);
    const abandoned = cutIntoChunks(
      iteratorOf(randomBlob(5 * MIB).bytes, 65_536),
      pool,
      { least: MIB, most: 2 * MIB },
      never,
    );
    for await (const chunk of abandoned) {
      chunk.release();
      break;
    }
    expect(await all()).toBe(4);
    const broken = Readable.from(
      (function* () {
        yield Buffer.alloc(3 * MIB);
        throw new Error("the client has gone");
      })(),
    );
    const chunks = cutIntoChunks(broken[Symbol.asyncIterator](), pool, { least: MIB, most: 2 * MIB }, never);
    const taken = async (): Promise<void> => {
      for await (const chunk of chunks) chunk.release();
    };
    await expect(taken()).rejects.toThrow("the client has gone");
    expect(await all()).toBe(4);
  });
});

describe("the memory of all uploads", () => {
  it("is given in the order of asking, and to nobody in parts", async () => {
    const pool = new SlabPool(4 * MIB, 0);
    const first = await pool.acquire(3, never);
    const order: string[] = [];
    const second = pool.acquire(3, never).then((slabs) => (order.push("second"), slabs));
    const third = pool.acquire(1, never).then((slabs) => (order.push("third"), slabs));
    expect(pool.tryAcquire()).toBeNull();
    pool.release(first);
    pool.release(await second);
    await third;
    expect(order).toEqual(["second", "third"]);
  });

  it("keeps something for an upload that begins", async () => {
    const pool = new SlabPool(4 * MIB, 2 * MIB);
    expect([pool.tryAcquire(), pool.tryAcquire(), pool.tryAcquire()].filter((slab) => slab !== null)).toHaveLength(2);
    expect(await pool.acquire(2, never)).toHaveLength(2);
  });

  it("is not waited for by a client that has gone", async () => {
    const pool = new SlabPool(2 * MIB, 0);
    const held = await pool.acquire(2, never);
    const gone = new AbortController();
    const waiting = pool.acquire(2, gone.signal);
    const next = pool.acquire(1, never);
    gone.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    pool.release(held);
    expect(await next).toHaveLength(1);
  });
});
