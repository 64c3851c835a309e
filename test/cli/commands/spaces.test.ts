import { describe, expect, it } from "vitest";
import { stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import { page, spaceNamed } from "./samples.ts";

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
    expect(stdout).toMatch(/web +sha256:a{12} +2\.0 kB +not noticed yet/);
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
    expect(said).toMatchObject({ exitCode: 0, stdout: "acme has 0 B, 0 repositories\n" });
    expect(stub.changes).toEqual([["PATCH /api/v1/spaces/acme", { quota }]]);
  });

  it.each([[[]], [["--bytes", "much"]], [["--repositories", "-1"]]])("asks for no quota of %j", async (options) => {
    const stub = await stubManagement();
    expect((await runCli(["spaces", "quota", "acme", ...options], stub.env)).exitCode).toBe(2);
    expect(stub.changes).toEqual([]);
  });

  it("ends with 3 where there is no such space", async () => {
    const stub = await stubManagement();
    stub.refuse("getSpace", { space: "gone" }, 404, "NAME_UNKNOWN");
    expect((await runCli(["spaces", "show", "gone"], stub.env)).exitCode).toBe(3);
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
