import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RetentionPreview } from "../../../src/contract/operations.ts";
import { type ManagementStub, stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import { digestOf, page, repositoryAt, rule } from "./samples.ts";

const space = "acme";
const IN_SPACE = ["--space", space];
const AT_TERMINAL = { input: "y\n", isTerminal: true };
const RULES = "/api/v1/spaces/acme/retention-rules";
const PREVIEW = "POST /api/v1/spaces/acme/retention-rules:preview";

/** Makes a repository's item, with these tags and one manifest of 2 kB. */
function itemOf(repository: string, tags: readonly string[], tagCount = tags.length, complete = true) {
  return { repository, tags: [...tags], manifests: [digestOf("a")], tagCount, manifestCount: 1, bytes: 2000, complete };
}

/** Makes a preview. @param covered the number of repositories that a rule covers */
function previewOf(
  items: RetentionPreview["items"],
  covered = items.length,
  next: string | null = null,
): RetentionPreview {
  return { items, totals: { repositories: covered, tags: 0, manifests: 0, bytes: 0 }, next };
}

const NOTHING = previewOf([], 1);
const SOME = previewOf([itemOf("web", ["1", "2"])]);

/** Makes a space with one rule, which gives these previews. */
async function stubSpace(...previews: readonly RetentionPreview[]): Promise<ManagementStub> {
  const stub = await stubManagement();
  stub.on("listRetentionRules", { space }, page(rule));
  stub.on("getRetentionRule", { space, id: rule.id }, rule);
  stub.on("createRetentionRule", { space }, rule);
  stub.on("updateRetentionRule", { space, id: rule.id }, rule);
  stub.on("deleteRetentionRule", { space, id: rule.id }, null);
  stub.on("previewRetention", { space }, ...previews);
  stub.on("listRepositories", { space }, page(repositoryAt("web/shop")));
  return stub;
}

/** Returns the requests that changed something, without previews. */
function savedBy(stub: ManagementStub): readonly (readonly [string, unknown])[] {
  return stub.changes.filter(([what]) => !what.startsWith(PREVIEW));
}

let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "retention-"));
});

afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, content: unknown): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, JSON.stringify(content));
  return path;
}

describe("retention rules", () => {
  it("are listed and shown, with what they keep", async () => {
    const stub = await stubSpace();
    const idle = { ...rule, id: "ret_2", name: "idle", enabled: false, keep: { newest: 0, previouslyDeployed: 3 } };
    stub.on("listRetentionRules", { space }, page(rule, idle));
    const { stdout } = await runCli(["retention", "list", ...IN_SPACE], stub.env);
    expect(stdout).toMatch(/^ret_1 +builds +on +web\/\*\* +the newest 20; tags v\*$/m);
    expect(stdout).toMatch(/^ret_2 +idle +off +web\/\*\* +the newest 0; deployed and 3 before it$/m);
    const shown = await runCli(["retention", "show", "builds", ...IN_SPACE], stub.env);
    expect(shown.stdout).toMatch(/keeps: +the newest 20; tags v\*\n/);
  });
});

