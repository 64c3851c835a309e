import { describe, expect, it } from "vitest";
import { compareGroups, compileRegex } from "../../src/events/linear-regex.ts";
import { pick, randomFrom } from "../support/random.ts";

const ATOMS = ["a", "b", "1", ".", "-", "\\.", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "[ab]", "[^a]", "[a-b1]"];
const MORE_ATOMS = ["[^\\d-]", "[\\w.]", "[\\]a]", "[-a]", "[^\\W]", "\\-", "[+--]", "[a^]"];
const ANCHORS = ["^", "$"];
const QUANTIFIERS = ["*", "+", "?", "{2}", "{0}", "{1,}", "{0,2}", "{2,3}"];
const CHARACTERS = ["a", "b", "1", ".", "-", "_", " ", "A", "\n", "é", "]"];

function generatePattern(random: () => number, depth: number): string {
  const parts = Array.from({ length: 1 + Math.floor(random() * 3) }, () => generatePart(random, depth));
  return random() < 0.25 ? `${parts.join("")}|${generatePart(random, depth)}` : parts.join("");
}

function generatePart(random: () => number, depth: number): string {
  if (random() < 0.1) return pick(random, ANCHORS);
  const open = pick(random, ["(", "(?:"]);
  const isGroup = depth > 0 && random() < 0.4;
  const atom = isGroup ? `${open}${generatePattern(random, depth - 1)})` : pick(random, [...ATOMS, ...MORE_ATOMS]);
  return random() < 0.4 ? `${atom}${pick(random, QUANTIFIERS)}` : atom;
}

function generateText(random: () => number): string {
  return Array.from({ length: Math.floor(random() * 9) }, () => pick(random, CHARACTERS)).join("");
}

describe("agreement with JavaScript", () => {
  it.each(Array.from({ length: 40 }, (_, index) => index + 1))("holds for the patterns of seed %i", (seed) => {
    const random = randomFrom(seed);
    const disagreements: string[] = [];
    for (let count = 0; count < 25; count++) {
      const pattern = generatePattern(random, 2);
      const [ours, theirs] = [compileRegex(pattern), new RegExp(pattern)];
      for (const text of ["", ...Array.from({ length: 20 }, () => generateText(random))]) {
        if (ours.test(text) !== theirs.test(text)) disagreements.push(`${pattern} on ${JSON.stringify(text)}`);
      }
    }
    expect(disagreements).toEqual([]);
  });

  it.each([
    ["", "anything"],
    ["", ""],
    ["^$", ""],
    ["^$", "a"],
    ["$^", ""],
    ["a$|^b", "xa"],
    ["(|a)b", "b"],
    ["()*", ""],
    ["(a*)*$", "aab"],
    ["(?:a?){3}b", "aab"],
    ["(?:^a)+", "ba"],
    ["x{0}y", "y"],
    ["[.]", "x"],
    ["[^.]", "."],
    ["[^.]", ""],
    ["a.c", "a\u2028c"],
    ["\\s", "\u00A0"],
    ["^v?\\d+\\.\\d+\\.\\d+$", "v1.22.333"],
    ["^v?\\d+\\.\\d+\\.\\d+$", "1.22.333-rc"],
    ["^(main|release/.*)$", "release/1"],
    ["\\/\\$\\{\\}", "/${}"],
    ["^.{2}$", "😀"],
  ])("holds for %j on %j", (pattern, text) => {
    expect(compileRegex(pattern).test(text)).toBe(new RegExp(pattern).test(text));
  });
});

const NAMES = ["first", "second", "third"];

/** Makes a text of parts that match something: the groups of empty parts do not matter. */
function someText(random: () => number): string {
  const atoms = Array.from(
    { length: 1 + Math.floor(random() * 3) },
    () => `${pick(random, ATOMS)}${pick(random, ["", "", "+", "{2}", "{1,3}"])}`,
  );
  return random() < 0.3 ? `${atoms.join("")}|${pick(random, ATOMS)}` : atoms.join("");
}

function named(random: () => number): string {
  const part = (name: string): string => `(?<${name}>${someText(random)})${pick(random, ["", "?"])}`;
  return NAMES.map((name) => `${part(name)}${pick(random, ["", "-", "b*", "|a", ".*"])}`).join("");
}

