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
