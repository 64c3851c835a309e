import { describe, expect, it } from "vitest";
import type { Environment } from "../../../src/cli/context.ts";
import { ImageRegistry } from "../support/image-registry.ts";
import { type ManagementStub, stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import {
  changeTo,
  delivery,
  detailOf,
  digestOf,
  event,
  page,
  repositoryAt,
  rule,
  spaceNamed,
  taggedAs,
  target,
  token,
  trigger,
} from "./samples.ts";

const space = "acme";
const COLUMNS = 100;

/** Makes an id as long as the registry's. The texts below are as long as people write them. */
const id = (prefix: string): string => `${prefix}_${"0193f7a2".repeat(4)}`;
const NAME = "production-europe-west";
const PATH = "platform/services/checkout/payments-apiv2";
const TAG = "2026.11.30-main-build.12345678";
/** A receiver's answer can have any length. */
const ANSWER = `{"error":"conflict","message":"version ${TAG} is being deployed","request":"${"0193f7a2".repeat(12)}"}`;
const REASON = "it answered 503 Service Unavailable: the deployment of this version is already running elsewhere";
const actor = { id: id("tok"), name: "github-actions-main" };

async function longNamed(): Promise<ManagementStub> {
  const stub = await stubManagement();
  const at = { space };
  const names = ["v1.0.0", "v1.0.1", "v1.1.0", "v1.2.0-rc.1", "v1.2.0", "latest"];
  const patterns = ["platform/**", "web/*", "!web/internal-tools", "shared/base-images/*"];
  stub.on(
    "listTargets",
    at,
    page({ ...target, id: id("tgt"), name: NAME, url: `https://hooks.example.com/${id("a")}` }),
  );
  const match = { repositories: patterns, tag: { type: "semver", value: ">=1.0 <2.0", onlyIfNewer: true } } as const;
  stub.on("listTriggers", at, page({ ...trigger, id: id("trg"), name: NAME, targets: [id("tgt")], match }));
  stub.on("listTokens", at, page({ ...token, id: id("tok"), name: actor.name, repositories: patterns }));
  stub.on("listRetentionRules", at, page({ ...rule, id: id("ret"), name: NAME, repositories: patterns }));
  const ids = { id: id("dlv"), trigger: id("trg"), target: id("tgt"), event: id("evt") };
  stub.on("listDeliveries", at, page({ ...delivery, ...ids, repository: `acme/${PATH}`, tag: TAG, reason: REASON }));
  const data = { ...event.data, repository: `acme/${PATH}`, tag: TAG };
  stub.on("listEvents", at, page({ ...event, id: id("evt"), data }));
  stub.on("listRepositories", at, page(repositoryAt(PATH)));
  stub.on("listRepositoryTags", { space, name: PATH }, page(taggedAs(TAG, digestOf("a"))));
  stub.on("getHistory", at, page(changeTo("a", { actor, previousDigest: digestOf("b"), content: "deleted" })));
  stub.on("listDeletedTags", at, page(changeTo("a", { tag: TAG, actor })));
  const deletedAt = delivery.createdAt;
  const gone = { digest: digestOf("a"), mediaType: "m", size: 5, artifactType: null, tags: names, deletedAt };
  stub.on("listDeletedManifests", at, page({ ...gone, actor, until: deletedAt }));
  stub.on("listDeletedRepositories", at, page({ name: PATH, fullName: `acme/${PATH}`, deletedAt, until: deletedAt }));
  const damage = { repository: PATH, kind: "manifest", digest: digestOf("a"), size: 5, damage: "missing" } as const;
  stub.on("listDamaged", at, page({ ...damage, since: deletedAt, tags: names }));
  const given = { target: id("tgt"), repository: `acme/${PATH}`, tag: TAG, digest: digestOf("a") };
  stub.on(
    "listDeployed",
    at,
    page({ ...given, delivery: id("dlv"), deployedAt: deletedAt, current: true, followed: false }),
  );
  stub.on("listSpaces", {}, page(spaceNamed("a-space-that-has-a-rather-long-name-for-one-team")));
  const answered = { status: 503, milliseconds: 12_345, detail: ANSWER };
  const attempts = [{ number: 1, at: deletedAt, outcome: "retry", ...answered }];
  const shown = { repository: `acme/${PATH}`, tag: TAG, reason: REASON, attempts };
  stub.on("getDelivery", { space, id: id("dlv") }, detailOf(id("dlv"), { ...ids, ...shown }));
  const verdict = { trigger: id("trg"), fires: false, reason: REASON };
  stub.on("getEvent", { space, id: id("evt") }, { ...event, id: id("evt"), data, triggers: [verdict] });
  stub.on("getTrigger", { space, id: id("trg") }, { ...trigger, id: id("trg"), name: NAME, match });
  const result = { target: id("tgt"), name: NAME, outcome: "done", status: 200, milliseconds: 12_345, detail: ANSWER };
  stub.on("testTrigger", { space, id: id("trg") }, { event: { type: "registry.tag.created" }, results: [result] });
  const act = { id: id("act"), at: deletedAt, actor, action: "tag.created", subject: null, name: null, detail: null };
  stub.on("listActivity", at, page({ ...act, repository: PATH, reference: digestOf("a") }));
  const stored = { bytes: 123_456_789, sharedBytes: 123_456_789, reclaimableBytes: 123_456_789 };
  stub.on("getStorage", at, { ...page({ name: PATH, ...stored }), total: null });
  stub.on("getStorageHistory", at, page({ day: "2026-11-30", bytes: 5, repositories: 5 }));
  stub.on("previewCollection", at, page({ repository: PATH, digest: digestOf("a"), bytes: 5, keptUntil: deletedAt }));
  const counts = { tagCount: 12, manifestCount: 12, bytes: 5, complete: true };
  const totals = { repositories: 1, tags: 12, manifests: 12, bytes: 5 };
  const builds = Array.from({ length: 5 }, (_, index) => `${TAG}-${index}`);
  const builtOften = { repository: PATH, tags: builds, manifests: [digestOf("a")], ...counts };
  stub.on("previewRetention", at, { items: [builtOften], totals, next: null });
  return stub;
}

/** Runs a command and expects its whole output to fit. */
async function expectFitting(command: string, env: Environment, columns = COLUMNS): Promise<string> {
  const { exitCode, stdout, stderr } = await runCli(command.split(" "), { ...env, COLUMNS: String(columns) });
  expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
  for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(columns);
  return stdout;
}

describe("all that is printed in columns", () => {
  // Each command with the text that stands on one line, to be copied, and the text that may go on below.
  it.each([
    ["deliveries list", [id("dlv"), `acme/${PATH}:${TAG}`], REASON],
    ["deliveries tail", [id("dlv"), `acme/${PATH}:${TAG}`], REASON],
    [`deliveries show ${id("dlv")}`, [id("dlv"), id("evt"), `acme/${PATH}:${TAG}`], ANSWER],
    ["triggers list", [id("trg"), NAME], '"onlyIfNewer":true'],
    [`triggers show ${id("trg")}`, [id("trg"), NAME], '"onlyIfNewer": true'],
    [`triggers test ${id("trg")}`, [NAME, "12345 ms"], ANSWER],
    ["targets list", [id("tgt"), NAME], `https://hooks.example.com/${id("a")}`],
    ["tokens list", [id("tok"), actor.name], "!web/internal-tools"],
    ["retention list", [id("ret"), NAME], "the newest 20"],
    ["retention preview --keep-newest 5", [PATH, `${TAG}-4`], "and 7 more"],
    ["events list", [id("evt"), digestOf("a"), `acme/${PATH}:${TAG}`], "tag.created"],
    [`events show ${id("evt")}`, [id("evt"), digestOf("a"), `acme/${PATH}:${TAG}`], REASON],
    ["repos list", [`acme/${PATH}`], "private"],
    ["spaces list", ["a-space-that-has-a-rather-long-name-for-one-team"], "private"],
    ["spaces damaged acme", [PATH, "sha256:aaaaaaaaaaaa"], "missing"],
    ["spaces storage acme", [PATH, "123 MB"], "reclaimable"],
    ["spaces collectable acme", [PATH, "sha256:aaaaaaaaaaaa"], "kept until"],
    ["storage history acme", ["2026-11-30"], "5 B"],
    ["activity", [`${PATH}@sha256:aaaaaaaaaaaa`], actor.name],
    [`tags acme/${PATH}`, [TAG, "sha256:aaaaaaaaaaaa"], "never"],
    [`history acme/${PATH}:${TAG}`, ["updated"], actor.name],
    [`deleted acme/${PATH}`, [`acme/${PATH}:${TAG}`], `acme/${PATH}@${digestOf("a")}`],
    ["deployed", [id("dlv"), NAME, `acme/${PATH}:${TAG}`], "was told"],
    ["deleted acme", [`acme/${PATH}`], "repository"],
  ])("fits, with nothing left out: spacedock %s", async (command, whole, more) => {
    const { env } = await longNamed();
    for (const columns of [COLUMNS, 240]) {
      const stdout = await expectFitting(command, { ...env, SPACEDOCK_SPACE: space }, columns);
      for (const words of whole) expect(stdout).toContain(words);
      expect(stdout.replaceAll(/\s+/g, "").toLowerCase()).toContain(more.replaceAll(/\s+/g, "").toLowerCase());
    }
  });

  it("fits where an image is inspected, with its digests whole", async () => {
    const registry = await ImageRegistry.start();
    const image = registry.image("amd64", 123_456_789);
    const index = registry.index(image, registry.image("arm64", 123_456_789));
    registry.refer(index.digest, "application/vnd.dev.cosign.artifact.signature.v1+json");
    registry.tags.set(TAG, index.digest);
    const auths = { [registry.host]: { auth: Buffer.from("me:secret").toString("base64") } };
    const env = { HOME: "/nowhere", SPACEDOCK_REGISTRY: registry.host, DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
    const all = await expectFitting(`inspect acme/web:${TAG}`, env);
    for (const words of [index.digest, image.digest, "cosign.artifact.signature"]) expect(all).toContain(words);
    const one = await expectFitting(`inspect acme/web:${TAG} --platform linux/amd64`, env);
    expect(one).toMatch(/^sha256:[0-9a-f]{64} .*\n +type: application\/vnd\.oci\.image\.layer\.v1\.tar\+gzip$/m);
  });

  it("is as wide as COLUMNS says", async () => {
    const { env } = await longNamed();
    const said = await runCli(["tokens", "list", "--space", space], { ...env, COLUMNS: "300" });
    expect(said.stdout.split("\n")).toHaveLength(3);
  });
});