describe("named groups", () => {
  it.each(Array.from({ length: 20 }, (_, index) => index + 1))("have what JavaScript's have, for seed %i", (seed) => {
    const random = randomFrom(seed);
    const disagreements: string[] = [];
    for (let count = 0; count < 25; count++) {
      const pattern = named(random);
      const ours = compileRegex(pattern);
      for (const text of ["", ...Array.from({ length: 20 }, () => generateText(random))]) {
        const theirs = new RegExp(pattern).exec(text);
        const expected = theirs && NAMES.map((name) => theirs.groups?.[name] || null);
        if (JSON.stringify(ours.capture(text)) !== JSON.stringify(expected)) {
          disagreements.push(`${pattern} on ${JSON.stringify(text)}`);
        }
      }
    }
    expect(disagreements).toEqual([]);
  });

  it("are ordered one after the other, numbers as numbers", () => {
    const { capture } = compileRegex("^(?<year>\\d+)-(?<week>\\d+)(?:-(?<label>\\w+))?$");
    const sorted = ["2025-50", "2026-2", "2026-10", "2026-10-9", "2026-10-10", "2026-10-a", "2026-10-b"];
    const order = (left: string, right: string): number => compareGroups(capture(left) ?? [], capture(right) ?? []);
    expect(sorted.toReversed().toSorted(order)).toEqual(sorted);
  });

  it.each([
    ["^(?<year>\\d{4})-(?<week>\\d+)$", "0123456789"],
    ["^v?[12]", "12v"],
    ["^(a|b)", "ab"],
  ])("%s says what a tag can begin with", (pattern, initials) => {
    expect(compileRegex(pattern).initials.join("")).toBe(initials);
  });

  it.each(["1$", "^", "^a|b", "^.*x", "(^a)?b"])("%s may begin with anything", (pattern) => {
    expect(compileRegex(pattern).initials.length).toBe(63);
  });
});

describe("a pattern that would backtrack", () => {
  it.each([
    ["(a+)+$", `${"a".repeat(128)}b`],
    ["^(a|a)*$", `${"a".repeat(127)}b`],
    ["^(a*)*$", `${"a".repeat(127)}b`],
    ["^(a?){60}a{60}$", "a".repeat(59)],
    ["(.*)*x(.*)*y(.*)*z", "xy".repeat(64)],
    ["^([a-z]+)*\\d$", "a".repeat(128)],
    [`^${"(".repeat(50)}a${")*".repeat(50)}$`, `${"a".repeat(127)}b`],
    ["^(\\w{0,30}){0,30}!$", "a".repeat(128)],
  ])("comes to an end: %s", (pattern, text) => {
    expect(compileRegex(pattern).test(text)).toBe(false);
  });
});

describe("a pattern's size", () => {
  it.each(["a".repeat(200), "a{1999}", "(a{40}){40}", "(a|b){600}"])("may be that of %s", (pattern) => {
    expect(compileRegex(pattern).test("c")).toBe(false);
  });

  it.each([
    ["a".repeat(201), "200 characters"],
    ["a{2001}", "2000 states"],
    ["a{9999}", "2000 states"],
    ["(a{50}){50}", "2000 states"],
    ["((((a{99}){99}){99}){99}){99}", "2000 states"],
    ["(((){999}){999}){999}", "2000 states"],
    ["(a{0,50}){0,50}", "2000 states"],
    ["(a{50,}){50,}", "2000 states"],
  ])("may not be that of %s", (pattern, reason) => {
    expect(() => compileRegex(pattern)).toThrow(reason);
  });
});

describe("a pattern beyond the subset", () => {
  it.each([
    ["(a)\\1", "backreferences"],
    ["a(?=b)", "lookahead"],
    ["a(?!b)", "lookahead"],
    ["(?<=a)b", "lookbehind"],
    ["(?<!a)b", "lookbehind"],
    ["(?<na-me>a)", "groups whose name"],
    ["(?<n>a)*", "can't be repeated"],
    ["((?<n>a)b){2}", "can't be repeated"],
    ["(?<n>a)(?<n>b)", "two groups named n"],
    ["(?i:a)", "flags"],
    ["(?i)a", "flags"],
    ["a*?", "lazy"],
    ["a{1,2}?", "lazy"],
    ["a**", "two quantifiers"],
    ["a+{2}", "two quantifiers"],
    ["*a", "nothing to repeat"],
    ["(+)", "nothing to repeat"],
    ["a|?", "nothing to repeat"],
    ["{2}", "nothing to repeat"],
    ["^*", "anchor"],
    ["${2}", "anchor"],
    ["a{,2}", "a count such as"],
    ["a{", "a count such as"],
    ["a{x}", "a count such as"],
    ["a{12345}", "a count such as"],
    ["a{2,1}", "reversed"],
    ["a}", "too many"],
    ["a]", "too many"],
    ["(a", "without its )"],
    ["(?:a", "without its )"],
    ["a)", "without its ("],
    ["[a", "without its ]"],
    ["[", "without its ]"],
    ["[\\]", "without its ]"],
    ["[]", "empty class"],
    ["[^]", "empty class"],
    ["[b-a]", "reversed"],
    ["[a-\\d]", "end of a range"],
    ["[\\d-a]", "end of a range"],
    ["\\", "ends in a backslash"],
    ["[\\", "ends in a backslash"],
    ["\\bfoo", "\\b isn't supported"],
    ["\\n", "\\n isn't supported"],
    ["\\x41", "\\x isn't supported"],
    ["\\u0041", "\\u isn't supported"],
    ["\\p{L}", "\\p isn't supported"],
    ["\\k<name>", "\\k isn't supported"],
    ["\\0", "\\0 isn't supported"],
  ])("is refused with the reason: %s", (pattern, reason) => {
    expect(() => compileRegex(pattern)).toThrow(reason);
  });
});
