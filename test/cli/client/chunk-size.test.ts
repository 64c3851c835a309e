import { describe, expect, it } from "vitest";
import { chunkLimits, DEFAULT_CHUNK, fittingChunk, smallerChunk } from "../../../src/cli/client/chunk-size.ts";
import { RefusedError } from "../../../src/cli/client/problem.ts";

const MIB = 1024 * 1024;
const NO_LIMITS = chunkLimits(null);
const tooLarge = new RefusedError("failure", "registry.test", { status: 413, code: null, reason: "too large" });

describe("a chunk's size", () => {
  it("is under what every plan of Cloudflare's lets pass", () => {
    expect(fittingChunk(DEFAULT_CHUNK, NO_LIMITS)).toBeLessThan(100_000_000);
  });

  it("is halved where it was too large, down to a mebibyte", () => {
    expect(smallerChunk(tooLarge, 8 * MIB, NO_LIMITS)).toBe(4 * MIB);
    expect(() => smallerChunk(tooLarge, MIB, NO_LIMITS)).toThrow(tooLarge);
  });

  it("is never under what the registry needs", () => {
    expect(() => smallerChunk(tooLarge, 8 * MIB, { min: 5 * MIB, max: 90 * MIB, queue: false })).toThrow(tooLarge);
  });

  it("does not change for any other failure", () => {
    const failure = new Error("the network is gone");
    expect(() => smallerChunk(failure, 8 * MIB, NO_LIMITS)).toThrow(failure);
  });
});
