import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TARGET_TYPES } from "../../../src/events/targets/index.ts";
import { stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import { run } from "../../../harness/live/run.ts";
import {
  delivery,
  digestOf,
  page,
  repositoryAt,
  rule,
  spaceNamed,
  taggedAs,
  target,
  token,
  trigger,
} from "./samples.ts";

async function candidates(words: readonly string[], env = {}): Promise<readonly string[]> {
  const { stdout, exitCode, stderr } = await runCli(["__complete", "--", ...words], { HOME: "/nowhere", ...env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : [line.split("\t")[0] ?? ""]));
}

describe("what a word could be", () => {
  it.each([
    [["del"], ["deleted", "deliveries"]],
    [["unde"], ["undelete"]],
    [
      ["tokens", ""],
      ["list", "create", "show", "revoke", "help"],
    ],
    [["tokens", "create", "--act"], ["--actions"]],
    [["--registry", "x", "tokens", "l"], ["list"]],
    [
      ["tokens", "create", "ci", "--actions", "p"],
      ["pull", "push"],
    ],
    [["deliveries", "list", "--json", "--status", "de"], ["delivered"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [
      ["activity", "--kind", "t"],
      ["tag", "token", "trigger", "target"],
    ],
    [["tags", "acme/web", "--li"], ["--limit"]],
    [["tags", "delete", "acme/web", "pr-*", "--k"], ["--keep-manifests"]],
    [
      ["targets", "create", "hook", "--type", "g"],
      ["github-dispatch", "gitlab-pipeline", "generic-hmac"],
    ],
    [["targets", "create", "hook", "--type=oct"], ["--type=octopus"]],
    [["triggers", "create", "a", "--tag", ""], ["semver", "nuget", "regex", "glob", "exact"].map((type) => `${type}:`)],
    [["triggers", "create", "a", "--event", "tag.u"], ["tag.updated"]],
    [
      ["retention", ""],
      ["list", "preview", "create", "show", "edit", "enable", "disable", "delete", "help"],
    ],
    [["tokens", "create", "ci", ""], []],
    [["triggers", "create", "--file", ""], []],
  ])("is found for %j", async (words, expected) => {
    expect(await candidates(words)).toEqual(expected);
  });

  it("is a command, and never this one", async () => {
    const commands = await candidates([""]);
    expect(commands).toContain("login");
    expect(commands).not.toContain("__complete");
  });

  it("is what the registry has", async () => {
    const stub = await stubManagement();
    stub.on("whoami", {}, { kind: "token", space: "acme", token });
    stub.on("listSpaces", {}, page(spaceNamed("acme")));
    stub.on("listRepositories", { space: "acme" }, page(repositoryAt("web")));
    stub.on("listTargets", { space: "acme" }, page(target));
    stub.on("listRetentionRules", { space: "acme" }, page(rule));
    stub.on("listTriggers", { space: "acme" }, page(trigger));
    stub.on("listTokens", { space: "acme" }, page(token));
    stub.on("listDeliveries", { space: "acme" }, page(delivery));
    stub.on("listRepositoryTags", { space: "acme", name: "web" }, page(taggedAs("1.0", digestOf("a"))));
    expect(await candidates(["tokens", "list", "--space", ""], stub.env)).toEqual(["acme"]);
    expect(await candidates(["tokens", "list", "--space=a"], stub.env)).toEqual(["--space=acme"]);
    expect(await candidates(["spaces", "show", ""], stub.env)).toEqual(["acme"]);
    expect(await candidates(["tokens", "revoke", ""], stub.env)).toEqual(["ci"]);
    expect(await candidates(["triggers", "edit", ""], stub.env)).toEqual(["releases"]);
    expect(await candidates(["triggers", "create", "a", "--repository", ""], stub.env)).toEqual(["web"]);
    expect(await candidates(["triggers", "create", "a", "--target", ""], stub.env)).toEqual(["hook"]);
    expect(await candidates(["deliveries", "show", ""], stub.env)).toEqual(["dlv_1"]);
    expect(await candidates(["inspect", "acme/web:"], stub.env)).toEqual(["acme/web:1.0"]);
    expect(await candidates(["tags", "a"], stub.env)).toEqual(["acme/web"]);
    expect(await candidates(["tags", "delete", "a"], stub.env)).toEqual(["acme/web"]);
    expect(await candidates(["rm", "acme/web", ""], stub.env)).toEqual(["acme/web"]);
    expect(await candidates(["targets", "show", ""], stub.env)).toEqual(["hook"]);
    expect(await candidates(["retention", "preview", "--rule", ""], stub.env)).toEqual(["builds"]);
    expect(await candidates(["revert", ""], stub.env)).toEqual(["acme/web"]);
    expect(await candidates(["deleted", ""], stub.env)).toEqual(["acme", "acme/web"]);
  });

  it("is a space that a token may not list, and all of them for the administrator", async () => {
    const stub = await stubManagement();
    stub.on("whoami", {}, { kind: "token", space: "acme", token });
    stub.refuse("listSpaces", {}, 403, "DENIED");
    expect(await candidates(["spaces", "show", ""], stub.env)).toEqual(["acme"]);
    stub.on("whoami", {}, { kind: "installation", space: null, token: null });
    stub.on("listSpaces", {}, page(spaceNamed("acme"), spaceNamed("other")));
    expect(await candidates(["spaces", "show", ""], stub.env)).toEqual(["acme", "other"]);
  });

  it("is any type of target that the registry has", async () => {
    expect(await candidates(["targets", "create", "hook", "--type", ""])).toEqual(Object.keys(TARGET_TYPES));
  });

  it("is nothing, without a word, where the registry cannot be asked", async () => {
    expect(await candidates(["inspect", ""])).toEqual([]);
    expect(await candidates(["tags", ""])).toEqual(["list", "delete", "help"]);
  });
});

describe("the script for bash", () => {
  let directory = "";
  const env = { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8" };

  // Stands in for the command: it answers as it was told, and notes the requests.
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "completion-"));
    const lines = "localhost:5000/acme\\tone\\n$(touch pwned)\\ttwo\\n";
    await writeFile(
      join(directory, "spacedock"),
      `#!/bin/sh\necho "$#:$*" >> "${directory}/asked"\nprintf '${lines}'\n`,
    );
    await chmod(join(directory, "spacedock"), 0o755);
    await writeFile(join(directory, "bash"), (await runCli(["completion", "bash"])).stdout);
  });

  afterAll(() => rm(directory, { recursive: true }));

  async function inShell(command: string, args: readonly string[]): Promise<string> {
    return run(command, args, { env: { ...env, HOME: directory, PATH: `${directory}:${env.PATH}` }, cwd: directory });
  }

  it("completes past a colon, and runs nothing that a name says", async () => {
    const line = "spacedock login localhost:50";
    const script = `. ./bash; COMP_LINE='${line}'; COMP_POINT=${line.length}; _spacedock; printf '%s\\n' "\${COMPREPLY[@]}"; ls`;
    const printed = (await inShell("bash", ["--norc", "-c", script])).split("\n");
    expect(printed[0]).toBe("5000/acme");
    expect(printed[1]).toBe(String.raw`\$\(touch\ pwned\)`);
    expect(printed).not.toContain("pwned");
    expect((await inShell("cat", ["asked"])).trim()).toBe("4:__complete -- login localhost:50");
  });
});
