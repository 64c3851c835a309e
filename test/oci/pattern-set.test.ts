import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesGlob, matchesSomeGlob } from "../../src/oci/glob.ts";
import { givenRepositoryPatterns, matchesRepository, repositoryPatterns } from "../../src/oci/repository-pattern.ts";

/** Matches by JavaScript's regular expressions, which backtrack: only for short patterns. */
function asRegex(pattern: string): RegExp {
  const parts = (pattern.match(/\*\*|./gs) ?? []).map((token) => {
    if (token === "**") return ".*";
    return token === "*" ? "[^/]*" : token.replace(/[.\\/]/, String.raw`\$&`);
  });
  return new RegExp(`^${parts.join("")}$`, "s");
}

const pattern = array(constantFrom("a", "b", "/", "*", "**", "."), { minLength: 1, maxLength: 40 }).map((parts) =>
  parts.join(""),
);
const path = array(constantFrom("a", "b", "/", "."), { maxLength: 12 }).map((parts) => parts.join(""));

describe("many patterns at once", () => {
  it("match what one of them matches by itself", () => {
    assert(
      property(array(pattern, { minLength: 1, maxLength: 12 }), path, (patterns, text) => {
        expect(matchesRepository(patterns, text)).toBe(patterns.some((one) => asRegex(one).test(text)));
      }),
      { numRuns: 2000 },
    );
  });

  it("exclude what one that excludes matches", () => {
    assert(
      property(array(pattern, { minLength: 1, maxLength: 6 }), pattern, path, (patterns, not, text) => {
        const wanted = patterns.some((one) => asRegex(one).test(text)) && !asRegex(not).test(text);
        expect(matchesRepository([...patterns, `!${not}`], text)).toBe(wanted);
      }),
      { numRuns: 1000 },
    );
  });

  it("may be globs of tags, and have any length", () => {
    expect(matchesSomeGlob([], "a")).toBe(false);
    expect(matchesSomeGlob([""], "")).toBe(true);
    expect(matchesSomeGlob(["x", "v?.*", "y"], "v1.2")).toBe(true);
    expect(matchesSomeGlob(["x", "v?.*", "y"], "v12")).toBe(false);
    for (const length of [30, 31, 32, 33, 63, 64, 65, 500]) {
      const text = "a".repeat(length);
      expect(matchesGlob(text, text)).toBe(true);
      expect(matchesGlob(text, `${text}a`)).toBe(false);
      expect(matchesGlob(`${text}*`, `${text}b`)).toBe(true);
      expect(matchesSomeGlob([text, `b${text}`], `b${text}`)).toBe(true);
    }
  });
});

describe("the characters of a list of patterns", () => {
  const long = Array.from({ length: 99 }, () => "*a".repeat(127));

  it("are bounded together where a client gives them, and work where they are stored", () => {
    expect(givenRepositoryPatterns.safeParse(long).success).toBe(false);
    expect(givenRepositoryPatterns.safeParse(Array.from({ length: 100 }, () => "a".repeat(40))).success).toBe(true);
    expect(repositoryPatterns.safeParse(long).success).toBe(true);
    expect(matchesRepository(long, "a".repeat(200))).toBe(true);
    expect(matchesRepository(long, "a".repeat(126))).toBe(false);
  });
});
