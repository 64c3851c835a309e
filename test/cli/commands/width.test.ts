import { describe, expect, it } from "vitest";
import { type ManagementStub, stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import {
  changeTo,
  delivery,
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

/** Ids are as long as the registry makes them, and what people write is as long as they do. */
const id = (prefix: string): string => `${prefix}_${"0193f7a2".repeat(4)}`;
const NAME = "production-europe-west";
const PATH = "platform/services/checkout";
const TAG = "2026.11.30-build.1234";
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
  return stub;
}

describe("a list", () => {
  it.each([
    ["deliveries list", id("dlv"), REASON],
    ["triggers list", id("trg"), '"onlyIfNewer":true'],
    ["targets list", id("tgt"), `https://hooks.example.com/${id("a")}`],
    ["tokens list", id("tok"), "!web/internal-tools"],
    ["retention list", id("ret"), "the newest 20"],
    ["events list", id("evt"), digestOf("a")],
    ["repos list", `acme/${PATH}`, "private"],
    ["spaces list", "a-space-that-has-a-rather-long-name-for-one-team", "private"],
    ["spaces damaged acme", PATH, "missing"],
    [`tags acme/${PATH}`, TAG, "aaaaaaaaaaaa"],
    [`history acme/${PATH}:${TAG}`, "updated", "github-actions-main"],
    [`deleted acme/${PATH}`, `acme/${PATH}:${TAG}`, `acme/${PATH}@${digestOf("a")}`],
    ["deployed", id("dlv"), "production-europe-west"],
    ["deleted acme", `acme/${PATH}`, "repository"],
  ])("fits 100 columns, with all that it says: spacedock %s", async (command, first, more) => {
    const { env } = await longNamed();
    for (const isTerminal of [false, true]) {
      const said = await runCli(command.split(" "), { ...env, SPACEDOCK_SPACE: space }, { isTerminal });
      expect(said).toMatchObject({ exitCode: 0 });
      for (const line of said.stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(COLUMNS);
      // On one line, to be copied.
      expect(said.stdout).toContain(first);
      expect(said.stdout.replaceAll(/\s+/g, "")).toContain(more.replaceAll(/\s+/g, ""));
    }
  });

  it("is as wide as COLUMNS says", async () => {
    const { env } = await longNamed();
    const said = await runCli(["tokens", "list", "--space", space], { ...env, COLUMNS: "300" });
    expect(said.stdout.split("\n")).toHaveLength(3);
  });
});
