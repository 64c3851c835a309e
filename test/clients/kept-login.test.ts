import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import * as z from "zod";
import { useBench } from "./support/bench.ts";
import { dockerClient } from "./support/docker.ts";
import { dockerEngine } from "./support/engine.ts";
import type { Home } from "./support/home.ts";
import { scratch } from "./support/scratch.ts";

const engine = dockerEngine();
beforeAll(() => engine.start("{}"));
afterAll(() => engine.stop());

const docker = dockerClient(engine.address);

/** Runs a command as on a machine without any configuration, so that each client looks where docker keeps its logins. */
function asAtHome(home: Home, command: string, ...args: readonly string[]): Promise<string> {
  const settings = 'unset REGISTRY_AUTH_FILE; export DOCKER_CONFIG="$HOME/.docker"; exec "$0" "$@"';
  return home.run("sh", ["-c", settings, command, ...args]);
}

const configShape = z.object({ auths: z.record(z.string(), z.record(z.string(), z.string())) });

describe("after docker login", () => {
  const bench = useBench("kept", docker);
  let home: Home;
  let name: string;
  let digest: string;

  beforeAll(async () => {
    home = await bench.openHome();
    name = bench.space.repository("web:1");
    digest = await docker.push(home, name);
    await mkdir(home.path(".docker"));
    const password = await bench.space.token("pull", "push", "delete");
    await writeFile(home.path("password"), password);
    await asAtHome(
      home,
      "sh",
      "-c",
      'exec docker login --username ci --password-stdin "$0" < password',
      bench.space.host,
    );
  });

  it("what docker keeps is the user and the password", async () => {
    const { auths } = configShape.parse(JSON.parse(await readFile(home.path(".docker/config.json"), "utf8")));
    const password = await readFile(home.path("password"), "utf8");
    expect(auths).toEqual({ [bench.space.host]: { auth: Buffer.from(`ci:${password}`).toString("base64") } });
  });

  it.each(["podman", "skopeo", "buildah"])("%s is logged in", async (client) => {
    await asAtHome(home, client, "login", "--tls-verify=false", "--get-login", bench.space.host);
    const printed = await asAtHome(home, client, "login", "--tls-verify=false", bench.space.host);
    expect(printed).toMatch(/existing credentials are valid/i);
  });

  it("podman, skopeo and buildah pull", async () => {
    await asAtHome(home, "podman", "pull", "--tls-verify=false", name);
    const pulled = await asAtHome(home, "podman", "image", "inspect", "--format", "{{.Digest}}", name);
    expect(pulled.trim()).toBe(digest);
    await asAtHome(home, "buildah", "pull", "--tls-verify=false", name);
    const copy = ["copy", "--src-tls-verify=false", `docker://${name}`, `dir:${scratch(home)}`];
    await asAtHome(home, "skopeo", ...copy);
  });

  it("@sigstore/oci attaches, as GitHub's attest action does", async () => {
    const attach = `
      const { attachArtifactToImage, getRegistryCredentials } = require(process.argv[1]);
      const [imageName, imageDigest] = process.argv.slice(2);
      attachArtifactToImage({
        imageName, imageDigest,
        credentials: getRegistryCredentials(imageName),
        artifact: Buffer.from("{}"),
        mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
        annotations: { "dev.sigstore.bundle.content": "dsse-envelope" },
      }).then(({ digest }) => process.stdout.write(digest));`;
    const sigstore = createRequire(import.meta.url).resolve("@sigstore/oci");
    const repository = name.replace(/:1$/, "");
    const attached = await asAtHome(home, process.execPath, "-e", attach, sigstore, repository, digest);
    const listed = await asAtHome(
      home,
      "oras",
      "discover",
      "--plain-http",
      "--format",
      "json",
      `${repository}@${digest}`,
    );
    expect(listed).toContain(attached);
  });
});

describe("a login from before, of which docker kept a refresh token", () => {
  const bench = useBench("identity", docker);

  it("goes on working with docker, and with what sends it as the password", async () => {
    const home = await bench.openHome();
    const name = bench.space.repository("web:1");
    const digest = await docker.push(home, name);
    const form = new URLSearchParams({
      grant_type: "password",
      username: "ci",
      password: await bench.space.token("pull", "push"),
      access_type: "offline",
    });
    const answer = await fetch(`http://${bench.space.host}/token`, { method: "POST", body: form });
    const { refresh_token: identitytoken } = z.object({ refresh_token: z.string() }).parse(await answer.json());
    const auth = Buffer.from("ci:").toString("base64");
    const config = JSON.stringify({ auths: { [bench.space.host]: { auth, identitytoken } } });
    await writeFile(home.path("docker", "config.json"), config);
    expect(await docker.pull(home, name)).toBe(digest);
    await home.run("skopeo", ["inspect", "--tls-verify=false", `--creds=ci:${identitytoken}`, `docker://${name}`]);
  });
});

describe("a stored login that was revoked", () => {
  const bench = useBench("revoked", docker);

  it("is what docker blames with a public image, and says how to remove; then the pull works", async () => {
    const home = await bench.openHome();
    const name = bench.space.repository("web:1");
    const digest = await docker.push(home, name);
    const { url, adminToken } = inject("registry");
    const headers = { authorization: `Bearer ${adminToken}` };
    const space = `${url}/api/v1/spaces/${bench.space.name}`;
    await fetch(space, { method: "PATCH", headers, body: '{"public":true}' });
    const listed = await fetch(`${space}/tokens`, { headers });
    const { items } = z.object({ items: z.array(z.object({ id: z.string() })) }).parse(await listed.json());
    for (const { id } of items) await fetch(`${space}/tokens/${id}`, { method: "DELETE", headers });
    await expect(docker.pull(home, name)).rejects.toThrow(`docker logout ${bench.space.host}`);
    await home.run("docker", ["logout", bench.space.host]);
    expect(await docker.pull(home, name)).toBe(digest);
  });
});
