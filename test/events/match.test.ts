import { describe, expect, it } from "vitest";
import type { RegistryEvent } from "../../src/events/event.ts";
import { matchTrigger, newestOf } from "../../src/events/match.ts";
import { triggerMatch } from "../../src/events/trigger.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const OTHER_DIGEST = `sha256:${"b".repeat(64)}`;
const REFERRERS = `sha256-${"c".repeat(64)}`;
const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
const DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
const HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json";
const COSIGN = "application/vnd.dev.cosign.artifact.sig.v1+json";

const PUSH: RegistryEvent = {
  id: "evt_1",
  type: "tag.created",
  occurredAt: 0,
  registry: "registry.example.com",
  space: "acme",
  path: "web/api",
  tag: "1.2.3",
  digest: DIGEST,
  previousDigest: null,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  artifactType: OCI_CONFIG,
  size: 1,
  platforms: [],
  actor: { id: "tok_1", name: "ci-main" },
};

/** Returns the reason against firing; null if the trigger fires. */
function reasonAgainst(match: unknown, event: Partial<RegistryEvent>, newestTag: string | null = null): string | null {
  const result = matchTrigger(triggerMatch.parse(match), { ...PUSH, ...event }, { newestTag });
  return result.fires ? null : result.reason;
}

const SEMVER = { type: "semver", value: "^1.0" };
const NEWER = { ...SEMVER, onlyIfNewer: true };

describe("a trigger fires on", () => {
  it.each<[string, object, Partial<RegistryEvent>]>([
    ["a new tag, without being told anything", {}, {}],
    ["a tag that moved", {}, { type: "tag.updated", previousDigest: OTHER_DIGEST }],
    ["a tag pushed again as it was", {}, { type: "tag.updated", previousDigest: DIGEST }],
    ["a tag of any name", {}, { tag: "latest" }],
    ["an index", {}, { artifactType: null, platforms: ["linux/amd64"] }],
    ["a Docker image", {}, { artifactType: DOCKER_CONFIG }],
    ["a tagged artifact, such as a Helm chart", {}, { artifactType: HELM_CONFIG }],
    ["a deletion it asks for", { events: ["tag.deleted"] }, { type: "tag.deleted", previousDigest: DIGEST }],
    ["an untagged image it asks for", { events: ["manifest.pushed"] }, { type: "manifest.pushed", tag: null }],
    ["a repository that a pattern includes", { repositories: ["web/*", "!web/tmp-*"] }, {}],
    ["a version in its range", { tag: SEMVER }, {}],
    ["the referrers tag that it names exactly", { tag: { type: "exact", value: REFERRERS } }, { tag: REFERRERS }],
    ["an artifact type it names", { artifactTypes: ["image", HELM_CONFIG] }, { artifactType: HELM_CONFIG }],
    ["an artifact type its glob matches", { artifactTypes: ["application/vnd.cncf.*"] }, { artifactType: HELM_CONFIG }],
    ["an image by that name", { artifactTypes: ["image"] }, { artifactType: DOCKER_CONFIG }],
    ["an index by the name of image", { artifactTypes: ["image"] }, { artifactType: null }],
    ["a signature's tag, by its type", { artifactTypes: [COSIGN] }, { tag: `${REFERRERS}.sig`, artifactType: COSIGN }],
    [
      "an untagged signature, by its type",
      { events: ["manifest.pushed"], artifactTypes: ["application/vnd.dev.cosign.*"] },
      { type: "manifest.pushed", tag: null, artifactType: COSIGN },
    ],
    ["a tag that only looks like a referrers tag", {}, { tag: "sha256-abc" }],
    ["a changed digest", { digestChangedOnly: true }, { type: "tag.updated", previousDigest: OTHER_DIGEST }],
    ["a new tag, when only changes count", { digestChangedOnly: true }, {}],
    [
      "a deletion, when only changes count",
      { digestChangedOnly: true, events: ["tag.deleted"] },
      { type: "tag.deleted", previousDigest: DIGEST },
    ],
    ["all its platforms", { platforms: { all: ["linux/amd64"] } }, { platforms: ["linux/arm64", "linux/amd64"] }],
    ["a platform of any variant", { platforms: { all: ["linux/arm"] } }, { platforms: ["linux/arm/v7"] }],
    ["arm64, whose variant is v8", { platforms: { all: ["linux/arm64/v8"] } }, { platforms: ["linux/arm64"] }],
    ["an actor it names", { actors: ["token:deploy", "token:ci-main"] }, {}],
    ["an actor its glob matches", { actors: ["token:ci-*"] }, {}],
  ])("%s", (_, match, event) => {
    expect(reasonAgainst(match, event)).toBeNull();
  });

  it.each([
    ["a version above all others", "1.2.2"],
    ["the first version", null],
    ["the newest version again", "1.2.3"],
  ])("%s", (_, newestTag) => {
    expect(reasonAgainst({ tag: NEWER }, {}, newestTag)).toBeNull();
  });
});

