import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Environment } from "../../../src/cli/context.ts";
import { ImageRegistry } from "../support/image-registry.ts";
import { reply } from "../support/server.ts";
import { runCli } from "../support/world.ts";
import { digestOf, repositoryAt, taggedAs } from "./samples.ts";

let home = "";
let registry: ImageRegistry;
let env: Environment;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "images-"));
  registry = await ImageRegistry.start();
  const auths = { [registry.host]: { auth: Buffer.from("me:secret").toString("base64") } };
  await writeFile(join(home, "config.json"), JSON.stringify({ auths }));
  env = { HOME: home, DOCKER_CONFIG: home, SPACEDOCK_REGISTRY: registry.host };
});

afterEach(() => rm(home, { recursive: true }));

describe("tags", () => {
  it("are listed with the size of all layers of all platforms, by any registry", async () => {
    const image = registry.image("amd64", 1_000_000);
    registry.tags.set("1.0", registry.index(image, registry.image("arm64", 2_000_000)).digest);
    registry.tags.set("amd64", image.digest);
    const { stdout, exitCode } = await runCli(["tags", "acme/web"], env);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^1\.0 +sha256:[0-9a-f]{12} +3\.0 MB +- +-$/m);
    expect(stdout).toMatch(/^amd64 +sha256:[0-9a-f]{12} +1\.0 MB +- +-$/m);
  });

  it("have the times they were set and pulled at where the management API may be asked", async () => {
    const { digest } = registry.image("amd64", 5000);
    const updatedAt = new Date(Date.now() - 3_700_000).toISOString();
    const pulledAt = new Date(Date.now() - 7_300_000).toISOString();
    registry.also = (request, response) => {
      if (request.url !== "/api/v1/spaces/acme/repositories/web/tags?limit=5") return false;
      const items = [taggedAs("1.0", digest, { updatedAt, pulledAt }), taggedAs("1.1", digest, { updatedAt })];
      reply(response, 200, {}, JSON.stringify({ items, next: null }));
      return true;
    };
    const { stdout } = await runCli(["tags", "acme/web", "--limit", "5"], env);
    expect(stdout).toMatch(/^1\.0 +sha256:[0-9a-f]{12} +5\.\d kB +1 hour ago +2 hours ago$/m);
    expect(stdout).toMatch(/^1\.1 .* 1 hour ago +never$/m);
  });

  it("ask nothing but the management API, where that may be asked", async () => {
    const asked: string[] = [];
    registry.also = (request, response) => {
      asked.push(request.url ?? "");
      reply(response, 200, {}, JSON.stringify({ items: [taggedAs("1.0", digestOf("a"))], next: null }));
      return true;
    };
    expect((await runCli(["tags", "acme/web"], env)).stdout).toMatch(/^1\.0 .* 5\.0 kB /m);
    expect(asked).toEqual(["/api/v1/spaces/acme/repositories/web/tags"]);
  });

  it.each([
    ["tags", "acme/web"],
    ["inspect", "acme/web:1.0"],
    ["rm", "acme/web:1.0", "--yes"],
  ])("look, and say so with each read: spacedock %s %s", async (...args) => {
    const index = registry.index(registry.image("amd64", 1000), registry.image("arm64", 2000));
    registry.tags.set("1.0", index.digest);
    registry.refusesTagDeletion = true;
    const reads: (string | string[] | undefined)[] = [];
    registry.also = (request) => {
      const isRead = request.method === "GET" || request.method === "HEAD";
      if (isRead && /\/(manifests|blobs)\//.test(request.url ?? "")) reads.push(request.headers["spacedock-look"]);
      return false;
    };
    await runCli(args, env);
    expect(new Set(reads)).toEqual(new Set(["1"]));
  });

  it.each([
    ["web", "acme/web"],
    ["acme/web:1", "name only the repository"],
  ])("are not listed for %s", async (repository, said) => {
    const { exitCode, stderr } = await runCli(["tags", repository], env);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(said);
  });

  it("end with 3 where there is no such repository", async () => {
    expect((await runCli(["tags", "acme/gone"], env)).exitCode).toBe(3);
  });
});

