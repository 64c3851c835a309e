import { describe, expect, it } from "vitest";
import { requireDigest } from "../../src/oci/digest.ts";
import { referrersTag, subjectOfTag } from "../../src/oci/referrers-tag.ts";

const sha256 = requireDigest(`sha256:${"a1".repeat(32)}`);
const sha512 = requireDigest(`sha512:${"b2".repeat(64)}`);

describe("the tag that stands in for a list of referrers", () => {
  it("has the algorithm and at most 64 characters of the hash", () => {
    expect(referrersTag(sha256)).toBe(`sha256-${"a1".repeat(32)}`);
    expect(referrersTag(sha512)).toBe(`sha512-${"b2".repeat(32)}`);
  });

  it.each([sha256, sha512])("leads back to its subject, as cosign's tags do: %s", (subject) => {
    for (const suffix of ["", ".sig", ".att", ".sbom", ".anything-else"]) {
      expect(subjectOfTag(referrersTag(subject) + suffix)).toBe(referrersTag(subject));
    }
  });

  it.each([
    "latest",
    "sha256",
    `sha256-${"a".repeat(63)}`,
    `sha256-${"a".repeat(65)}`,
    `sha512-${"b".repeat(128)}`,
    `sha256-${"A".repeat(64)}`,
    `sha384-${"a".repeat(64)}`,
    `v1-sha256-${"a".repeat(64)}`,
    `sha256-${"a".repeat(64)}-sig`,
  ])("is no other: %s", (tag) => {
    expect(subjectOfTag(tag)).toBeNull();
  });
});