describe("a trigger says why it does not fire on", () => {
  it.each<[string, object, Partial<RegistryEvent>, string]>([
    ["a deletion", {}, { type: "tag.deleted" }, "the event is tag.deleted; the trigger takes tag.created, tag.updated"],
    [
      "an untagged image",
      {},
      { type: "manifest.pushed", tag: null },
      "the event is manifest.pushed; the trigger takes tag.created, tag.updated",
    ],
    [
      "another repository",
      { repositories: ["app/*", "!app/x"] },
      {},
      "the repository acme/web/api is not among app/*, !app/x",
    ],
    [
      "a repository of many",
      { repositories: ["a", "b", "c", "d", "e", "f", "g"] },
      {},
      "the repository acme/web/api is not among a, b, c, d, e and 2 more",
    ],
    [
      "an event without a tag, by its tag rule",
      { tag: SEMVER, events: ["manifest.pushed", "tag.created"] },
      { type: "manifest.pushed", tag: null },
      "the event has no tag; the trigger has a rule for tags",
    ],
    ["a tag beyond its rule", { tag: SEMVER }, { tag: "2.0.0" }, "the version 2.0.0 is not within ^1.0"],
    [
      "a prerelease",
      { tag: SEMVER },
      { tag: "1.3.0-rc.1" },
      "the tag 1.3.0-rc.1 is a prerelease; the trigger takes none",
    ],
    ["an excluded tag", { tag: { ...SEMVER, exclude: ["1.2.*"] } }, {}, "the tag 1.2.3 is excluded by 1.2.*"],
    ...["", ".sig", ".att", ".sbom"].map((suffix): [string, object, Partial<RegistryEvent>, string] => [
      `the tag of referrers, with "${suffix}" at its end`,
      {},
      { tag: `${REFERRERS}${suffix}` },
      `the tag ${REFERRERS}${suffix} is one that clients make for signatures and other referrers; the trigger does not ask for them`,
    ]),
    [
      "a signature's tag, by a glob",
      { tag: { type: "glob", value: "*" } },
      { tag: `${REFERRERS}.sig` },
      `the tag ${REFERRERS}.sig is one that clients make for signatures and other referrers; the trigger does not ask for them`,
    ],
    [
      "a signature that looks like an image",
      { artifactTypes: ["image"] },
      { tag: `${REFERRERS}.sig` },
      `the tag ${REFERRERS}.sig is one that clients make for signatures and other referrers; the trigger does not ask for them`,
    ],
    [
      "an untagged signature",
      { events: ["manifest.pushed"] },
      { type: "manifest.pushed", tag: null, artifactType: COSIGN },
      `an untagged ${COSIGN} refers to something else, as signatures do; the trigger does not ask for its artifact type`,
    ],
    [
      "an artifact of another type",
      { artifactTypes: ["image"] },
      { artifactType: HELM_CONFIG },
      `what was pushed is of the artifact type ${HELM_CONFIG}; the trigger takes image`,
    ],
    [
      "an image, when it wants charts",
      { artifactTypes: [HELM_CONFIG] },
      {},
      `what was pushed is an image; the trigger takes ${HELM_CONFIG}`,
    ],
    [
      "the same digest again",
      { digestChangedOnly: true },
      { type: "tag.updated", previousDigest: DIGEST },
      "the tag 1.2.3 was on this digest before; the trigger takes changed digests only",
    ],
    [
      "a missing platform",
      { platforms: { all: ["linux/amd64", "linux/arm64"] } },
      { platforms: ["linux/amd64"] },
      "the platforms linux/amd64 are there; the trigger also needs linux/arm64",
    ],
    [
      "another variant of the platform",
      { platforms: { all: ["linux/arm/v6"] } },
      { platforms: ["linux/arm/v7"] },
      "the platforms linux/arm/v7 are there; the trigger also needs linux/arm/v6",
    ],
    [
      "a manifest without platforms",
      { platforms: { all: ["linux/amd64"] } },
      {},
      "the manifest names no platforms; the trigger needs linux/amd64",
    ],
    [
      "another actor",
      { actors: ["token:deploy-?"] },
      {},
      "it was done by token:ci-main; the trigger takes token:deploy-?",
    ],
  ])("%s", (_, match, event, reason) => {
    expect(reasonAgainst(match, event)).toBe(reason);
  });

  it.each([
    ["an older version", "1.3.0"],
    ["an equal version of another name", "v1.2.3"],
  ])("%s", (_, newestTag) => {
    const reason = `the tag 1.2.3 is not newer than ${newestTag}, which the repository has`;
    expect(reasonAgainst({ tag: NEWER }, {}, newestTag)).toBe(reason);
  });

  it("nothing about newer versions unless it is told to mind them", () => {
    expect(reasonAgainst({ tag: SEMVER }, {}, "1.3.0")).toBeNull();
  });
});

describe("the newest tag", () => {
  it.each<[string, object, readonly string[], string | null]>([
    ["is the highest version", { tag: NEWER }, ["1.2.0", "1.10.0", "1.9.0"], "1.10.0"],
    ["is within the range", { tag: NEWER }, ["1.2.0", "2.0.0"], "1.2.0"],
    ["is no prerelease that the rule does not take", { tag: NEWER }, ["1.2.0", "1.3.0-rc.1"], "1.2.0"],
    ["may be a prerelease", { tag: { ...NEWER, prerelease: "any" } }, ["1.2.0", "1.3.0-rc.1"], "1.3.0-rc.1"],
    ["is not excluded", { tag: { ...NEWER, exclude: ["1.9*"] } }, ["1.9.0", "1.2.0"], "1.2.0"],
    ["is a version", { tag: NEWER }, ["latest", "main", "1.0.0"], "1.0.0"],
    ["is none where nothing matches", { tag: NEWER }, ["latest", "2.0.0"], null],
    ["is none in an empty repository", { tag: NEWER }, [], null],
    ["is none without a tag rule", {}, ["1.0.0"], null],
    ["is none for a rule that is not about versions", { tag: { type: "glob", value: "*" } }, ["1.0.0"], null],
  ])("%s", (_, match, tags, expected) => {
    expect(newestOf(triggerMatch.parse(match), tags)).toBe(expected);
  });
});
