import { mkdir, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connect } from "../../harness/live/server.ts";
import { useBench } from "./support/bench.ts";
import { hashTree, writeRandomTree } from "./support/content.ts";
import { type Client, describeContract } from "./support/contract.ts";
import { buildkitEngine } from "./support/engine.ts";
import type { Home } from "./support/home.ts";
import { scratch } from "./support/scratch.ts";

const engine = buildkitEngine();
beforeAll(() => engine.start(`[registry."${connect(inject("registry")).host}"]\n  http = true\n`));
afterAll(() => engine.stop());

/** Builds and returns BuildKit's log. */
async function build(home: Home, context: string, ...options: string[]): Promise<string> {
  return (await home.runAll("buildx", ["build", "--progress=plain", ...options, context])).stderr;
}

async function makeContext(home: Home, sizes: readonly number[] = [20_000, 1_000_000]): Promise<string> {
  const context = scratch(home);
  await writeRandomTree(context, sizes);
  await writeFile(`${context}/Dockerfile`, "FROM scratch\nCOPY file-* /files/\nCOPY file-0 /first\n");
  return context;
}

/** Unpacks an image by building on it, and returns the log with the digest that was pulled. */
async function unpack(home: Home, name: string, directory: string, ...options: string[]): Promise<string> {
  const context = scratch(home);
  await mkdir(context);
  await writeFile(`${context}/Dockerfile`, `FROM ${name}\n`);
  await home.run("buildx", ["prune", "--all", "--force"]);
  return build(home, context, "--no-cache", "--output", `type=local,dest=${directory}`, ...options);
}

const buildx: Client = {
  // buildx has no login of its own: it reads another client's.
  login: async (home, host, password) => {
    await home.run("crane", ["auth", "login", host, "--username", "ci", "--password-stdin"], password);
    await home.run("buildx", ["create", "--use", "--driver", "remote", engine.address]);
  },
  push: async (home, name) => {
    const log = await build(home, await makeContext(home), "--push", "--tag", name);
    return /pushing manifest for \S+@(sha256:[0-9a-f]{64})/.exec(log)?.[1] ?? "";
  },
  pull: async (home, name) => {
    const log = await unpack(home, name, scratch(home));
    return /FROM \S+@(sha256:[0-9a-f]{64})/.exec(log)?.[1] ?? "";
  },
};

describeContract("buildx", buildx);

describe("buildx", () => {
  const bench = useBench("buildx", buildx);
  let home: Home;

  beforeAll(async () => {
    home = await bench.openHome();
  });

  it("builds on an image from the registry, with its files bit for bit", async () => {
    const context = await makeContext(home, [0, 1, 3_000_000]);
    const name = bench.space.repository("files:1");
    await build(home, context, "--push", "--tag", name);
    const unpacked = scratch(home);
    await unpack(home, name, unpacked);
    const { Dockerfile: _, ...files } = await hashTree(context);
    expect(await hashTree(`${unpacked}/files`)).toEqual(files);
  });

  it("pushes an image for two platforms with its attestations", async () => {
    const name = bench.space.repository("platforms:1");
    const platforms = ["--platform", "linux/amd64,linux/arm64", "--provenance", "mode=max"];
    await build(home, await makeContext(home), "--push", "--tag", name, ...platforms);
    const unpacked = scratch(home);
    await unpack(home, name, unpacked, "--platform", "linux/arm64");
    expect(Object.keys(await hashTree(unpacked))).toContain("first");
  });

  it.each(["image-manifest=true", "image-manifest=false"])(
    "builds from a cache in the registry with %s",
    async (form) => {
      const context = await makeContext(home);
      const cache = bench.space.repository(`cache:${form.replace("=", "-")}`);
      await build(home, context, "--cache-to", `type=registry,ref=${cache},mode=max,oci-mediatypes=true,${form}`);
      await home.run("buildx", ["prune", "--all", "--force"]);
      const log = await build(home, context, "--cache-from", `type=registry,ref=${cache}`);
      expect(log.match(/ CACHED$/gm)).toHaveLength(2);
    },
  );

  it("cannot write a cache with a token that may only pull", async () => {
    const reader = await bench.openHome(await bench.space.token("pull"));
    const cache = `type=registry,ref=${bench.space.repository("cache:forbidden")}`;
    await expect(build(reader, await makeContext(reader), "--cache-to", cache)).rejects.toThrow(
      /denied|forbidden|unauthorized|insufficient/i,
    );
  });
});
