import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { pack, writeDockerTree } from "../support/archives.ts";
import { usePushBench } from "../support/push-bench.ts";
import { reply } from "../support/server.ts";
import { runCli } from "../support/world.ts";

const bench = await usePushBench();
const { scratch } = bench;
const socket = join(scratch, "engine.sock");
const tree = join(scratch, "tree");
const { layers, config } = await writeDockerTree(tree, ["web:1"]);
const archive = await readFile(await pack(tree, join(scratch, "tree.tar")));
const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

let described: Record<string, unknown> = {};
const engine = createServer((request, response: ServerResponse) => {
  if (request.url?.endsWith("/json")) reply(response, 200, {}, JSON.stringify(described));
  else response.end(archive);
}).listen(socket);
await once(engine, "listening");
afterAll(async () => {
  engine.closeAllConnections();
  engine.close();
  await once(engine, "close");
});

beforeEach(() => {
  described = { RepoTags: ["web:1"], Size: archive.length };
});

const pushed = z.object({
  digest: z.string(),
  blobs: z.array(z.object({ digest: z.string(), outcome: z.string() })),
});

async function push(...args: readonly string[]): Promise<z.infer<typeof pushed>> {
  const env = { ...bench.env, DOCKER_HOST: `unix://${socket}` };
  const { stdout, stderr } = await runCli(["push", "web:1", `${bench.destination}:1`, "--json", ...args], env);
  if (stdout === "") throw new Error(stderr);
  return pushed.parse(JSON.parse(stdout));
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/**
 * Adds an image as docker's own push leaves it: with layers that docker compressed, and a manifest of
 * docker's type, under these references.
 */
function pushedByDocker(image: Buffer, plain: readonly Buffer[], ...references: readonly string[]): string {
  const packed = plain.map((layer) => gzipSync(layer, { level: 1 }));
  for (const bytes of [image, ...packed]) bench.registry.uploads.blobs.set(digestOf(bytes), bytes);
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: DOCKER_MANIFEST,
      config: {
        mediaType: "application/vnd.docker.container.image.v1+json",
        digest: digestOf(image),
        size: image.length,
      },
      layers: packed.map((layer) => ({
        mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip",
        digest: digestOf(layer),
        size: layer.length,
      })),
    }),
  );
  const digest = digestOf(bytes);
  for (const reference of [`@${digest}`, ...references]) {
    bench.registry.manifests.set(`acme/web${reference}`, { bytes, mediaType: DOCKER_MANIFEST });
  }
  return digest;
}

const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = layers;

describe("an image of docker's classic store", () => {
  it("keeps the digest of docker's own push, found by the tag", async () => {
    const digest = pushedByDocker(config, [first, second, first], ":1");
    const said = await push();
    expect(said.digest).toBe(digest);
    expect(new Set(said.blobs.map(({ outcome }) => outcome))).toEqual(new Set(["exists"]));
    expect(bench.registry.uploads.of("PUT")).toEqual([]);
  });

  it("keeps it where the engine knows it of this repository", async () => {
    const digest = pushedByDocker(config, [first, second, first]);
    described["RepoDigests"] = [`other.example.com/acme/web@${digest}`, `not a name@${digest}`];
    expect((await push()).digest).not.toBe(digest);
    described["RepoDigests"] = [`${bench.destination}@${digest}`];
    expect((await push("--tag", "2")).digest).toBe(digest);
    expect(bench.registry.manifests.get("acme/web:2")?.mediaType).toBe(DOCKER_MANIFEST);
  });

  it("is not taken for another image with the same layers, but takes those over", async () => {
    const other = Buffer.from(config.toString().replace("linux", "Linux"));
    pushedByDocker(other, [first, second, first], ":1");
    const { blobs } = await push();
    expect(blobs.map(({ outcome }) => outcome).toSorted()).toEqual(["exists", "exists", "pushed"]);
    expect(blobs.find(({ outcome }) => outcome === "pushed")?.digest).toBe(digestOf(config));
  });

  it("is compressed where the registry lists layers that it has not", async () => {
    const other = Buffer.from(config.toString().replace("linux", "Linux"));
    pushedByDocker(other, [first, second, first], ":1");
    bench.registry.uploads.blobs.delete(digestOf(gzipSync(first, { level: 1 })));
    expect((await push()).blobs.map(({ outcome }) => outcome).toSorted()).toEqual(["exists", "pushed", "pushed"]);
  });

  it("is not changed where the engine keeps manifests, nor where layers shall stay as they are", async () => {
    const plain = (await push("--no-compress")).blobs.map(({ digest }) => digest);
    expect(plain).toContain(digestOf(first));
    described["Descriptor"] = { mediaType: DOCKER_MANIFEST };
    expect((await push()).blobs.map(({ digest }) => digest)).toEqual(plain);
  });

  it("is pushed all the same where nothing of the registry may be read", async () => {
    bench.registry.refusals.set("GET /v2/acme/web/", { status: 403, code: "DENIED" });
    bench.registry.refusals.set("HEAD /v2/acme/web/", { status: 403, code: "DENIED" });
    expect((await push()).blobs.every(({ outcome }) => outcome === "pushed")).toBe(true);
  });
});
