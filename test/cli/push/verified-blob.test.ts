import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { gather } from "../../../src/cli/bytes.ts";
import type { BlobSource } from "../../../src/cli/client/blob-source.ts";
import { verifiedBlob } from "../../../src/cli/push/verified-blob.ts";
import { randomBlob } from "../support/blob.ts";

const SIZE = 35_000;

/** Makes a blob with one byte that does not match its digest. */
function spoiled(at: number): BlobSource {
  const { bytes, digest } = randomBlob(SIZE);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return { digest, size: SIZE, open: (offset, length) => Readable.from([bytes.subarray(offset, offset + length)]) };
}

describe("a blob that is verified as it passes", () => {
  it("gives the bytes that are asked for, in any order and more than once", async () => {
    const blob = randomBlob(SIZE);
    const checked = verifiedBlob(blob, "image.tar");
    for (const [from, to] of [
      [0, 20_000],
      [5000, 25_000],
      [30_000, SIZE],
      [0, SIZE],
    ] as const) {
      expect(await gather(checked.open(from, to - from))).toEqual(blob.bytes.subarray(from, to));
    }
  });

  it.each([
    ["at its start", 0],
    ["at its end", SIZE - 1],
  ])("is found to be wrong %s, even if only the rest of it is sent", async (_, at) => {
    const checked = verifiedBlob(spoiled(at), "image.tar");
    await expect(gather(checked.open(20_000, SIZE - 20_000))).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringMatching(/^image.tar: the content of sha256:\w+ has the digest sha256:\w+$/),
    });
    await expect(gather(checked.open(30_000, SIZE - 30_000))).rejects.toMatchObject({ kind: "invalid" });
  });

  it("gives no more than a part of what is wrong", async () => {
    const checked = verifiedBlob(spoiled(3), "image.tar");
    expect(await gather(checked.open(0, SIZE - 1))).toHaveLength(SIZE - 1);
    const given: unknown[] = [];
    const reading = (async () => {
      for await (const piece of checked.open(SIZE - 1, 1)) given.push(piece);
    })();
    await expect(reading).rejects.toMatchObject({ kind: "invalid" });
    expect(given).toEqual([]);
  });
});
