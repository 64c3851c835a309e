import { describe, expect, it } from "vitest";
import {
  digestAlgorithm,
  digestHex,
  makeDigest,
  parseDigest,
  parseDigestAlgorithm,
  requireDigest,
} from "../../src/oci/digest.ts";
import { digestBytes } from "../../src/oci/digest-bytes.ts";

const HEX256 = "0123456789abcdef".repeat(4);
const HEX512 = "0123456789abcdef".repeat(8);
const EMPTY = new Uint8Array(0);
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const EMPTY_SHA512 =
  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";

describe("parsing a digest", () => {
  it.each([
    ["sha256", `sha256:${HEX256}`],
    ["sha512", `sha512:${HEX512}`],
    ["digits only", `sha256:${"0".repeat(64)}`],
  ])("takes %s", (_, text) => {
    expect(parseDigest(text)).toBe(text);
  });

  it.each([
    ["the empty text", ""],
    ["no colon", `sha256${HEX256}`],
    ["only a colon", ":"],
    ["no algorithm", `:${HEX256}`],
    ["no hash", "sha256:"],
    ["a word for a hash", "sha256:baddigeststring"],
    ["one digit too few", `sha256:${HEX256.slice(1)}`],
    ["one digit too many", `sha256:${HEX256}0`],
    ["sha256 of sha512's length", `sha256:${HEX512}`],
    ["sha512 of sha256's length", `sha512:${HEX256}`],
    ["upper-case digits", `sha256:${HEX256.toUpperCase()}`],
    ["an upper-case algorithm", `SHA256:${HEX256}`],
    ["an unknown algorithm", `md5:${"0".repeat(32)}`],
    ["an unknown algorithm of fitting length", `sha384:${HEX256}`],
    ["a name that every object has", `toString:${HEX256}`],
    ["a letter past f", `sha256:${HEX256.slice(1)}g`],
    ["a blank in front", ` sha256:${HEX256}`],
    ["a line break behind", `sha256:${HEX256}\n`],
    ["a line break within the length", `sha256:${HEX256.slice(1)}\n`],
    ["NUL", `sha256:${HEX256.slice(1)}\0`],
    ["full-width digits", `sha256:${HEX256.slice(1)}０`],
    ["a second colon", `sha256::${HEX256.slice(1)}`],
    ["an escaped colon", `sha256%3A${HEX256}`],
    ["a path", `sha256:../${HEX256.slice(3)}`],
  ])("refuses %s", (_, text) => {
    expect(parseDigest(text)).toBeNull();
  });
});

describe("requiring a digest", () => {
  it("gives the digest", () => {
    expect(requireDigest(`sha256:${HEX256}`)).toBe(`sha256:${HEX256}`);
  });

  it.each([
    ["a missing one", null],
    ["a malformed one", "sha256:1"],
  ])("throws DIGEST_INVALID for %s", (_, text) => {
    expect(() => requireDigest(text)).toThrow(expect.objectContaining({ kind: "DIGEST_INVALID" }));
  });
});

describe("the parts of a digest", () => {
  it.each([
    ["sha256", HEX256],
    ["sha512", HEX512],
  ])("tells algorithm and hash of %s", (algorithm, hex) => {
    const digest = requireDigest(`${algorithm}:${hex}`);
    expect(digestAlgorithm(digest)).toBe(algorithm);
    expect(digestHex(digest)).toBe(hex);
  });

  it("refuses to make a digest of a hash that does not fit", () => {
    expect(() => makeDigest("sha512", HEX256)).toThrow(TypeError);
  });

  it.each(["SHA256", "sha-256", "sha384", "md5", "", "constructor", "sha256 "])(
    "does not know the algorithm %j",
    (name) => {
      expect(parseDigestAlgorithm(name)).toBeNull();
    },
  );
});

describe("computing a digest", () => {
  it("gives the known hashes of nothing", async () => {
    expect(await digestBytes("sha256", EMPTY)).toBe(`sha256:${EMPTY_SHA256}`);
    expect(await digestBytes("sha512", EMPTY)).toBe(`sha512:${EMPTY_SHA512}`);
  });

  it("gives the known hash of some text", async () => {
    expect(await digestBytes("sha256", new TextEncoder().encode("abc"))).toBe(
      "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  it("hashes a view, not the buffer behind it", async () => {
    const view = new TextEncoder().encode("xabcx").subarray(1, 4);
    expect(await digestBytes("sha256", view)).toBe(await digestBytes("sha256", new TextEncoder().encode("abc")));
  });
});
