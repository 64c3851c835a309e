import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loginSources } from "../../../src/cli/credentials/sources.ts";
import type { Environment } from "../../../src/cli/context.ts";
import { serveLogin } from "../support/login-server.ts";
import { refuse, reply, serve, urlOf } from "../support/server.ts";
import { runCli } from "../support/world.ts";
import { repositoryAt, taggedAs } from "./samples.ts";

let home = "";
let env: Environment;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "docker-login-"));
  env = { HOME: home };
  await mkdir(join(home, ".docker"));
});

afterEach(() => rm(home, { recursive: true }));

/** Writes the file that `docker login` leaves. */
async function dockerKeeps(logins: Readonly<Record<string, object>>): Promise<void> {
  await writeFile(join(home, ".docker/config.json"), JSON.stringify({ auths: logins }));
}

const password = (secret: string): object => ({ auth: Buffer.from(`demo:${secret}`).toString("base64") });
const identity = (token: string): object => ({ auth: Buffer.from("demo:").toString("base64"), identitytoken: token });

interface Spacedock {
  readonly host: string;
  readonly asked: readonly string[];
}

/** Serves a Spacedock that takes the token `sdt_good`, and at its token endpoint the refresh token `rt_good`. */
async function serveSpacedock(): Promise<Spacedock> {
  const asked: string[] = [];
  const server = await serve((request, response) => {
    const { pathname } = urlOf(request);
    const { authorization = "", host = "" } = request.headers;
    asked.push(`${request.method ?? ""} ${pathname}`);
    const whole = (body: unknown): void =>
      reply(response, 200, { "content-type": "application/json" }, JSON.stringify(body));
    const challenge = { "www-authenticate": `Bearer realm="http://${host}/token",service="${host}"` };
    const unauthorized = (): void => refuse(response, 401, "UNAUTHORIZED", challenge);
    if (pathname === "/api/v1/openapi.json") whole({ info: { title: "Spacedock management API", version: "1" } });
    else if (pathname === "/token" && request.method === "POST") {
      void text(request).then((form) =>
        form.includes("refresh_token=rt_good") ? whole({ token: "access" }) : unauthorized(),
      );
    } else if (pathname === "/token") unauthorized();
    else if (pathname.startsWith("/v2/"))
      return authorization === "Bearer access" ? whole({ tags: [] }) : unauthorized();
    else if (authorization !== "Bearer sdt_good") unauthorized();
    else if (pathname.endsWith("/tags")) whole({ items: [taggedAs("1.0", `sha256:${"a".repeat(64)}`)], next: null });
    else if (pathname === "/api/v1/whoami") {
      const token = { id: "tok_1", name: "ci", actions: ["push"], repositories: ["**"], expiresAt: null };
      whole({ kind: "token", space: "demo", token });
    } else whole({ items: [repositoryAt("web")], next: null });
  });
  return { host: server.host, asked };
}

describe("after docker login with a token", () => {
  it("commands are about the one Spacedock that docker is logged in at, and say so", async () => {
    const { host } = await serveSpacedock();
    const other = await serveLogin({ who: null });
    await dockerKeeps({
      [host]: password("sdt_good"),
      [other.host]: password("sdt_good"),
      "https://index.docker.io/v1/": password("hub"),
      "127.0.0.1:1": password("x"),
    });
    for (const [args, said] of [
      [["repos", "list"], "acme/web"],
      [["tags", "demo/web"], "1.0"],
      [["whoami"], "ci (tok_1)"],
    ] as const) {
      const { exitCode, stdout, stderr } = await runCli(args, env);
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining(said) });
      expect(stderr).toContain(`at ${host}, where docker is logged in`);
    }
  });

  it("several Spacedocks are asked about", async () => {
    const [a, b] = [await serveSpacedock(), await serveSpacedock()];
    await dockerKeeps({ [a.host]: password("sdt_good"), [b.host]: password("sdt_good") });
    const said = await runCli(["tags", "demo/web"], env);
    expect(said.exitCode).toBe(2);
    expect(said.stderr).toContain(`docker is logged in at ${a.host}, ${b.host}`);
  });

  it("SPACEDOCK_TOKEN goes to no registry that was only found", async () => {
    const { host } = await serveSpacedock();
    await dockerKeeps({ [host]: password("sdt_good") });
    const said = await runCli(["repos", "list"], { ...env, SPACEDOCK_TOKEN: "secret" });
    expect(said.exitCode).toBe(0);
  });

  it("a variable that is no configuration is told of once, and passed over", async () => {
    const { host } = await serveSpacedock();
    await dockerKeeps({ [host]: password("sdt_good") });
    for (const args of [
      ["repos", "list"],
      ["inspect", "demo/web:1"],
      ["tags", "demo/web"],
    ]) {
      const { stderr } = await runCli([...args, "--registry", host], { ...env, DOCKER_AUTH_CONFIG: "{" });
      expect(stderr.match(/DOCKER_AUTH_CONFIG is not a valid docker configuration; ignoring it/g)).toHaveLength(1);
    }
  });

  it("a name without a host is not Docker Hub's where spaces are meant", async () => {
    const said = await runCli(["tags", "demo/web"], env);
    expect(said).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("no registry is selected") });
  });
});

