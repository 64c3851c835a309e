import { describe, expect, it } from "vitest";
import { compileTagRule, type TagRule } from "../../src/events/tag-rule.ts";

function refusal(rule: TagRule, tag: string): string | null {
  return compileTagRule(rule).refusal(tag);
}

describe("a tag that a rule takes", () => {
  it.each<[TagRule, string]>([
    [{ type: "exact", value: "main" }, "main"],
    [{ type: "glob", value: "v*" }, "v1.2.3"],
    [{ type: "glob", value: "v*" }, "v"],
    [{ type: "glob", value: "*-??" }, "build-07"],
    [{ type: "glob", value: "a.b" }, "a.b"],
    [{ type: "regex", value: "^v\\d+$" }, "v12"],
    [{ type: "regex", value: "rc" }, "1.0-rc.1"],
    [{ type: "semver", value: "^1.2" }, "v1.9.0"],
    [{ type: "semver", value: "1.x" }, "1.2.3.4"],
    [{ type: "nuget", value: "[1.0,2.0)" }, "1.9"],
    [{ type: "nuget", value: "1.*" }, "1.9_build5"],
    [{ type: "exact", value: "main", exclude: ["latest"] }, "main"],
    [{ type: "glob", value: "*", exclude: ["latest", "tmp-*"] }, "late"],
  ])("%j takes %s", (rule, tag) => {
    expect(refusal(rule, tag)).toBeNull();
  });
});

describe("a tag that a rule does not take", () => {
  it.each<[TagRule, string, string]>([
    [{ type: "exact", value: "main" }, "Main", "the tag Main is not main"],
    [{ type: "exact", value: "main" }, "main2", "the tag main2 is not main"],
    [{ type: "glob", value: "v*" }, "1.0", "the tag 1.0 does not match the glob v*"],
    [{ type: "glob", value: "v?" }, "v12", "the tag v12 does not match the glob v?"],
    [{ type: "glob", value: "a.b" }, "axb", "the tag axb does not match the glob a.b"],
    [{ type: "regex", value: "^v\\d+$" }, "v12x", "the tag v12x does not match the regex ^v\\d+$"],
    [{ type: "semver", value: "^1.2" }, "2.0.0", "the version 2.0.0 is not within ^1.2"],
    [{ type: "semver", value: "*" }, "latest", "the tag latest is not a version"],
    [{ type: "nuget", value: "*" }, "main", "the tag main is not a version"],
    [{ type: "nuget", value: "[1.0,2.0)" }, "2.0", "the version 2.0 is not within [1.0,2.0)"],
    [{ type: "glob", value: "*", exclude: ["x", "tmp-*"] }, "tmp-1", "the tag tmp-1 is excluded by tmp-*"],
    [{ type: "exact", value: "main", exclude: ["main"] }, "main", "the tag main is excluded by main"],
    [{ type: "semver", value: "*", exclude: ["1.2.?"] }, "1.2.3", "the tag 1.2.3 is excluded by 1.2.?"],
  ])("%j does not take %s", (rule, tag, reason) => {
    expect(refusal(rule, tag)).toBe(reason);
  });
});

