import { describe, expect, it } from "vitest";
import type { TagsDeletion } from "../../../src/contract/operations.ts";
import { type ManagementStub, stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import { digestOf, page, taggedAs } from "./samples.ts";

const space = "acme";
const MANIFEST = { digest: digestOf("a"), mediaType: "application/vnd.oci.image.manifest.v1+json", size: 500 };

function deletion(tags: readonly string[], more: Partial<TagsDeletion> = {}): TagsDeletion {
  return {
    repository: "web",
    tags: tags.map((name) => ({ name, digest: digestOf("a") })),
    immutable: [],
    absent: [],
    manifests: [MANIFEST],
    bytes: 2_000_000,
    until: "2999-01-01T00:00:00.000Z",
    ...more,
  };
}

/** Makes a repository with the tags `pr-1`, `pr-2`, `1.0` and a signature. */
async function stubWeb(...answers: readonly TagsDeletion[]): Promise<ManagementStub> {
  const stub = await stubManagement();
  const names = ["pr-1", "pr-2", "1.0", `sha256-${"a".repeat(64)}.sig`];
  stub.on("listRepositoryTags", { space, name: "web" }, page(...names.map((name) => taggedAs(name, digestOf("a")))));
  stub.on("deleteTags", { space }, ...answers);
  return stub;
}

const sent = (tags: readonly string[], more: object = {}): readonly [string, unknown] => [
  "POST /api/v1/spaces/acme/tags:delete",
  { repository: "web", tags, keepManifests: false, dryRun: false, ...more },
];

describe("tags delete", () => {
  it("only says what would go, with --dry-run", async () => {
    const stub = await stubWeb(deletion(["pr-1", "pr-2"]));
    const said = await runCli(["tags", "delete", "acme/web", "pr-*", "--dry-run"], stub.env);
    expect(said).toMatchObject({
      exitCode: 0,
      stdout:
        "would delete 2 tags of web: pr-1, pr-2; with 1 manifest, 2.0 MB; you can restore them until 2999-01-01\n",
    });
    expect(stub.changes).toEqual([sent(["pr-1", "pr-2"], { dryRun: true })]);
  });

  it("says what goes, asks, and does what was agreed to", async () => {
    const stub = await stubWeb(deletion(["pr-1", "pr-2"]));
    const said = await runCli(["tags", "delete", "acme/web", "pr-*"], stub.env, { input: "y\n", isTerminal: true });
    expect(said.stderr).toContain("would delete 2 tags of web: pr-1, pr-2; with 1 manifest, 2.0 MB");
    expect(said).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^deleted 2 tags of web: pr-1, pr-2; /) });
    expect(stub.changes).toEqual([sent(["pr-1", "pr-2"], { dryRun: true }), sent(["pr-1", "pr-2"])]);
  });

  it.each(["n\n", ""])("deletes nothing for the answer %j", async (input) => {
    const stub = await stubWeb(deletion(["pr-1"]));
    const said = await runCli(["tags", "delete", "acme/web", "pr-1"], stub.env, { input, isTerminal: true });
    expect(said.exitCode).not.toBe(0);
    expect(stub.changes).toEqual([sent(["pr-1"], { dryRun: true })]);
  });

  it("deletes nothing where nobody can be asked", async () => {
    const stub = await stubWeb(deletion(["pr-1"]));
    const { exitCode, stderr } = await runCli(["tags", "delete", "acme/web", "pr-1"], stub.env);
    expect([exitCode, stderr.includes("--yes")]).toEqual([2, true]);
    expect(stub.changes).toEqual([sent(["pr-1"], { dryRun: true })]);
  });

  it("takes names and patterns, leaves out what shall stay, and gives scripts all of it", async () => {
    const stub = await stubWeb(deletion(["1.0", "pr-1"]));
    const args = ["tags", "delete", "acme/web", "1.0", "pr-*", "!*-2", "--yes", "--keep-manifests", "--json"];
    const { stdout, exitCode } = await runCli(args, stub.env);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ ...deletion(["1.0", "pr-1"]), dryRun: false });
    expect(stub.changes).toEqual([sent(["1.0", "pr-1"], { keepManifests: true })]);
  });

  it.each([
    [["1.0", "2.0", "!1.*"], "2.0"],
    [["1.0", "pr-1*", "!1.0"], "pr-1"],
  ])("leaves what shall stay although it was named: %j", async (tags, left) => {
    const stub = await stubWeb(deletion([left]));
    expect((await runCli(["tags", "delete", "acme/web", ...tags, "--yes"], stub.env)).exitCode).toBe(0);
    expect(stub.changes).toEqual([sent([left])]);
  });

  it("speaks of one tag in the singular", async () => {
    const stub = await stubWeb(deletion(["pr-1"], { manifests: [], bytes: 0 }));
    const { stdout } = await runCli(["tags", "delete", "acme/web", "pr-1", "--yes"], stub.env);
    expect(stdout).toBe("deleted 1 tag of web: pr-1; its manifest is kept; you can restore it until 2999-01-01\n");
  });

  it("asks for as many at a time as the registry takes", async () => {
    const names = Array.from({ length: 1500 }, (_, index) => `pr-${index}`);
    const stub = await stubWeb(deletion(names.slice(0, 1000)), deletion(names.slice(1000), { manifests: [] }));
    const { stdout } = await runCli(["tags", "delete", "acme/web", ...names, "--yes"], stub.env);
    expect(stdout).toContain("deleted 1500 tags of web: pr-0, pr-1, pr-2, pr-3, pr-4 and 1495 more; with 1 manifest");
    expect(stub.changes).toEqual([sent(names.slice(0, 1000)), sent(names.slice(1000))]);
  });

  it("is done already where no tag is like the pattern", async () => {
    const stub = await stubWeb();
    const said = await runCli(["tags", "delete", "acme/web", "build-*", "--yes"], stub.env);
    expect(said).toMatchObject({ exitCode: 0, stdout: "no tag of web was deleted\n" });
    expect(stub.changes).toEqual([]);
  });

  it.each([
    ["is not there", "gone", { absent: ["gone"] }, 3, "1 of 1 not found"],
    ["is immutable", "1.0", { immutable: ["1.0"] }, 4, "1 tag that you named is immutable"],
  ])("fails where a tag that is named %s", async (_, tag, more, code, told) => {
    const stub = await stubWeb(deletion([], { manifests: [], bytes: 0, ...more }));
    const { exitCode, stderr } = await runCli(["tags", "delete", "acme/web", tag, "--yes"], stub.env);
    expect(exitCode).toBe(code);
    expect(stderr).toContain(told);
  });

  it("leaves immutable tags that only a pattern meant, with a word on them", async () => {
    const stub = await stubWeb(deletion(["pr-1"], { immutable: ["pr-2"] }));
    const { exitCode, stderr } = await runCli(["tags", "delete", "acme/web", "pr-*", "--yes"], stub.env);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("kept, because immutable: pr-2");
  });

  it.each([
    [["acme/web", "!1.0"], "name the tags to delete"],
    [["acme/web"], "missing required argument"],
    [["acme/web:1.0", "x"], "name only the repository"],
  ])("is refused with %j", async (args, told) => {
    const stub = await stubWeb();
    const { exitCode, stderr } = await runCli(["tags", "delete", ...args, "--yes"], stub.env);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(told);
    expect(stub.changes).toEqual([]);
  });
});