describe("after docker login that kept an identity token", () => {
  it("whoami and doctor say what that is, and what to do", async () => {
    const { host } = await serveSpacedock();
    await dockerKeeps({ [host]: identity("rt_good") });
    const who = await runCli(["whoami"], env);
    expect(who.exitCode).toBe(0);
    expect(who.stdout).toContain("an identity token from docker");
    expect(who.stderr).toContain(`spacedock login ${host}`);
    expect(`${who.stdout}${who.stderr}`).not.toContain("no Spacedock");
    const doctor = await runCli(["doctor"], env);
    expect(doctor.exitCode).toBe(0);
    expect(doctor.stdout).toMatch(/warning +token +the login works; it is an identity token/);
    expect(doctor.stdout).toContain("the login does not say where it may push");
    expect(doctor.stdout).not.toContain("may not push");
  });

  it("uses it where it will do, and says where not", async () => {
    const { host, asked } = await serveSpacedock();
    await dockerKeeps({ [host]: identity("rt_good") });
    const tags = await runCli(["tags", "demo/web"], env);
    expect(tags).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("demo/web has no tags") });
    expect(asked).toContain("POST /token");
    const repos = await runCli(["repos", "list"], env);
    expect(repos.exitCode).toBe(4);
    expect(repos.stderr).toContain(
      `docker's login at ${host} is an identity token: it can pull and push, but not manage`,
    );
    expect(repos.stderr).toContain(`Log in with the token itself: spacedock login ${host}`);
  });
});

describe("a stored login that fails", () => {
  it.each([
    ["whoami", ["whoami"], identity("rt_old")],
    ["whoami", ["whoami"], password("sdt_old")],
    ["a listing", ["repos", "list"], password("sdt_old")],
    ["tags", ["tags", "demo/web"], password("sdt_old")],
    ["inspect", ["inspect", "demo/web:1"], identity("rt_old")],
    ["doctor", ["doctor"], password("sdt_old")],
  ])("is told by %s, with how to be rid of it", async (_, args, login) => {
    const { host } = await serveSpacedock();
    await dockerKeeps({ [host]: login });
    const { exitCode, stdout, stderr } = await runCli(args, env);
    expect(exitCode).toBe(4);
    const said = `${stdout}${stderr}`;
    expect(said).toContain("The stored login failed");
    expect(said).toContain(`spacedock login ${host}`);
    expect(said).toContain(`docker logout ${host}, or spacedock logout ${host}`);
  });

  it("is docker's own at its Hub, which has no name there", () => {
    const [docker] = loginSources({ HOME: home }, () => undefined);
    expect([docker?.logout?.("docker.io"), docker?.logout?.("a.example")]).toEqual([
      "docker logout",
      "docker logout a.example",
    ]);
  });

  it.each([
    [{ DOCKER_AUTH_CONFIG: true }, "Change the login in DOCKER_AUTH_CONFIG"],
    [{ REGISTRY_AUTH_FILE: true }, "podman logout --authfile"],
    [{ SPACEDOCK_TOKEN: true }, "Set SPACEDOCK_TOKEN to another token"],
  ])("is told by where it comes from: %j", async (from, said) => {
    const { host } = await serveSpacedock();
    const config = JSON.stringify({ auths: { [host]: password("sdt_old") } });
    const file = join(home, "auth.json");
    await writeFile(file, config);
    const more: Environment = {
      ...("DOCKER_AUTH_CONFIG" in from && { DOCKER_AUTH_CONFIG: config }),
      ...("REGISTRY_AUTH_FILE" in from && { REGISTRY_AUTH_FILE: file }),
      ...("SPACEDOCK_TOKEN" in from && { SPACEDOCK_TOKEN: "sdt_old" }),
    };
    const { exitCode, stderr } = await runCli(["repos", "list", "--registry", host], { ...env, ...more });
    expect(exitCode).toBe(4);
    expect(stderr).toContain(said);
  });
});
