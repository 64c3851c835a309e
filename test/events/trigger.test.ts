import { describe, expect, it } from "vitest";
import { triggerMatch } from "../../src/events/trigger.ts";
import { parseInput } from "../../src/oci/parse-input.ts";

const SEMVER = { type: "semver", value: "^1.0" };

describe("a trigger's match", () => {
  it("takes new and moved tags of all repositories by default", () => {
    expect(triggerMatch.parse({})).toEqual({ repositories: ["**"], events: ["tag.created", "tag.updated"] });
  });

  it("may have everything at once", () => {
    const match = {
      repositories: ["web/*", "!web/tmp-*"],
      events: ["tag.created", "manifest.pushed"],
      tag: {
        type: "nuget",
        value: "[1.0,2.0)",
        prerelease: "regex",
        prereleaseRegex: "^rc",
        exclude: ["latest", "tmp-*"],
        onlyIfNewer: true,
      },
      digestChangedOnly: true,
      platforms: { all: ["linux/amd64", "linux/arm/v7"] },
      artifactTypes: ["image", "application/vnd.cncf.*"],
      actors: ["token:ci-*", "*"],
    };
    expect(triggerMatch.parse(match)).toEqual(match);
  });

  it.each<[string, object, string, string]>([
    ["an unknown field", { tags: [] }, "", "tags"],
    ["an unknown field of the tag rule", { tag: { ...SEMVER, newest: true } }, "tag", "newest"],
    ["no event", { events: [] }, "events", ""],
    ["an unknown event", { events: ["push"] }, "events.0", ""],
    ["a pattern that is none", { repositories: ["Web"] }, "repositories.0", "a pattern may have"],
    ["no repository", { repositories: [] }, "repositories", "at least one pattern"],
    ["excluded repositories only", { repositories: ["!web"] }, "repositories", "at least one pattern"],
    ["an unknown kind of tag rule", { tag: { type: "latest", value: "x" } }, "tag.type", ""],
    ["a tag rule without a value", { tag: { type: "semver" } }, "tag.value", ""],
    ["an empty value", { tag: { type: "regex", value: "" } }, "tag.value", ""],
    ["a value that is too long", { tag: { type: "regex", value: "a".repeat(201) } }, "tag.value", "200"],
    ["a broken range", { tag: { type: "semver", value: "^latest" } }, "tag.value", '"^latest" is neither a version'],
    ["an empty range", { tag: { type: "nuget", value: "[2.0,1.0]" } }, "tag.value", "no version can be within"],
    ["a regex that is not allowed", { tag: { type: "regex", value: "a(?=b)" } }, "tag.value", "lookahead"],
    ["a glob of no tag", { tag: { type: "glob", value: "a b" } }, "tag.value", "the characters of a tag"],
    ["a name of no tag", { tag: { type: "exact", value: "a:b" } }, "tag.value", "not a valid tag"],
    ["a prerelease regex alone", { tag: { ...SEMVER, prereleaseRegex: "^rc" } }, "tag.prereleaseRegex", "goes with"],
    ["a missing prerelease regex", { tag: { ...SEMVER, prerelease: "regex" } }, "tag.prereleaseRegex", "goes with"],
    [
      "a prerelease regex that is not allowed",
      { tag: { ...SEMVER, prerelease: "regex", prereleaseRegex: "(rc" } },
      "tag.prereleaseRegex",
      "without its )",
    ],
    ["an exclusion of no tag", { tag: { ...SEMVER, exclude: ["a b"] } }, "tag.exclude.0", "the name of a tag"],
    [
      "newer tags that are no versions",
      { tag: { type: "glob", value: "v*", onlyIfNewer: true } },
      "tag.onlyIfNewer",
      "semver or nuget",
    ],
    [
      "a tag rule without events of tags",
      { tag: SEMVER, events: ["manifest.pushed"] },
      "tag",
      "needs an event of tags",
    ],
    ["a platform that is none", { platforms: { all: ["amd64"] } }, "platforms.all.0", "os/architecture"],
    ["no platform", { platforms: { all: [] } }, "platforms.all", ""],
    ["a way to choose platforms that is unknown", { platforms: { any: ["linux/amd64"] } }, "platforms.all", ""],
    ["an artifact type that is none", { artifactTypes: ["a b"] }, "artifactTypes.0", "a media type"],
    ["no artifact type", { artifactTypes: [] }, "artifactTypes", ""],
    ["an actor that is none", { actors: ["ci"] }, "actors.0", "token:<name>"],
    ["no actor", { actors: [] }, "actors", ""],
    ["too much of it", { repositories: Array.from({ length: 101 }, () => "web") }, "repositories", "100"],
  ])("may not have %s", (_, match, path, message) => {
    const parsed = parseInput(triggerMatch, match);
    const problems = parsed.ok ? [] : parsed.problems;
    expect(problems).toContainEqual({ path, message: expect.stringContaining(message) });
  });

  it.each([null, "x", [], 1])("may not be %j", (match) => {
    expect(triggerMatch.safeParse(match).success).toBe(false);
  });
});
