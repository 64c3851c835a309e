import { describe, expect, it } from "vitest";
import { isSpaceName, parseRepositoryName, requireRepositoryName } from "../../src/oci/name.ts";

describe("parsing a repository's name", () => {
  it.each([
    ["a/b", "a", "b"],
    ["acme/web", "acme", "web"],
    ["acme/web/api/v1", "acme", "web/api/v1"],
    ["0/0", "0", "0"],
    ["a-b.c_d__e--f/g", "a-b.c_d__e--f", "g"],
    ["acme/a-----b", "acme", "a-----b"],
    ["acme/blobs/uploads", "acme", "blobs/uploads"],
    ["acme/manifests/tags/list", "acme", "manifests/tags/list"],
  ])("splits %s into space and path", (full, space, path) => {
    expect(parseRepositoryName(full)).toEqual({ full, space, path });
  });

  it.each([
    ["the empty text", ""],
    ["a space alone", "acme"],
    ["a slash alone", "/"],
    ["a slash in front", "/acme/web"],
    ["a slash behind", "acme/web/"],
    ["two slashes", "acme//web"],
    ["an upper-case letter", "acme/Web"],
    ["an upper-case space", "UPPER/case"],
    ["a separator in front", "acme/-web"],
    ["a separator behind", "acme/web-"],
    ["two dots", "acme/a..b"],
    ["three underscores", "acme/a___b"],
    ["mixed separators", "acme/a.-b"],
    ["a parent directory", "acme/.."],
    ["a parent directory in the middle", "acme/../web"],
    ["a colon", "acme/web:1"],
    ["an at sign", "acme/web@1"],
    ["a blank", "acme/we b"],
    ["a line break behind", "acme/web\n"],
    ["NUL", "acme/web\0"],
    ["an escape", "acme%2fweb"],
    ["a letter with an accent", "acme/é"],
    ["a letter that lower-cases to ASCII", "acme/\u212A"],
    ["digits of another script", "acme/٣"],
    ["a host with a port", "host:5000/acme/web"],
  ])("refuses %s", (_, text) => {
    expect(parseRepositoryName(text)).toBeNull();
  });

  it("takes 255 characters and refuses 256", () => {
    expect(parseRepositoryName(`acme/${"a".repeat(250)}`)).not.toBeNull();
    expect(parseRepositoryName(`acme/${"a".repeat(251)}`)).toBeNull();
  });

  it("takes a space of 63 characters and refuses one of 64", () => {
    expect(parseRepositoryName(`${"a".repeat(63)}/web`)).not.toBeNull();
    expect(parseRepositoryName(`${"a".repeat(64)}/web`)).toBeNull();
  });

  it("refuses long text that nearly fits", () => {
    expect(parseRepositoryName(`${"a-".repeat(50_000)}!`)).toBeNull();
    expect(parseRepositoryName(`${"a".repeat(120)}${"-".repeat(120)}/`)).toBeNull();
  });
});

describe("requiring a repository's name", () => {
  it("throws NAME_INVALID", () => {
    expect(() => requireRepositoryName("acme/Web")).toThrow(expect.objectContaining({ kind: "NAME_INVALID" }));
  });

  it("says that the space is what is missing where it is", () => {
    expect(() => requireRepositoryName("web")).toThrow("<space>/web");
  });

  it("does not repeat a long name whole", () => {
    expect(() => requireRepositoryName("/".repeat(100_000))).toThrow(
      expect.objectContaining({ detail: { name: "/".repeat(510) } }),
    );
  });
});

describe("a space's name", () => {
  it.each(["a", "acme", "a-b", "a.b", "a_b", "a__b", "0", "a".repeat(63)])("may be %s", (text) => {
    expect(isSpaceName(text)).toBe(true);
  });

  it.each(["", "a/b", "A", "-a", "a-", "a..b", "é", "a\n", "a".repeat(64)])("may not be %j", (text) => {
    expect(isSpaceName(text)).toBe(false);
  });
});