describe("prereleases", () => {
  it.each<[string, TagRule, string]>([
    ["any", { type: "semver", value: "^1.2", prerelease: "any" }, "1.3.0-rc.1"],
    ["any, of an open version's first", { type: "semver", value: "1.x", prerelease: "any" }, "1.0.0-alpha"],
    ["any, since the range names one", { type: "semver", value: ">=1.2.0-rc.1" }, "1.3.0-alpha"],
    ["any, by the idiom of Helm and Flux", { type: "semver", value: ">=1.2.0-0" }, "1.2.0-alpha"],
    ["any, since a NuGet range names one", { type: "nuget", value: "[1.0-rc,2.0)" }, "1.0-RC.2"],
    ["none, of a release with build metadata", { type: "semver", value: "^1.2" }, "1.2.3_a-b"],
    ["what matches", { type: "semver", value: "*", prerelease: "regex", prereleaseRegex: "^rc" }, "1.0-rc.1"],
    ["releases too", { type: "nuget", value: "*", prerelease: "regex", prereleaseRegex: "^(rc|$)" }, "1.0"],
    ["as it is written", { type: "nuget", value: "*", prerelease: "regex", prereleaseRegex: "^RC" }, "1.0-RC1"],
    ["nothing to say for a glob", { type: "glob", value: "*", prerelease: "none" }, "1.0-rc.1"],
  ])("are taken: %s", (_, rule, tag) => {
    expect(refusal(rule, tag)).toBeNull();
  });

  const NONE = "the tag 1.3.0-rc.1 is a prerelease; the trigger takes none";

  it.each<[string, TagRule, string, string]>([
    ["by default", { type: "semver", value: "^1.2" }, "1.3.0-rc.1", NONE],
    ["by NuGet's default", { type: "nuget", value: "[1.0,2.0)" }, "1.3.0-rc.1", NONE],
    ["for a range with build metadata", { type: "semver", value: ">=1.0.0+a-b" }, "1.3.0-rc.1", NONE],
    ["when the rule says so", { type: "semver", value: ">=1.3.0-rc.1", prerelease: "none" }, "1.3.0-rc.1", NONE],
    [
      "beyond the range",
      { type: "semver", value: "^1.2", prerelease: "any" },
      "2.0.0-rc.1",
      "the version 2.0.0-rc.1 is not within ^1.2",
    ],
    [
      "that do not match",
      { type: "semver", value: "*", prerelease: "regex", prereleaseRegex: "^rc" },
      "1.0.0-beta.1",
      "the tag 1.0.0-beta.1 is the prerelease beta.1; the trigger takes prereleases that match ^rc",
    ],
    [
      "nor releases, where the regex wants a prerelease",
      { type: "semver", value: "*", prerelease: "regex", prereleaseRegex: "^rc" },
      "1.0.0",
      "the tag 1.0.0 is a release; the trigger takes prereleases that match ^rc",
    ],
  ])("are not taken %s", (_, rule, tag, reason) => {
    expect(refusal(rule, tag)).toBe(reason);
  });
});

describe("a rule that cannot work", () => {
  it.each<[TagRule, string]>([
    [{ type: "semver", value: ">2 <1" }, "no version can be within"],
    [{ type: "semver", value: "[1.0,2.0)" }, "neither a version nor a comparison"],
    [{ type: "nuget", value: "^1" }, "neither a version nor a range"],
    [{ type: "nuget", value: "[1.0-rc.1]", prerelease: "none" }, "covers only prereleases"],
    [{ type: "semver", value: ">=1.0.0-a <1.0.0", prerelease: "none" }, "covers only prereleases"],
    [{ type: "regex", value: "(a)\\1" }, "backreferences"],
    [{ type: "glob", value: "a/b" }, "the characters of a tag"],
    [{ type: "glob", value: "a".repeat(129) }, "at most 128"],
    [{ type: "exact", value: "v*" }, "not a valid tag"],
    [{ type: "exact", value: ".a" }, "not a valid tag"],
  ])("is refused: %j", (rule, reason) => {
    expect(() => compileTagRule(rule)).toThrow(reason);
  });
});

describe("the order of tags", () => {
  it.each<[TagRule["type"], string, string, number]>([
    ["semver", "1.10.0", "1.9.0", 1],
    ["semver", "v1.2", "1.2.0", 0],
    ["semver", "1.0.0-RC", "1.0.0-rc", -1],
    ["nuget", "1.0.0-RC", "1.0.0-rc", 0],
    ["nuget", "1.0.0.1", "1.0.0.2", -1],
  ])("of a %s rule has %s against %s", (type, left, right, expected) => {
    expect(compileTagRule({ type, value: "*" }).order?.(left, right)).toBe(expected);
  });

  it.each<TagRule["type"]>(["glob", "exact", "regex"])("is none for a rule of the type %s", (type) => {
    expect(compileTagRule({ type, value: "a" }).order).toBeNull();
  });
});
