import { describe, expect, it } from "vitest";
import { parseReference, parseTag, requireReference, requireTag } from "../../src/oci/reference.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;

const BAD_TAGS: readonly (readonly [string, string])[] = [
  ["the empty text", ""],
  ["exclamation marks", "!!bad"],
  ["a dot in front", ".INVALID_MANIFEST_NAME"],
  ["a dash in front", "-a"],
  ["a slash", "a/b"],
  ["a blank", "a b"],
  ["a plus", "1.0+build"],
  ["a line break behind", "latest\n"],
  ["NUL", "latest\0"],
  ["an accent", "é"],
  ["a full-width letter", "ａ"],
  ["an emoji", "🚀"],
  ["an escape", "a%20b"],
  ["a parent directory", ".."],
];

describe("parsing a tag", () => {
  it.each(["a", "_", "latest", "1.2.3", "V1", "_a.b-C", "0", "a..b", "a--b", "a.", "a-", "list", "uploads"])(
    "takes %s",
    (text) => {
      expect(parseTag(text)).toBe(text);
    },
  );

  it.each(BAD_TAGS)("refuses %s", (_, text) => {
    expect(parseTag(text)).toBeNull();
  });

  it("takes 128 characters and refuses 129", () => {
    expect(parseTag("a".repeat(128))).toBe("a".repeat(128));
    expect(parseTag("a".repeat(129))).toBeNull();
  });
});

describe("parsing a reference", () => {
  it("takes a tag", () => {
    expect(parseReference("latest")).toEqual({ tag: "latest" });
  });

  it("takes a digest", () => {
    expect(parseReference(DIGEST)).toEqual({ digest: DIGEST });
  });

  it("takes the referrers fallback tag for a tag", () => {
    const tag = DIGEST.replace(":", "-");
    expect(parseReference(tag)).toEqual({ tag });
  });

  it.each(["sha256:baddigeststring", "a:b", ":", `${DIGEST}0`, "latest:"])("refuses %s", (text) => {
    expect(parseReference(text)).toBeNull();
  });

  it.each(BAD_TAGS)("refuses %s", (_, text) => {
    expect(parseReference(text)).toBeNull();
  });
});

describe("requiring a reference", () => {
  it("throws DIGEST_INVALID for what has a colon", () => {
    expect(() => requireReference("sha256:baddigeststring")).toThrow(
      expect.objectContaining({ kind: "DIGEST_INVALID" }),
    );
  });

  it("throws TAG_INVALID for what has none", () => {
    expect(() => requireReference("!!bad")).toThrow(expect.objectContaining({ kind: "TAG_INVALID" }));
  });

  it("throws TAG_INVALID where only a tag will do", () => {
    expect(() => requireTag(DIGEST)).toThrow(expect.objectContaining({ kind: "TAG_INVALID" }));
  });

  it("does not repeat a long reference whole", () => {
    expect(() => requireReference("a".repeat(100_000))).toThrow(
      expect.objectContaining({ detail: { tag: "a".repeat(256) } }),
    );
  });
});