describe("inspect", () => {
  it("shows an index with its platforms, and what refers to it", async () => {
    const index = registry.index(registry.image("amd64", 1_000_000), registry.image("arm64", 2_000_000));
    registry.tags.set("1.0", index.digest);
    registry.refer(index.digest, "application/vnd.example.sbom");
    const { stdout } = await runCli(["inspect", "acme/web:1.0"], env);
    expect(stdout).toContain(`reference:    ${registry.host}/acme/web:1.0\ndigest:       ${index.digest}`);
    expect(stdout).toMatch(/linux\/amd64 +1 +1\.0 MB +\d+ days ago\n +digest: sha256:\w{64}\n/);
    expect(stdout).toMatch(/linux\/arm64 +1 +2\.0 MB .*\n +digest: sha256:\w{64}\n/);
    expect(stdout).toContain("made=here");
    expect(stdout).toMatch(/Referrers\n[^]+application\/vnd\.example\.sbom/);
  });

  it("names what a builder attached, by platform and with what it is", async () => {
    const image = registry.image("amd64", 1_000_000);
    const layers = ["https://spdx.dev/Document", "https://slsa.dev/provenance/v1"].map((type) => ({
      mediaType: "application/vnd.in-toto+json",
      digest: image.digest,
      size: 10,
      annotations: { "in-toto.io/predicate-type": type },
    }));
    const attestation = {
      ...registry.put("application/vnd.oci.image.manifest.v1+json", { schemaVersion: 2, layers }),
      platform: { os: "unknown", architecture: "unknown" },
      annotations: {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": image.digest,
      },
    };
    registry.tags.set("1.0", registry.index(image, attestation).digest);
    const { stdout } = await runCli(["inspect", "acme/web:1.0"], env);
    expect(stdout).toMatch(
      /linux\/amd64 +https:\/\/spdx\.dev\/Document, https:\/\/slsa\.dev\/provenance\/v1\n +digest: sha256:\w{64}\n/,
    );
    const { images } = JSON.parse((await runCli(["inspect", "acme/web:1.0", "--json"], env)).stdout);
    expect(images).toMatchObject([{ attests: null }, { attests: { digest: image.digest, platform: "linux/amd64" } }]);
  });

  it("shows one image with its layers and configuration", async () => {
    registry.tags.set("latest", registry.index(registry.image("amd64", 1000), registry.image("arm64", 2000)).digest);
    const { stdout } = await runCli(["inspect", `${registry.host}/acme/web`, "--platform", "linux/arm64"], env);
    expect(stdout).toMatch(/entrypoint: +\["\/app"\]/);
    expect(stdout).toMatch(/ports: +80\/tcp/);
    expect(stdout).toMatch(/labels: +team=web/);
    expect(stdout).toMatch(/sha256:\w{64} +2\.0 kB\n +type: application\/vnd\.oci\.image\.layer/);
    expect(stdout).not.toContain("amd64");
  });

  it("gives scripts all of it", async () => {
    const image = registry.image("amd64", 1000);
    registry.tags.set("1", image.digest);
    const { stdout } = await runCli(["inspect", `acme/web@${image.digest}`, "--json"], env);
    expect(JSON.parse(stdout)).toMatchObject({
      digest: image.digest,
      mediaType: image.mediaType,
      images: [{ platform: "linux/amd64", layers: [{ size: 1000 }], config: { config: { Entrypoint: ["/app"] } } }],
      referrers: [],
    });
  });

  it("ends with 3 for what does not exist, and says where to look", async () => {
    const missing = await runCli(["inspect", "acme/web:gone"], env);
    expect(missing.exitCode).toBe(3);
    expect(missing.stderr).toContain("spacedock tags acme/web");
    registry.tags.set("1", registry.image("amd64", 1).digest);
    const platform = await runCli(["inspect", "acme/web:1", "--platform", "linux/s390x"], env);
    expect(platform.exitCode).toBe(3);
    expect(platform.stderr).toContain("Available platforms: linux/amd64");
  });
});

