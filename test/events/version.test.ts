import { describe, expect, it } from "vitest";
import { compareVersions, isPrerelease, parseVersion, type Version } from "../../src/events/version/version.ts";

function versionOf(text: string): Version {
  const version = parseVersion(text);
  if (version === null) throw new Error(`${text} is no version`);
  return version;
}

describe("a version", () => {
  it.each([
    ["1", [1n], ""],
    ["1.2", [1n, 2n], ""],
    ["1.2.3", [1n, 2n, 3n], ""],
    ["1.2.3.4", [1n, 2n, 3n, 4n], ""],
    ["v1.2.3", [1n, 2n, 3n], ""],
    ["V1.2.3", [1n, 2n, 3n], ""],
    ["2026.01.05", [2026n, 1n, 5n], ""],
    ["0.0.0", [0n, 0n, 0n], ""],
    ["1.2.3-rc.1", [1n, 2n, 3n], "rc.1"],
    ["1-alpine", [1n], "alpine"],
    ["1.2.0-deployments-75", [1n, 2n, 0n], "deployments-75"],
    ["1.2.3-a--b.-.0x", [1n, 2n, 3n], "a--b.-.0x"],
    ["1.2.3+build.5", [1n, 2n, 3n], ""],
    ["1.2.3_build.5", [1n, 2n, 3n], ""],
    ["1.2.3-rc.1+build-5", [1n, 2n, 3n], "rc.1"],
    ["1.2.3-rc.1_build_5", [1n, 2n, 3n], "rc.1"],
    ["9".repeat(40), [BigInt("9".repeat(40))], ""],
  ])("may be %s", (text, release, prerelease) => {
    expect(parseVersion(text)).toEqual({ release, prerelease: prerelease === "" ? [] : prerelease.split(".") });
  });

  it.each([
    ["latest"],
    ["main"],
    [""],
    ["v"],
    ["v.1"],
    ["vv1"],
    ["1."],
    [".1"],
    ["1..2"],
    ["1.2.3.4.5"],
    ["1.2.3-"],
    ["1.2.3-a..b"],
    ["1.2.3-.a"],
    ["1.2.3+"],
    ["1.2.3_"],
    ["1.2.3rc1"],
    ["1.2.x"],
    ["-1"],
    ["7f3c2a1"],
    [" 1.2.3"],
    ["1.2.3\n"],
    [`sha256-${"0".repeat(64)}`],
    ["release-1.2.3"],
  ])("is not %j", (text) => {
    expect(parseVersion(text)).toBeNull();
  });
});

describe("the order of versions", () => {
  // SemVer, 11, with what registries add.
  const ASCENDING = [
    "0.0.0-0",
    "0.0.0",
    "0.9",
    "1.0.0-0",
    "1.0.0-1",
    "1.0.0-2",
    "1.0.0-11",
    `1.0.0-${"9".repeat(30)}`,
    "1.0.0-RC",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.0.1-rc.1",
    "1.0.0.1",
    "1.0.1",
    "1.2",
    "1.10",
    "2.0.0-rc",
    "2",
    "10",
    "2026.01.05",
    "20260105",
    "9".repeat(30),
  ];

  it.each(ASCENDING.map((text, index) => [text, index] as const))("puts %s where it belongs", (text, index) => {
    const order = ASCENDING.map((other) => Math.sign(compareVersions(versionOf(other), versionOf(text))));
    expect(order).toEqual(ASCENDING.map((_, other) => Math.sign(other - index)));
  });

  it.each([
    ["1", "1.0.0.0"],
    ["v1.2", "1.2.0"],
    ["1.2.3+a", "1.2.3+b"],
    ["1.2.3_a", "1.2.3"],
    ["1.02", "1.2"],
    ["1.0-rc.01", "1.0.0-rc.1"],
  ])("takes %s for equal to %s", (left, right) => {
    expect(compareVersions(versionOf(left), versionOf(right))).toBe(0);
  });

  it("knows a prerelease from a release with build metadata", () => {
    expect(isPrerelease(versionOf("1.0.0-rc"))).toBe(true);
    expect(isPrerelease(versionOf("1.0.0+a-b"))).toBe(false);
  });
});
