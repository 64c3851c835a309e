import { describe, expect, it } from "vitest";
import {
  idlePatterns,
  isRepositoryPattern,
  matchesRepository,
  rangeOf,
  textAfter,
} from "../../src/oci/repository-pattern.ts";

describe("matching a path against patterns", () => {
  it.each([
    [["**"], "web"],
    [["**"], "web/api/v1"],
    [["*"], "web"],
    [["web"], "web"],
    [["web/*"], "web/api"],
    [["web/**"], "web/api/v1"],
    [["**/api"], "web/x/api"],
    [["*/api"], "web/api"],
    [["web*"], "web"],
    [["web*"], "website"],
    [["w*b"], "web"],
    [["w*b*"], "wabab"],
    [["*-*"], "a-b-c"],
    [["**b"], "a/b"],
    [["***"], "a/b/c"],
    [["a", "b"], "b"],
    [["**", "!web"], "website"],
    [["**", "!web/**"], "web"],
    [["!web/tmp-*", "web/*"], "web/api"],
    [["a.b"], "a.b"],
  ])("%j covers %s", (patterns, path) => {
    expect(matchesRepository(patterns, path)).toBe(true);
  });

  it.each([
    [[], "web"],
    [["*"], "web/api"],
    [["web"], "website"],
    [["web"], "my-web"],
    [["web/*"], "web"],
    [["web/*"], "web/api/v1"],
    [["web/*"], "website/api"],
    [["web/**"], "web"],
    [["web/**"], "website/api"],
    [["**/api"], "api"],
    [["*/api"], "a/b/api"],
    [["w*b"], "we/b"],
    [["!web"], "other"],
    [["!**"], "web"],
    [["**", "!**"], "web"],
    [["**", "!web"], "web"],
    [["!web", "web"], "web"],
    [["web/*", "!web/tmp-*"], "web/tmp-1"],
    [["a.b"], "axb"],
    [["web"], "WEB"],
    [[""], "web"],
  ])("%j does not cover %s", (patterns, path) => {
    expect(matchesRepository(patterns, path)).toBe(false);
  });

  it("takes no character but the star for special", () => {
    expect(matchesRepository(["a.+b"], "aaab")).toBe(false);
    expect(matchesRepository(["(a|b)"], "a")).toBe(false);
    expect(matchesRepository(["[ab]"], "a")).toBe(false);
  });

  it.each([
    ["many stars that almost match", "*a".repeat(120), "a".repeat(254), true],
    ["many stars that fail at the end", `${"*a".repeat(120)}b`, "a".repeat(254), false],
    ["many double stars that fail at the end", `${"**a".repeat(80)}b`, "a".repeat(254), false],
    ["stars between slashes", "*/".repeat(100) + "b", `${"a/".repeat(100)}c`, false],
    ["stars only", "*".repeat(255), "a/".repeat(127), true],
  ])("comes to an end with %s", (_, pattern, path, expected) => {
    expect(matchesRepository([pattern], path)).toBe(expected);
  });
});

describe("a pattern's form", () => {
  it.each(["**", "*", "web", "web/*", "!web/tmp-*", "a.b_c-d/**", "*web", "!**", "0", "a".repeat(255)])(
    "may be %s",
    (text) => {
      expect(isRepositoryPattern(text)).toBe(true);
    },
  );

  it.each(["", "!", "!!web", "/web", "Web", "a b", "a?", "[a]", "é", "a\n", "-a", "a!b", "a".repeat(256)])(
    "may not be %j",
    (text) => {
      expect(isRepositoryPattern(text)).toBe(false);
    },
  );
});

describe("patterns that can match nothing", () => {
  it.each([
    [["web//api"], ["web//api"]],
    [["web/"], ["web/"]],
    [
      ["web/-a", "!web/.b"],
      ["web/-a", "!web/.b"],
    ],
    [
      ["a-/b", "a..b", "a._b", "a___b", "a-.b", "a.-b"],
      ["a-/b", "a..b", "a._b", "a___b", "a-.b", "a.-b"],
    ],
    [["web", "!web"], ["web"]],
    [["web/api", "!web/*"], ["web/api"]],
    [["web/*", "api", "!web/*"], ["web/*"]],
    [["**", "!**"], ["**"]],
    [["**", "!web", "web/*", "!web/tmp-*", "a-*", "*-b", "a/**", "a__b", "a--b", "a_b.c"], []],
  ])("of %j are %j", (patterns, idle) => {
    expect(idlePatterns(patterns)).toEqual(idle);
  });
});

describe("where the paths are that patterns cover", () => {
  const PATHS = ["a", "a-b", "a.b", "a/b", "a0", "ab", "b", "b/a", "b/ab/c", "b0", "b_a", "ba", "c", "z/z", "zz"];

  it.each([
    [["**"], ["", "~"]],
    [["web"], ["web", "web~"]],
    [
      ["web/*", "api/**", "!api/x"],
      ["api/", "web/~"],
    ],
    [
      ["b*", "b/ab/*"],
      ["b", "b~"],
    ],
    [["!web"], ["", ""]],
  ])("by %j is the range %j", (patterns, range) => {
    expect(rangeOf(patterns)).toEqual(range);
  });

  it("is in their range, whatever the patterns", () => {
    const patterns = [
      "**",
      "*",
      "a",
      "a*",
      "a/*",
      "*/a",
      "b",
      "b/**",
      "b*/c",
      "**/c",
      "b_*",
      "zz",
      "z**",
      "!a",
      "!b/**",
    ];
    for (const one of patterns) {
      for (const other of patterns) {
        const [from, before] = rangeOf([one, other]);
        const missed = PATHS.filter(
          (path) => matchesRepository([one, other], path) && !(path >= from && path < before),
        );
        expect(missed, `${one} ${other}`).toEqual([]);
      }
    }
  });

  it("goes on after one path with the next", () => {
    const sorted = PATHS.toSorted((left, right) => (left < right ? -1 : 1));
    for (const [index, path] of sorted.entries()) {
      expect(sorted.filter((one) => one >= textAfter(path))).toEqual(sorted.slice(index + 1));
    }
  });
});
