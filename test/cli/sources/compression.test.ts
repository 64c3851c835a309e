import { createGunzip } from "node:zlib";
import { describe, expect, it } from "vitest";
import { compressionOf, unpacker } from "../../../src/cli/sources/compression.ts";

describe("compression", () => {
  it.each([
    ["1f8b0800", "gzip"],
    ["28b52ffd", "zstd"],
    ["502a4d1804000000", "zstd"],
    ["fd377a585a000004", "xz"],
    ["425a6839314159265359", "bzip2"],
    // A tar archive whose first file has this beginning as its name.
    ["425a68392e747874", "none"],
    ["", "none"],
  ])("is told by the first bytes: %s is %s", (hex, expected) => {
    expect(compressionOf(Buffer.from(hex, "hex"))).toBe(expected);
  });

  it("is undone where this Node can", () => {
    expect(unpacker("gzip")).not.toBeNull();
    expect(unpacker("zstd")).not.toBeNull();
    expect(unpacker("zstd", { createGunzip })).toBeNull();
    expect(unpacker("xz")).toBeNull();
  });
});