describe("rm", () => {
  beforeEach(() => {
    for (const tag of ["1", "2"]) registry.tags.set(tag, registry.image("amd64", Number(tag)).digest);
  });

  it("deletes several once it was asked, and says which were not there", async () => {
    const args = ["rm", "acme/web:1", "acme/web:gone"];
    const said = await runCli(args, env, { input: "y\n", isTerminal: true });
    expect(said.exitCode).toBe(3);
    expect(said.stdout).toBe(`deleted ${registry.host}/acme/web:1\n`);
    expect(said.stderr).toContain(`${registry.host}/acme/web:gone not found`);
    expect([...registry.tags.keys()]).toEqual(["2"]);
  });

  it("deletes a manifest by digest", async () => {
    const digest = registry.tags.get("2") ?? "";
    expect((await runCli(["rm", `acme/web@${digest}`, "--yes"], env)).exitCode).toBe(0);
    expect(registry.deleted).toEqual([digest]);
  });

  it.each([
    [["acme/web:1"], "--yes"],
    [["acme/web", "--yes"], "spacedock repos delete acme/web"],
    [[`acme/web:1@sha256:${"a".repeat(64)}`, "--yes"], "both a tag and a digest"],
  ])("deletes nothing for %j", async (args, said) => {
    const { exitCode, stderr } = await runCli(["rm", ...args], env);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(said);
    expect(registry.deleted).toEqual([]);
  });

  it("tells of the digest where a registry deletes no tags", async () => {
    registry.refusesTagDeletion = true;
    const { exitCode, stderr } = await runCli(["rm", "acme/web:1", "--yes"], env);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`spacedock rm ${registry.host}/acme/web@${registry.tags.get("1") ?? "?"}`);
  });
});

describe("repositories", () => {
  it("are published and deleted by their full names, at the registry that the name says", async () => {
    const seen: string[] = [];
    registry.also = (request, response) => {
      seen.push(`${request.method ?? ""} ${request.url ?? ""}`);
      const view = repositoryAt("web/api", { public: true });
      reply(
        response,
        request.method === "DELETE" ? 204 : 200,
        {},
        request.method === "DELETE" ? "" : JSON.stringify(view),
      );
      return true;
    };
    const elsewhere = { ...env, SPACEDOCK_REGISTRY: "elsewhere.example.com" };
    const published = await runCli(["repos", "public", `${registry.host}/acme/web/api`], elsewhere);
    expect(published.stdout).toBe("acme/web/api is public\n");
    const typed = { input: "acme/web/api\n", isTerminal: true };
    expect((await runCli(["repos", "delete", "acme/web/api"], env, typed)).stdout).toBe("deleted acme/web/api\n");
    const address = "/api/v1/spaces/acme/repositories/web/api";
    expect(seen).toEqual([`PATCH ${address}`, `DELETE ${address}`]);
  });

  it("do not get SPACEDOCK_TOKEN at a registry other than the one that is managed", async () => {
    const seen = new Set<string>();
    registry.also = (request) => {
      const { authorization = "" } = request.headers;
      seen.add(authorization + Buffer.from(authorization.replace("Basic ", ""), "base64").toString());
      return false;
    };
    const secretive = { ...env, SPACEDOCK_REGISTRY: "mine.example.com", SPACEDOCK_TOKEN: "sdt_mine" };
    await runCli(["tags", `${registry.host}/acme/web`], secretive);
    await runCli(["inspect", `${registry.host}/acme/web:1`], secretive);
    expect([...seen].some((sent) => sent.includes("me:secret"))).toBe(true);
    expect([...seen].some((sent) => sent.includes("sdt_mine"))).toBe(false);
  });
});
