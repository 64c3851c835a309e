import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { Environment } from "../../../src/cli/context.ts";
import { serveLogin } from "../support/login-server.ts";
import { stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import { page, spaceNamed, token } from "./samples.ts";

let home = "";
let env: Environment;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "contexts-"));
  env = { HOME: home };
});

afterEach(() => rm(home, { recursive: true }));

async function logIn(host: string, secret: string, ...options: readonly string[]): Promise<void> {
  const said = await runCli(["login", host, "--password-stdin", ...options], env, { input: secret });
  expect(said).toMatchObject({ exitCode: 0 });
}

async function whoami(...options: readonly string[]): Promise<string> {
  const { stdout } = await runCli(["whoami", ...options], env);
  return /ADMIN_TOKEN|ci \(tok_1\)/.exec(stdout)?.[0] ?? stdout;
}

async function at(options: readonly string[], more: Environment = {}): Promise<unknown> {
  return JSON.parse((await runCli(["context", "show", "--json", ...options], { ...env, ...more })).stdout);
}

const settings = (): string => join(home, ".config/spacedock/config.json");

describe("contexts", () => {
  it("keep several logins at one host apart, and docker's beside them", async () => {
    const { host } = await serveLogin();
    await logIn(host, "sdt_good");
    await logIn(host, "admin-token", "--context", "production");
    expect(await whoami()).toBe("ADMIN_TOKEN");
    expect(await whoami("--context", host)).toBe("ci (tok_1)");
    const list = await runCli(["context", "list", "--json"], env);
    expect(JSON.parse(list.stdout)).toEqual([
      { name: host, registry: host, active: false, login: "docker" },
      { name: "production", registry: host, active: true, login: "own" },
    ]);
    expect(list.stdout).not.toContain("admin-token");
    expect(await readFile(join(home, ".docker/config.json"), "utf8")).not.toContain(
      Buffer.from("spacedock:admin-token").toString("base64"),
    );
    expect((await stat(settings())).mode & 0o777).toBe(0o600);
    expect((await runCli(["context", "use", host], env)).stdout).toBe(`switched to ${host} (context ${host})\n`);
    expect(await whoami()).toBe("ci (tok_1)");
  });

  it("are chosen by option, then environment, then what is in use", async () => {
    const [a, b, c] = [await serveLogin(), await serveLogin(), await serveLogin()];
    await logIn(a.host, "sdt_good", "--context", "a");
    await logIn(b.host, "sdt_good", "--context", "b");
    await logIn(c.host, "sdt_good", "--context", "c");
    expect(await at([])).toEqual({ context: "c", registry: c.host });
    expect(await at([], { SPACEDOCK_CONTEXT: "b" })).toEqual({ context: "b", registry: b.host });
    expect(await at(["--context", "a"], { SPACEDOCK_CONTEXT: "b" })).toEqual({ context: "a", registry: a.host });
    const env2 = { SPACEDOCK_CONTEXT: "b", SPACEDOCK_REGISTRY: a.host };
    expect(await at([], env2)).toEqual({ context: null, registry: a.host });
    expect(await at(["--registry", c.host], env2)).toEqual({ context: null, registry: c.host });
  });

  it("are logged in to again, logged out of, and forgotten, by their names", async () => {
    const { host } = await serveLogin();
    await logIn(host, "sdt_good", "--context", "production");
    const again = ["login", "--context", "production", "--password-stdin"];
    expect((await runCli(again, env, { input: "admin-token" })).exitCode).toBe(0);
    expect(await whoami()).toBe("ADMIN_TOKEN");
    expect((await runCli(["logout"], env)).stdout).toBe(`logged out of ${host} (context production)\n`);
    expect(await runCli(["whoami"], env)).toMatchObject({ exitCode: 4 });
    expect(await readFile(settings(), "utf8")).not.toContain("admin-token");
    expect((await runCli(["context", "delete", "production", "--yes"], env)).stdout).toBe("deleted production\n");
    expect(await runCli(["whoami"], env)).toMatchObject({ exitCode: 2 });
  });

  it.each([
    [["context", "use", "gone"], 3, 'no context is named "gone"'],
    [["whoami", "--context", "gone"], 3, "spacedock login <host> --context gone"],
    [["whoami", "--context", "a", "--registry", "b"], 2, "not both"],
    [["login", "localhost:1", "--context", "a b", "--password-stdin"], 2, "is not a valid context name"],
    [["login", "--password-stdin"], 2, "missing required argument"],
    [["context", "show"], 3, "no registry is in use"],
  ])("are told where they are wrong: %j", async (args, exitCode, said) => {
    const ended = await runCli(args, env, { input: "x" });
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).toContain(said);
  });

  it("stay where another of them is rubbish", async () => {
    const { host } = await serveLogin();
    await logIn(host, "sdt_good", "--context", "good");
    const kept: unknown = JSON.parse(await readFile(settings(), "utf8"));
    const contexts = {
      ...z.object({ contexts: z.looseObject({}) }).parse(kept).contexts,
      bad: null,
      worse: { registry: 5 },
    };
    await writeFile(settings(), JSON.stringify({ context: "good", contexts }));
    expect((await runCli(["whoami"], env)).stdout).toMatch(/context: +good\n/);
  });

  it("take up what a version without contexts remembered", async () => {
    const { host } = await serveLogin();
    await logIn(host, "sdt_good", "--context", "old");
    await writeFile(settings(), JSON.stringify({ registry: `http://${host}` }));
    expect(JSON.parse((await runCli(["context", "list", "--json"], env)).stdout)).toEqual([
      { name: host, registry: host, active: true, login: "docker" },
    ]);
    await logIn(host, "sdt_good", "--context", "new");
    await runCli(["context", "use", host], env);
    expect((await runCli(["context", "show"], env)).stdout).toBe(`${host}\n`);
  });
});

describe("what changes something", () => {
  it("says at which registry, and in which context, before it is done", async () => {
    const stub = await stubManagement();
    const { host } = await serveLogin();
    await logIn(host, "sdt_good", "--context", "staging");
    stub.on("createSpace", {}, spaceNamed("acme"));
    const said = await runCli(["spaces", "create", "acme"], stub.env);
    expect(said.stderr).toMatch(new RegExp(`^at ${stub.host}\n`));
    const elsewhere = await runCli(["spaces", "create", "acme"], env);
    expect(elsewhere.stderr).toMatch(new RegExp(`^at ${host} \\(context staging\\)\n`));
  });

  it("asks with the name of what goes, and where", async () => {
    const stub = await stubManagement();
    stub.on("listTokens", { space: "acme" }, page(token));
    stub.on("revokeToken", { space: "acme", id: "tok_1" }, null);
    const args = ["tokens", "revoke", "tok_1", "--space", "acme"];
    const said = await runCli(args, stub.env, { input: "y\n", isTerminal: true });
    expect(said).toMatchObject({ exitCode: 0, stdout: "revoked tok_1\n" });
    expect(said.stderr).toContain(`Revoke token "ci" (tok_1) of acme at ${stub.host}?`);
  });

  it("says nothing of it for scripts, nor where nothing is changed", async () => {
    const stub = await stubManagement();
    stub.on("listTokens", { space: "acme" }, page(token));
    stub.on("revokeToken", { space: "acme", id: "tok_1" }, null);
    const args = ["tokens", "revoke", "tok_1", "--space", "acme", "--yes", "--json"];
    expect((await runCli(args, stub.env)).stderr).toBe("");
    expect((await runCli(["tokens", "list", "--space", "acme"], stub.env)).stderr).toBe("");
  });
});
