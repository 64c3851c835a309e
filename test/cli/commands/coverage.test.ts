import { describe, expect, it } from "vitest";
import { type ManagementStub, stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import { page, repositoryAt, rule, target, token, trigger } from "./samples.ts";

const space = "acme";

async function stubSpace(...paths: readonly string[]): Promise<ManagementStub> {
  const stub = await stubManagement();
  stub.on("listRepositories", { space }, page(...paths.map((path) => repositoryAt(path))));
  stub.on("listTargets", { space }, page(target));
  stub.on("listTriggers", { space }, page(trigger));
  stub.on("getTrigger", { space, id: trigger.id }, { ...trigger, match: { repositories: ["acme/web"] } });
  stub.on("updateTrigger", { space, id: trigger.id }, trigger);
  stub.on("createTrigger", { space }, trigger);
  stub.on("previewTrigger", { space }, { fires: false, reason: "it is another repository" });
  stub.on("createToken", { space }, { ...token, token: "sdt_new" });
  stub.on("createRetentionRule", { space }, rule);
  const totals = { repositories: 0, tags: 0, manifests: 0, bytes: 0 };
  stub.on("previewRetention", { space }, { items: [], totals, next: null });
  return stub;
}

const PATTERN = ["--repository", "acme/web"];

describe("patterns that cover none of the repositories", () => {
  it.each([
    ["triggers create", ["triggers", "create", "a", "--target", "hook", ...PATTERN]],
    ["triggers edit", ["triggers", "edit", "releases", ...PATTERN]],
    ["triggers preview", ["triggers", "preview", "acme/web:1", ...PATTERN]],
    ["triggers preview", ["triggers", "preview", "acme/web:1", "--trigger", "releases"]],
    ["retention create", ["retention", "create", "a", ...PATTERN, "--keep-newest", "1"]],
    ["retention create", ["retention", "create", "a", ...PATTERN, "--keep-newest", "1", "--yes"]],
    ["retention preview", ["retention", "preview", ...PATTERN, "--keep-newest", "1"]],
    ["tokens create", ["tokens", "create", "a", "--repositories", "acme/web"]],
  ])("are told of by %s", async (_, args) => {
    const { env } = await stubSpace("web", "api");
    const said = await runCli([...args, "--space", space], env);
    expect(said.exitCode).toBe(0);
    expect(said.stderr).toContain(
      "warning: acme/web covers 0 of 2 repositories in acme (web, api). Patterns are paths within the space: write web, without acme/.",
    );
  });

  it.each([
    [
      "web/**",
      ["web"],
      "web/** covers 0 of 1 repository in acme (web). web/** covers only paths below web/: add web as well.",
    ],
    ["shop", ["web"], "Patterns are paths within the space, for example web for acme/web; ** covers all repositories."],
    ["web/**,!web/api", ["web/api"], "web/**, !web/api cover 0 of 1 repository in acme (web/api)."],
  ])("are told of with what is meant: %s", async (patterns, paths, said) => {
    const { env } = await stubSpace(...paths);
    const { stderr } = await runCli(["tokens", "create", "a", "--space", space, "--repositories", patterns], env);
    expect(stderr).toContain(said);
  });

  it.each([
    ["web/**", ["web/api", "other"]],
    ["web", ["api", "web"]],
    ["web", []],
    ["**", ["web"]],
  ])("are not told of where they are none, or nothing is there yet: %s in %j", async (patterns, paths) => {
    const { env } = await stubSpace(...paths);
    const { stderr } = await runCli(["tokens", "create", "a", "--space", space, "--repositories", patterns], env);
    expect(stderr).not.toContain("warning");
  });

  it("take nothing back where one may not look", async () => {
    const stub = await stubSpace("web");
    stub.refuse("listRepositories", { space }, 403, "DENIED");
    const said = await runCli(["tokens", "create", "a", "--space", space, "--repositories", "x"], stub.env);
    expect(said).toMatchObject({ exitCode: 0, stdout: "sdt_new\n" });
  });
});
