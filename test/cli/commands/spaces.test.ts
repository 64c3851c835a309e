import { describe, expect, it } from "vitest";
import { stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import { digestOf, page, repositoryAt, spaceNamed } from "./samples.ts";

const acme = spaceNamed("acme");

describe("spaces", () => {
  it("creates one and says what comes next", async () => {
    const stub = await stubManagement();
    stub.on("createSpace", {}, { ...acme, public: true });
    const said = await runCli(["spaces", "create", "acme", "--public"], stub.env);
    expect(said).toMatchObject({ exitCode: 0, stdout: "created acme\n" });
    expect(said.stderr).toContain("spacedock tokens create ci --space acme");
    expect(stub.changes).toEqual([["POST /api/v1/spaces", { name: "acme", public: true }]]);
    expect(stub.asked[0]?.authorization).toBe("Bearer sdt_secret");
  });

  it("asks for no more than the limit", async () => {
    const stub = await stubManagement();
    stub.on("listSpaces", {}, { items: [acme], next: "acme" });
    const said = await runCli(["spaces", "list", "--limit", "1", "--json"], stub.env);
    expect(JSON.parse(said.stdout)).toEqual([acme]);
    expect(stub.asked.map(({ what }) => what)).toEqual(["GET /api/v1/spaces?limit=1"]);
  });

  it("says so where there is none, and gives scripts an empty list", async () => {
    const stub = await stubManagement();
    stub.on("listSpaces", {}, page());
    expect(await runCli(["spaces", "list"], stub.env)).toMatchObject({ stdout: "", exitCode: 0 });
    expect((await runCli(["spaces", "list", "--json"], stub.env)).stdout).toBe("[]\n");
  });

  it("shows one, and changes who may pull", async () => {
    const stub = await stubManagement();
    stub.on("getSpace", { space: "acme" }, acme);
    stub.on("updateSpace", { space: "acme" }, { ...acme, public: true });
    expect((await runCli(["spaces", "show", "acme"], stub.env)).stdout).toMatch(/visibility: +private/);
    expect((await runCli(["spaces", "public", "acme"], stub.env)).stdout).toBe("acme is public\n");
    expect(stub.changes).toEqual([["PATCH /api/v1/spaces/acme", { public: true }]]);
  });

  it("shows what one stores and may store", async () => {
    const stub = await stubManagement();
    const usage = { bytes: 45_000_000_000, repositories: 3 };
    const full = spaceNamed("acme", { usage, quota: { bytes: 50_000_000_000, repositories: null }, nearLimit: true });
    stub.on("getSpace", { space: "acme" }, full);
    expect((await runCli(["spaces", "show", "acme"], stub.env)).stdout).toMatch(
      /stores: +45\.0 GB of 50\.0 GB, 3 repositories: near its limit/,
    );
    stub.on(
      "getStorage",
      { space: "acme" },
      {
        total: null,
        ...page({ name: "web", bytes: 2_000_000, sharedBytes: 1000, reclaimableBytes: 0 }),
      },
    );
    const said = await runCli(["spaces", "storage", "acme"], stub.env);
    expect(said.stdout).toMatch(/web +2\.0 MB +1\.0 kB +0 B/);
  });

  it("shows what collection would take", async () => {
    const stub = await stubManagement();
    const digest = `sha256:${"a".repeat(64)}`;
    stub.on(
      "previewCollection",
      { space: "acme" },
      page(
        { repository: "web", digest, bytes: 2000, keptUntil: null },
        { repository: "old", digest: null, bytes: 3000, keptUntil: "2999-01-01T00:00:00.000Z" },
      ),
    );
    const { stdout } = await runCli(["spaces", "collectable", "acme"], stub.env);
    expect(stdout).toMatch(/web +sha256:a{12} +2\.0 kB +not known yet/);
    expect(stdout).toMatch(/old +deleted repository +3\.0 kB +in \d+ days/);
  });

  it.each([
    [["--bytes", "50GB"], { bytes: 50_000_000_000 }],
    [["--repositories", "20", "--bytes", "none"], { bytes: null, repositories: 20 }],
    [["--repositories", "0"], { repositories: 0 }],
  ])("sets how much one may have: %j", async (options, quota) => {
    const stub = await stubManagement();
    stub.on("updateSpace", { space: "acme" }, acme);
    const said = await runCli(["spaces", "quota", "acme", ...options], stub.env);
    expect(said).toMatchObject({ exitCode: 0, stdout: "acme uses 0 B, 0 repositories\n" });
    expect(stub.changes).toEqual([["PATCH /api/v1/spaces/acme", { quota }]]);
  });

  it.each([
    [[], "name at least one limit"],
    [["--bytes", "much"], '--bytes: "much" is not a size'],
    [["--repositories", "-1"], "--repositories"],
  ])("asks for no quota of %j", async (options, said) => {
    const stub = await stubManagement();
    const { exitCode, stderr } = await runCli(["spaces", "quota", "acme", ...options], stub.env);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(said);
    expect(stub.changes).toEqual([]);
  });

  it("shows what is damaged, and what needs it", async () => {
    const stub = await stubManagement();
    stub.on("listDamaged", { space: "acme" }, page());
    expect(await runCli(["spaces", "damaged", "acme"], stub.env)).toMatchObject({ exitCode: 0, stdout: "" });
    const blob = { kind: "blob", digest: digestOf("a"), repository: "web", size: 2000, damage: "corrupt" };
    const since = "2026-01-01T00:00:00.000Z";
    stub.on("listDamaged", { space: "acme" }, page({ ...blob, since, tags: ["1.0", "latest"] }));
    const { stdout, stderr } = await runCli(["spaces", "damaged", "acme", "--limit", "1"], stub.env);
    expect(stdout).toMatch(/web +blob +sha256:a{12} +2\.0 kB +corrupt +\d+ days ago +1\.0, latest/);
    expect(stderr).toContain("to repair them");
    expect(stub.asked.at(-1)?.what).toBe("GET /api/v1/spaces/acme/damaged?limit=1");
  });

  it("ends with 3 where there is no such space", async () => {
    const stub = await stubManagement();
    stub.refuse("getSpace", { space: "gone" }, 404, "NAME_UNKNOWN");
    expect((await runCli(["spaces", "show", "gone"], stub.env)).exitCode).toBe(3);
  });
});

describe("the registries that a space stands for", () => {
  it.each([
    [
      ["--registries", "docker.io,ghcr.io"],
      ["docker.io", "ghcr.io"],
    ],
    [["--registries", "docker.io"], ["docker.io"]],
    [["--none"], []],
  ])("are set by %j", async (options, namespaces) => {
    const stub = await stubManagement();
    stub.on("updateSpace", { space: "acme" }, spaceNamed("acme", { namespaces }));
    const { stdout } = await runCli(["spaces", "namespaces", "acme", ...options], stub.env);
    expect(stdout).toBe(`acme stands for: ${namespaces.join(", ") || "no other registry"}\n`);
    expect(stub.changes).toEqual([["PATCH /api/v1/spaces/acme", { namespaces }]]);
  });

  it("are shown, also by a registry that does not know of them", async () => {
    const stub = await stubManagement();
    stub.on("getSpace", { space: "acme" }, spaceNamed("acme", { namespaces: ["docker.io"] }));
    stub.on("getSpace", { space: "older" }, spaceNamed("older", { namespaces: undefined }));
    const { stdout } = await runCli(["spaces", "namespaces", "acme", "--json"], stub.env);
    expect(JSON.parse(stdout)).toEqual({ namespaces: ["docker.io"] });
    expect((await runCli(["spaces", "show", "acme"], stub.env)).stdout).toMatch(/stands for: +docker\.io\n/);
    expect((await runCli(["spaces", "show", "older"], stub.env)).stdout).toMatch(/stands for: +no other registry\n/);
  });

  it("are either named or none", async () => {
    const stub = await stubManagement();
    const both = await runCli(["spaces", "namespaces", "acme", "--none", "--registries", "docker.io"], stub.env);
    expect(both.stderr).toContain("either --registries or --none");
  });
});

describe("immutable tags", () => {
  it.each([
    [
      ["--tags", "v*", "--tags", "!*-rc*"],
      ["v*", "!*-rc*"],
    ],
    [
      ["--tags", "v*,!*-rc*"],
      ["v*", "!*-rc*"],
    ],
    [["--none"], []],
  ])("of a space are set by %j", async (options, immutableTags) => {
    const stub = await stubManagement();
    stub.on("updateSpace", { space: "acme" }, spaceNamed("acme", { immutableTags }));
    const { stdout } = await runCli(["spaces", "immutable", "acme", ...options], stub.env);
    expect(stdout).toBe(`immutable tags of acme: ${immutableTags.join(", ") || "none"}\n`);
    expect(stub.changes).toEqual([["PATCH /api/v1/spaces/acme", { immutableTags }]]);
  });

  it("are shown", async () => {
    const stub = await stubManagement();
    stub.on("getSpace", { space: "acme" }, spaceNamed("acme", { immutableTags: ["v*"] }));
    stub.on("getRepository", { space: "acme", name: "web" }, repositoryAt("web"));
    const { stdout } = await runCli(["spaces", "immutable", "acme", "--json"], stub.env);
    expect(JSON.parse(stdout)).toEqual({ immutableTags: ["v*"] });
    expect((await runCli(["spaces", "show", "acme"], stub.env)).stdout).toMatch(/immutable tags: +v\*\n/);
    expect((await runCli(["repos", "immutable", "acme/web"], stub.env)).stdout).toContain("same as the space");
    expect((await runCli(["repos", "show", "acme/web"], stub.env)).stdout).toMatch(/immutable tags: +same as the/);
    expect(stub.changes).toEqual([]);
  });

  it.each([
    [["--tags", "*"], ["*"]],
    [["--none"], []],
    [["--inherit"], null],
  ])("of a repository are set by %j", async (options, immutableTags) => {
    const stub = await stubManagement();
    stub.on("updateRepository", { space: "acme", name: "web" }, repositoryAt("web", { immutableTags }));
    expect((await runCli(["repos", "immutable", "acme/web", ...options], stub.env)).exitCode).toBe(0);
    expect(stub.changes).toEqual([["PATCH /api/v1/spaces/acme/repositories/web", { immutableTags }]]);
  });

  it.each([
    ["spaces", "acme", ["--tags", "v*", "--none"], "use either --tags or --none, not both"],
    ["spaces", "acme", ["--tags", ""], "--tags: give at least one pattern"],
    ["spaces", "acme", ["--inherit"], "--inherit"],
    ["repos", "acme/web", ["--none", "--inherit"], "use only one of --tags, --none and --inherit"],
  ])("are not set in %s by two words at once, or none: %s %j", async (group, name, options, said) => {
    const stub = await stubManagement();
    const { exitCode, stderr } = await runCli([group, "immutable", name, ...options], stub.env);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(said);
    expect(stub.changes).toEqual([]);
  });
});

describe("deleting a space", () => {
  const args = ["spaces", "delete", "acme"];

  it("is refused where nobody can be asked", async () => {
    const stub = await stubManagement();
    const { exitCode, stderr } = await runCli(args, stub.env);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--yes");
    expect(stub.changes).toEqual([]);
  });

  it.each(["n\n", "y\n", "acm\n", ""])("does nothing for the answer %j", async (input) => {
    const stub = await stubManagement();
    const { exitCode } = await runCli(args, stub.env, { input, isTerminal: true });
    expect(exitCode).not.toBe(0);
    expect(stub.changes).toEqual([]);
  });

  it.each([
    [args, { input: "acme\n", isTerminal: true }],
    [[...args, "--yes"], {}],
  ])("is done for its name, or with --yes: %j", async (line, circumstances) => {
    const stub = await stubManagement();
    stub.on("deleteSpace", { space: "acme" }, null);
    expect(await runCli(line, stub.env, circumstances)).toMatchObject({ exitCode: 0, stdout: "deleted acme\n" });
    expect(stub.changes).toEqual([["DELETE /api/v1/spaces/acme", null]]);
  });
});
