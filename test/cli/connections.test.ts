import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ping } from "../../src/cli/client/ping.ts";
import { parseRegistry } from "../../src/cli/client/reference.ts";
import { credentialFor, managedRegistry, openConnection } from "../../src/cli/connections.ts";
import type { Context, Environment } from "../../src/cli/context.ts";
import { makeOutput } from "../../src/cli/output/output.ts";
import { cacheDirectory, writeLastRegistry } from "../../src/cli/settings.ts";
import { reply, serve } from "./support/server.ts";

let home = "";

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "home-"));
});

afterEach(() => rm(home, { recursive: true }));

function context(more: Environment = {}, registry: string | null = null): Context {
  const env = { HOME: home, DOCKER_CONFIG: home, ...more };
  const output = makeOutput({ stdout: process.stdout, stderr: process.stderr, env, json: false, color: false });
  return { env, output, registry, plainHttp: false, stdin: Readable.from([]), signal: new AbortController().signal };
}

describe("the registry that is managed", () => {
  it("is the one of --registry, else of SPACEDOCK_REGISTRY, else of the last login", async () => {
    await expect(managedRegistry(context())).rejects.toMatchObject({ kind: "usage" });
    await writeLastRegistry({ HOME: home }, parseRegistry("http://last.example.com"));
    expect((await managedRegistry(context())).origin).toBe("http://last.example.com");
    const env = { SPACEDOCK_REGISTRY: "env.example.com" };
    expect((await managedRegistry(context(env))).host).toBe("env.example.com");
    expect((await managedRegistry(context(env, "option.example.com"))).host).toBe("option.example.com");
  });

  it("is asked for where the settings are rubbish", async () => {
    await writeFile(join(home, "config.json"), "{}");
    await expect(managedRegistry(context({ XDG_CONFIG_HOME: home }))).rejects.toMatchObject({ kind: "usage" });
  });
});

describe("the credential", () => {
  it("is SPACEDOCK_TOKEN at the registry that is managed, and nowhere else", async () => {
    const world = context({ SPACEDOCK_TOKEN: "secret", SPACEDOCK_REGISTRY: "mine.example.com" });
    expect(await credentialFor(world, parseRegistry("mine.example.com"))).toMatchObject({ secret: "secret" });
    expect(await credentialFor(world, parseRegistry("docker.io"))).toBeNull();
  });

  it("is docker's otherwise", async () => {
    const auths = { "mine.example.com": { auth: Buffer.from("ci:from-docker").toString("base64") } };
    await writeFile(join(home, "config.json"), JSON.stringify({ auths }));
    expect(await credentialFor(context(), parseRegistry("mine.example.com"))).toMatchObject({ secret: "from-docker" });
  });

  it("is what a registry is opened with", async () => {
    const seen: (string | undefined)[] = [];
    const server = await serve((request, response) => {
      seen.push(request.headers.authorization);
      reply(response, request.headers.authorization === undefined ? 401 : 200, {
        "www-authenticate": 'Basic realm="x"',
      });
    });
    const world = context({ SPACEDOCK_TOKEN: "secret", SPACEDOCK_REGISTRY: server.host });
    const connection = await openConnection(world, parseRegistry(server.host));
    await ping(connection);
    await connection.close();
    expect(seen).toEqual([undefined, `Basic ${Buffer.from("spacedock:secret").toString("base64")}`]);
  });
});

describe("what helps a later run", () => {
  it("is kept where the system keeps such things", () => {
    expect(cacheDirectory({ HOME: "/home/me" })).toBe("/home/me/.cache/spacedock");
    expect(cacheDirectory({ HOME: "/home/me", XDG_CACHE_HOME: "/cache" })).toBe("/cache/spacedock");
  });
});