describe("retention preview", () => {
  const args = ["retention", "preview", ...IN_SPACE];

  it("adds up the parts of a repository that pages share", async () => {
    const nothing = { ...itemOf("web", []), manifests: [], manifestCount: 0, bytes: 0 };
    const stub = await stubSpace(
      previewOf([itemOf("web", ["a"], 500, false)], 1, "web a ~"),
      previewOf([itemOf("web", ["b"], 300, false)], 0, "web b ~"),
      previewOf([nothing], 0),
    );
    const { stdout, stderr } = await runCli(args, stub.env);
    expect(stdout).toMatch(/^web +800 +2 +4\.0 kB +a, b and 798 more$/m);
    expect(stdout.match(/^web/gm)).toHaveLength(1);
    expect(stderr).toContain("800 tags and 2 manifests (4.0 kB) would be deleted in 1 repository");
    expect(stderr).not.toContain("at least");
  });

  it("shows all that would go, page by page", async () => {
    const many = ["a", "b", "c", "d", "e", "f"];
    const stub = await stubSpace(
      previewOf([itemOf("api", many, 2000, false)], 3, "api"),
      previewOf([itemOf("web", ["1"])], 1),
    );
    const { stdout, stderr } = await runCli(args, stub.env);
    expect(stdout).toMatch(/^api +2000 or more +1 or more +2\.0 kB +a, b, c, d, e and 1995 more$/m);
    expect(stdout).toMatch(/^web +1 +1 +2\.0 kB +1$/m);
    expect(stderr).toContain("at least 2001 tags and 2 manifests (4.0 kB) would be deleted in 2 repositories");
    expect(stub.changes).toEqual([
      [PREVIEW, {}],
      [`${PREVIEW}?cursor=api`, {}],
    ]);
  });

  it("shows no more than the limit, and counts all", async () => {
    const stub = await stubSpace(previewOf([itemOf("api", ["1"]), itemOf("web", ["1"])]));
    const said = await runCli([...args, "--limit", "1"], stub.env);
    expect(said.stdout).not.toContain("web");
    expect(said.stderr).toContain("2 tags and 2 manifests (4.0 kB) would be deleted");
    const { stdout } = await runCli([...args, "--json"], stub.env);
    expect(JSON.parse(stdout)).toMatchObject([
      { repository: "api", manifests: [digestOf("a")] },
      { repository: "web" },
    ]);
  });

  it.each([
    [[previewOf([], 0)], "no rule covers a repository in acme"],
    [[previewOf([], 1, "api"), previewOf([], 0)], "nothing would be deleted now"],
  ])("says whether nothing goes, or nothing is covered: %#", async (previews, said) => {
    const stub = await stubSpace(...previews);
    const ended = await runCli(args, stub.env);
    expect(ended).toMatchObject({ exitCode: 0, stdout: "" });
    expect(ended.stderr).toContain(said);
  });

  it("is of what goes once the grace has ended, where one asks for that", async () => {
    const stub = await stubManagement();
    const totals = { repositories: 1, tags: 0, manifests: 0, bytes: 0 };
    stub.on("previewRetention", { space }, { items: [], totals, next: null });
    const { stderr } = await runCli(["retention", "preview", "--after-grace", ...IN_SPACE], stub.env);
    expect(stub.asked.map(({ body }) => body)).toEqual([{ afterGrace: true }]);
    expect(stderr).toContain("once the grace period has ended, nothing would be deleted");
  });

  it("is of a rule that is not saved, or in the place of one", async () => {
    const stub = await stubSpace(NOTHING);
    await runCli([...args, "--keep-newest", "5"], stub.env);
    await runCli([...args, "--rule", "builds", "--keep-newest", "5"], stub.env);
    expect(stub.changes.map(([, body]) => body)).toEqual([
      { keep: { newest: 5 }, enabled: true },
      {
        keep: { newest: 5, tags: ["v*"], previouslyDeployed: 1 },
        repositories: ["web/**"],
        enabled: true,
        replaces: "ret_1",
      },
    ]);
  });
});

describe("retention create", () => {
  const create = ["retention", "create", "builds", ...IN_SPACE];

  it("says what is kept as the management API has it", async () => {
    const stub = await stubSpace();
    const rules = ["--repository", "web/**,!web/x", "--keep-newest", "20", "--keep-tag", "v*", "--keep-deployed", "0"];
    const times = ["--keep-newer-than", "30d", "--keep-pulled-within", "2w"];
    expect((await runCli([...create, ...rules, ...times, "--yes"], stub.env)).exitCode).toBe(0);
    const keep = { newest: 20, newerThanDays: 30, pulledWithinDays: 14, tags: ["v*"], previouslyDeployed: 0 };
    expect(stub.changes).toEqual([[`POST ${RULES}`, { name: "builds", repositories: ["web/**", "!web/x"], keep }]]);
  });

  it("takes a file, with options on top of it", async () => {
    const stub = await stubSpace();
    const path = await file("rule.json", { repositories: ["api"], keep: { newest: 5, tags: ["v*"] }, enabled: false });
    await runCli([...create, "--file", path, "--keep-newest", "7", "--yes"], stub.env);
    const keep = { newest: 7, tags: ["v*"] };
    expect(stub.changes[0]?.[1]).toEqual({ name: "builds", repositories: ["api"], keep, enabled: false });
  });

  it.each([
    [["--keep-newest", "-1"], "--keep-newest"],
    [["--keep-newer-than", "12h"], "whole days"],
    [["--keep-pulled-within", "30"], "--keep-pulled-within"],
    [["--keep-deployed", "none"], "--keep-deployed"],
  ])("refuses %j", async (options, said) => {
    const stub = await stubSpace();
    const { exitCode, stderr } = await runCli([...create, ...options, "--yes"], stub.env);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(said);
    expect(stub.changes).toEqual([]);
  });

  it("refuses a file that confirms by itself", async () => {
    const stub = await stubSpace();
    const path = await file("confirmed.json", { keep: {}, confirm: true });
    expect(await runCli([...create, "--file", path, "--yes"], stub.env)).toMatchObject({ exitCode: 6 });
    expect(stub.changes).toEqual([]);
  });

  it("asks with what would go", async () => {
    const stub = await stubSpace(SOME);
    const said = await runCli([...create, "--keep-newest", "5"], stub.env, AT_TERMINAL);
    expect(said.exitCode).toBe(0);
    expect(said.stderr).toContain("2 tags and 1 manifest (2.0 kB) would be deleted in 1 repository.");
    expect(stub.changes.map(([what]) => what)).toEqual([PREVIEW, `POST ${RULES}`]);
  });

  it.each([
    [{ input: "n\n", isTerminal: true }, 1],
    [{}, 2],
  ])("saves nothing where nobody agrees: %j", async (circumstances, exitCode) => {
    const stub = await stubSpace(SOME);
    expect((await runCli([...create, "--keep-newest", "5"], stub.env, circumstances)).exitCode).toBe(exitCode);
    expect(savedBy(stub)).toEqual([]);
  });

  it("does not ask where nothing would go", async () => {
    const stub = await stubSpace(NOTHING);
    expect((await runCli([...create, "--keep-newest", "5"], stub.env)).exitCode).toBe(0);
    expect(savedBy(stub).length).toBe(1);
  });

  it("of a rule that keeps nothing needs --confirm, and says what would go", async () => {
    const stub = await stubSpace(SOME);
    stub.refuse("createRetentionRule", { space }, 409, "CONFIRMATION_REQUIRED");
    const { exitCode, stderr } = await runCli([...create, "--yes"], stub.env);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("2 tags and 1 manifest (2.0 kB) would be deleted");
    expect(stderr).toContain("--confirm");
  });

  it("with --confirm says so, and asks nothing more", async () => {
    const stub = await stubSpace();
    expect((await runCli([...create, "--confirm"], stub.env)).exitCode).toBe(0);
    expect(stub.changes).toEqual([[`POST ${RULES}`, { name: "builds", keep: {}, confirm: true }]]);
  });
});

