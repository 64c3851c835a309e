import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Environment } from "../../../src/cli/context.ts";
import { KNOWN, serveLogin } from "../support/login-server.ts";
import { runCli } from "../support/world.ts";

let home = "";
let env: Environment;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "login-"));
  env = { HOME: home, PATH: `${home}:${process.env["PATH"] ?? ""}` };
});

afterEach(() => rm(home, { recursive: true }));

async function dockerConfig(): Promise<string> {
  return readFile(join(home, ".docker/config.json"), "utf8").catch(() => "");
}

const BASIC = Buffer.from("spacedock:sdt_good").toString("base64");

describe("login", () => {
  it.each([
    ["from stdin", ["--password-stdin"], { input: "sdt_good\n" }],
    ["typed on a terminal", [], { input: "sdt_good\n", isTerminal: true }],
  ])("keeps a token %s for docker, and remembers the registry", async (_, options, circumstances) => {
    const { host } = await serveLogin();
    const said = await runCli(["login", host, ...options], env, circumstances);
    expect(said.exitCode).toBe(0);
    expect(said.stdout).toMatch(/space: +acme\ntoken: +ci \(tok_1\)\nmay do: +pull, push\nrepositories: +web\/\*/);
    expect(`${said.stdout}${said.stderr}`).not.toContain("sdt_good");
    expect(JSON.parse(await dockerConfig())).toEqual({ auths: { [host]: { auth: BASIC } } });
    const who = await runCli(["whoami", "--json"], env);
    expect(JSON.parse(who.stdout)).toEqual({ registry: host, username: "spacedock", ...KNOWN });
  });

  it("keeps it in docker's credential program where there is one", async () => {
    const { host } = await serveLogin();
    const program = join(home, "docker-credential-test");
    await writeFile(program, `#!/bin/sh\ncat > "${home}/kept"\n`);
    await chmod(program, 0o755);
    await writeFile(join(home, "config.json"), JSON.stringify({ credsStore: "test" }));
    const said = await runCli(
      ["login", host, "--password-stdin"],
      { ...env, DOCKER_CONFIG: home },
      { input: "sdt_good" },
    );
    expect(said).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await readFile(join(home, "config.json"), "utf8")).not.toContain(BASIC);
    expect(await readFile(join(home, "kept"), "utf8")).toContain("sdt_good");
  });

  it("takes ADMIN_TOKEN, and says that docker cannot use it", async () => {
    const { host } = await serveLogin();
    const said = await runCli(["login", host, "--password-stdin"], env, { input: "admin-token" });
    expect(said.exitCode).toBe(0);
    expect(said.stderr).toContain("docker cannot pull or push with ADMIN_TOKEN");
  });

  it("takes a login to another registry, which does not become the one that is managed", async () => {
    const { host } = await serveLogin({ who: null });
    const args = ["login", host, "--username", "me", "--password-stdin"];
    expect((await runCli(args, env, { input: "sdt_good" })).exitCode).toBe(0);
    expect((await runCli(["whoami", host], env)).stdout).toMatch(/not a Spacedock registry[^\n]*\nusername: +me/);
    expect((await runCli(["whoami"], env)).exitCode).toBe(2);
  });

  it("keeps nothing that is refused", async () => {
    const { host } = await serveLogin();
    const said = await runCli(["login", host, "--password-stdin"], env, { input: "sdt_bad" });
    expect(said.exitCode).toBe(4);
    expect(said.stderr).toContain("Check that the token is complete");
    expect(await dockerConfig()).toBe("");
  });

  it.each([
    [["--password-stdin"], { input: "" }, "is empty"],
    [["--password-stdin"], { input: "two\nlines" }, "must be one line"],
    [[], {}, "--password-stdin"],
    [["--password", "x"], {}, "unknown option"],
  ])("is refused for %j and %j", async (options, circumstances, message) => {
    const { exitCode, stderr } = await runCli(["login", "localhost:1", ...options], env, circumstances);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it("ends with 5 where nothing listens", async () => {
    const { exitCode } = await runCli(["login", "127.0.0.1:1", "--password-stdin"], env, { input: "sdt_good" });
    expect(exitCode).toBe(5);
  });
});

describe("logout", () => {
  it("forgets the login, once", async () => {
    const { host } = await serveLogin();
    await runCli(["login", host, "--password-stdin"], env, { input: "sdt_good" });
    expect((await runCli(["logout"], env)).stdout).toBe(`logged out of ${host}\n`);
    expect(await dockerConfig()).not.toContain(BASIC);
    expect((await runCli(["logout"], env)).stdout).toBe(`you were not logged in at ${host}\n`);
    const who = await runCli(["whoami"], env);
    expect(who.exitCode).toBe(4);
    expect(who.stderr).toContain(`spacedock login ${host}`);
  });
});

describe("whoami", () => {
  it("ends with 4 for a token that was revoked since", async () => {
    const { host } = await serveLogin();
    const { exitCode } = await runCli(["whoami"], { ...env, SPACEDOCK_REGISTRY: host, SPACEDOCK_TOKEN: "sdt_bad" });
    expect(exitCode).toBe(4);
  });
});
