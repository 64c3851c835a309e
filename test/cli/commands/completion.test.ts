import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import { run } from "../../live/run.ts";
import { page, repositoryAt, rule, spaceNamed, target, token } from "./samples.ts";

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
    expect(await candidates(["tokens", "list", "--space", ""], stub.env)).toEqual(["acme"]);
    expect(await candidates(["tags", "a"], stub.env)).toEqual(["acme/web"]);
    expect(await candidates(["tags", "delete", "a"], stub.env)).toEqual(["acme/web"]);
    expect(await candidates(["rm", "acme/web", ""], stub.env)).toEqual(["acme/web"]);
    expect(await candidates(["targets", "show", ""], stub.env)).toEqual(["hook"]);
    expect(await candidates(["retention", "preview", "--rule", ""], stub.env)).toEqual(["builds"]);
    expect(await candidates(["revert", ""], stub.env)).toEqual(["acme/web"]);
    expect(await candidates(["deleted", ""], stub.env)).toEqual(["acme", "acme/web"]);
  });

  it("is nothing, without a word, where the registry cannot be asked", async () => {
    expect(await candidates(["inspect", ""])).toEqual([]);
    expect(await candidates(["tags", ""])).toEqual(["list", "delete", "help"]);
  });
});

describe("the script for bash", () => {
  let directory = "";
  const env = { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8" };

  // Stands in for the command: it answers what it is told to, and notes what it was asked.
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