describe("changing a retention rule", () => {
  const update = ["retention", "edit", "builds", ...IN_SPACE];
  const kept = { repositories: ["web/**"], enabled: true };

  it.each([
    [["--keep-newest", "5"], { newest: 5, tags: ["v*"], previouslyDeployed: 1 }],
    [["--keep-tag", "none"], { newest: 20, previouslyDeployed: 1 }],
    [
      ["--keep-newest", "none", "--keep-pulled-within", "90d"],
      { pulledWithinDays: 90, tags: ["v*"], previouslyDeployed: 1 },
    ],
  ])("keeps what %j does not name", async (options, keep) => {
    const stub = await stubSpace();
    expect((await runCli([...update, ...options, "--yes"], stub.env)).exitCode).toBe(0);
    expect(stub.changes).toEqual([[`PATCH ${RULES}/ret_1`, { ...kept, keep }]]);
  });

  it("asks with what would go by the rule as it is to be", async () => {
    const stub = await stubSpace(SOME);
    const said = await runCli([...update, "--keep-newest", "5"], stub.env, { input: "n\n", isTerminal: true });
    expect(said.exitCode).toBe(1);
    const keep = { newest: 5, tags: ["v*"], previouslyDeployed: 1 };
    expect(stub.changes).toEqual([[PREVIEW, { ...kept, keep, replaces: "ret_1" }]]);
  });

  it("takes a new name, or something to change at least", async () => {
    const stub = await stubSpace(NOTHING);
    expect(await runCli(update, stub.env)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("name at least one change"),
    });
    expect((await runCli([...update, "--name", "old"], stub.env)).exitCode).toBe(0);
    expect(savedBy(stub)).toEqual([[`PATCH ${RULES}/ret_1`, { name: "old" }]]);
  });

  it.each([
    ["enable", true],
    ["disable", false],
  ])("to %s it asks with what would go", async (name, enabled) => {
    const stub = await stubSpace(SOME);
    expect((await runCli(["retention", name, "builds", ...IN_SPACE], stub.env)).exitCode).toBe(2);
    expect(savedBy(stub)).toEqual([]);
    const said = await runCli(["retention", name, "builds", ...IN_SPACE], stub.env, AT_TERMINAL);
    expect(said.stdout).toBe(`${name}d ret_1\n`);
    expect(stub.changes.at(-2)).toEqual([PREVIEW, { ...kept, keep: rule.keep, enabled, replaces: "ret_1" }]);
    expect(savedBy(stub)).toEqual([[`PATCH ${RULES}/ret_1`, { enabled }]]);
  });

  it("deletes one, and says what would go without it", async () => {
    const stub = await stubSpace(SOME);
    const said = await runCli(["retention", "delete", "builds", ...IN_SPACE], stub.env, AT_TERMINAL);
    expect(said).toMatchObject({ exitCode: 0, stdout: "deleted ret_1\n" });
    expect(said.stderr).toContain("Without it, 2 tags and 1 manifest (2.0 kB) would be deleted");
    expect(stub.changes).toEqual([
      [PREVIEW, { replaces: "ret_1" }],
      [`DELETE ${RULES}/ret_1`, null],
    ]);
    expect((await runCli(["retention", "delete", "ret_1", ...IN_SPACE], stub.env)).exitCode).toBe(2);
    expect((await runCli(["retention", "delete", "ret_1", ...IN_SPACE, "-y"], stub.env)).exitCode).toBe(0);
    expect(savedBy(stub).length).toBe(2);
  });

  it("ends with 3 where there is none of that name", async () => {
    const stub = await stubSpace();
    expect((await runCli(["retention", "show", "nope", ...IN_SPACE], stub.env)).exitCode).toBe(3);
  });
});
