import { describe, expect, it } from "vitest";
import { stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import { page, spaceNamed, token } from "./samples.ts";

describe("creating a token", () => {
  it("prints the secret alone on stdout", async () => {
    const stub = await stubManagement();
    stub.on("createToken", { space: "acme" }, { ...token, token: "sdt_new" });
    stub.on("listRepositories", { space: "acme" }, page());
    const options = ["--actions", "pull,push", "--repositories", "web/*,!web/x", "--expires", "90d"];
    const said = await runCli(["tokens", "create", "ci", "--space", "acme", ...options], stub.env);
    expect(said).toMatchObject({ exitCode: 0, stdout: "sdt_new\n" });
    expect(said.stderr).not.toContain("sdt_new");
    expect(stub.changes).toEqual([
      [
        "POST /api/v1/spaces/acme/tokens",
        { name: "ci", actions: ["pull", "push"], repositories: ["web/*", "!web/x"], expiresIn: 7_776_000 },
      ],
    ]);
  });

  it("is for pulling, and for everything for ever, if no more is said", async () => {
    const stub = await stubManagement();
    stub.on("createToken", { space: "acme" }, { ...token, token: "sdt_new" });
    await runCli(["tokens", "create", "ci", "--space", "acme"], stub.env);
    expect(stub.changes[0]?.[1]).toEqual({ name: "ci", actions: ["pull"] });
  });

  it.each([
    [["--actions", "pull,fly"], "actions"],
    [["--expires", "soon"], "write it as 30s, 12h or 90d"],
    [["--expires", "90"], "is not a duration"],
  ])("refuses %j before anything is asked", async (options, said) => {
    const stub = await stubManagement();
    const { exitCode, stderr } = await runCli(["tokens", "create", "ci", "--space", "acme", ...options], stub.env);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(said);
    expect(stub.asked).toEqual([]);
  });
});

describe("the space of a command", () => {
  const administrator = { kind: "installation", space: null, token: null };

  it("is the one that the token is for", async () => {
    const stub = await stubManagement();
    stub.on("whoami", {}, { kind: "token", space: "acme", token });
    stub.on("listTokens", { space: "acme" }, page(token));
    expect((await runCli(["tokens", "list"], stub.env)).stdout).toContain("ci");
  });

  it("is SPACEDOCK_SPACE before that, and --space before both", async () => {
    const stub = await stubManagement();
    stub.on("listTokens", { space: "one" }, page(token));
    stub.on("listTokens", { space: "two" }, page(token));
    const env = { ...stub.env, SPACEDOCK_SPACE: "one" };
    await runCli(["tokens", "list"], env);
    await runCli(["tokens", "list", "--space", "two"], env);
    expect(stub.asked.map(({ what }) => what)).toEqual([
      "GET /api/v1/spaces/one/tokens",
      "GET /api/v1/spaces/two/tokens",
    ]);
  });

  it("is the only one there is, for an administrator", async () => {
    const stub = await stubManagement();
    stub.on("whoami", {}, administrator);
    stub.on("listSpaces", {}, page(spaceNamed("acme")));
    stub.on("listTokens", { space: "acme" }, page(token));
    expect((await runCli(["tokens", "list"], stub.env)).exitCode).toBe(0);
  });

  it.each([
    [["a", "b"], 2, "for example a, b"],
    [[], 3, "spacedock spaces create"],
  ])("has to be said where there are %j", async (names, exitCode, said) => {
    const stub = await stubManagement();
    stub.on("whoami", {}, administrator);
    stub.on("listSpaces", {}, page(...names.map((name) => spaceNamed(name))));
    const ended = await runCli(["tokens", "list"], stub.env);
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).toContain(said);
  });
});

describe("a token by its name", () => {
  it("is revoked", async () => {
    const stub = await stubManagement();
    stub.on("listTokens", { space: "acme" }, page({ ...token, id: "tok_2", name: "other" }, token));
    stub.on("revokeToken", { space: "acme", id: "tok_1" }, null);
    const said = await runCli(["tokens", "revoke", "ci", "--space", "acme", "--yes"], stub.env);
    expect(said.stdout).toBe("revoked tok_1\n");
    expect(stub.asked.at(-1)?.what).not.toContain("?");
  });

  it("is revoked with what it made, where that is asked for", async () => {
    const stub = await stubManagement();
    stub.on("revokeToken", { space: "acme", id: "tok_1" }, null);
    const line = ["tokens", "revoke", "tok_1", "--space", "acme", "--with-descendants", "--yes"];
    expect((await runCli(line, stub.env)).exitCode).toBe(0);
    expect(stub.asked.at(-1)?.what).toContain("?descendants=true");
  });

  it("is shown with who made it", async () => {
    const stub = await stubManagement();
    stub.on("getToken", { space: "acme", id: "tok_1" }, { ...token, createdBy: { id: "tok_0", name: "boss" } });
    const said = await runCli(["tokens", "show", "tok_1", "--space", "acme"], stub.env);
    expect(said.stdout).toMatch(/created: .*, by boss/);
  });

  it.each([
    [[], 3, 'has no token "ci"'],
    [[token, { ...token, id: "tok_2" }], 2, "tok_1, tok_2"],
  ])("is not guessed", async (tokens, exitCode, said) => {
    const stub = await stubManagement();
    stub.on("listTokens", { space: "acme" }, page(...tokens));
    const ended = await runCli(["tokens", "show", "ci", "--space", "acme"], stub.env);
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).toContain(said);
  });
});
