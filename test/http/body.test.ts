import { describe, expect, it } from "vitest";
import { discardBody, readBounded } from "../../src/body.ts";
import { bytesOf } from "../support/content.ts";

/** Makes a body with pieces of these sizes. Also tells the largest piece of memory that was offered to be filled. */
function bodyOf(...sizes: readonly number[]): {
  readonly body: ReadableStream<Uint8Array>;
  readonly offered: () => number;
} {
  let offered = 0;
  const left = [...sizes];
  const body = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const { byobRequest } = controller;
      offered = Math.max(offered, byobRequest?.view?.byteLength ?? 0);
      const size = left.shift();
      if (size === undefined) {
        controller.close();
        byobRequest?.respond(0);
      } else controller.enqueue(bytesOf(size));
    },
  });
  return { body, offered: () => offered };
}

describe("reading a body that is bounded", () => {
  it.each([
    [[]],
    [[1]],
    [[4096]],
    [[4096, 1]],
    [[4095, 4097, 1]],
    [[10_000, 20_000, 30_000]],
    [Array.from({ length: 500 }, () => 7)],
    [[100_000]],
  ])("gives all of it: pieces of %j bytes", async (sizes) => {
    const size = sizes.reduce((sum, one) => sum + one, 0);
    const got = await readBounded(bodyOf(...sizes).body, 100_000);
    expect(got?.length).toBe(size);
    const whole = new Uint8Array(await new Blob(sizes.map((one) => bytesOf(one))).arrayBuffer());
    expect(got).toEqual(whole);
  });

  it("takes a body that is as long as the limit, and none that is longer", async () => {
    expect((await readBounded(bodyOf(5000, 5000).body, 10_000))?.length).toBe(10_000);
    expect(await readBounded(bodyOf(5000, 5001).body, 10_000)).toBeNull();
  });

  it("makes no more room than has come, or a few thousand bytes", async () => {
    const { body, offered } = bodyOf(10, 10, 10);
    await readBounded(body, 4 * 1024 * 1024);
    expect(offered()).toBeLessThanOrEqual(4096);
    const long = bodyOf(...Array.from({ length: 100 }, () => 1000));
    await readBounded(long.body, 4 * 1024 * 1024);
    expect(long.offered()).toBeLessThanOrEqual(100_000);
  });

  it("leaves what is too long to be read on", async () => {
    const { body } = bodyOf(...Array.from({ length: 20 }, () => 1000));
    expect(await readBounded(body, 5000)).toBeNull();
    expect(body.locked).toBe(false);
    await discardBody(body, 100_000);
    expect((await body.getReader().read()).done).toBe(true);
  });
});
