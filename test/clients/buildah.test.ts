import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { hashTree, writeRandomTree } from "./support/content.ts";
import { type Client, describeContract } from "./support/contract.ts";
import type { Home } from "./support/home.ts";
import { scratch } from "./support/scratch.ts";

/** Builds an image without running anything in it, and returns the directory with its files. */
async function build(home: Home, name: string): Promise<string> {
  const directory = scratch(home);
  await writeRandomTree(directory, [20_000, 1_000_000]);
  const container = (await home.run("buildah", ["from", "scratch"])).trim();
  await home.run("buildah", ["copy", container, directory, "/"]);
  await home.run("buildah", ["commit", "--rm", container, name]);
  return directory;
}

async function push(home: Home, name: string): Promise<string> {
  const digestFile = scratch(home);
  await home.run("buildah", ["push", "--tls-verify=false", "--digestfile", digestFile, name]);
  return readFile(digestFile, "utf8");
}

/** Starts a container from an image in the registry and returns the directory with its files. */
async function unpack(home: Home, name: string, ...options: string[]): Promise<string> {
  const container = (await home.run("buildah", ["from", "--tls-verify=false", ...options, name])).trim();
  return (await home.run("buildah", ["mount", container])).trim();
}

const buildah: Client = {
  login: (home, host, password) =>
    home.run("buildah", ["login", "--tls-verify=false", "--username", "ci", "--password-stdin", host], password),
  push: async (home, name) => {
    await build(home, name);
    return push(home, name);
  },
  pull: async (home, name) => {
    await home.run("buildah", ["pull", "--tls-verify=false", name]);
    return (await home.run("buildah", ["images", "--no-trunc", "--format", "{{.Digest}}", name])).trim();
  },
};

describeContract("buildah", buildah);

describe("buildah", () => {
  const bench = useBench("buildah", buildah);
  let home: Home;

  beforeAll(async () => {
    home = await bench.openHome();
  });

  it("builds on an image from the registry, with its files bit for bit", async () => {
    const name = bench.space.repository("base:1");
    const files = await build(home, name);
    await push(home, name);
    const unpacked = await unpack(await bench.openHome(), name);
    expect(await hashTree(unpacked)).toEqual(await hashTree(files));
  });

  it("pulls from an index the image for another platform", async () => {
    const index = bench.space.repository("index:1");
    await home.run("buildah", ["manifest", "create", index]);
    const files: Record<string, string> = {};
    for (const architecture of ["amd64", "arm64"]) {
      const image = bench.space.repository(`index:${architecture}`);
      files[architecture] = await build(home, image);
      await push(home, image);
      await home.run("buildah", [
        "manifest",
        "add",
        "--tls-verify=false",
        "--arch",
        architecture,
        index,
        `docker://${image}`,
      ]);
    }
    await home.run("buildah", ["manifest", "push", "--all", "--tls-verify=false", index, `docker://${index}`]);
    const unpacked = await unpack(await bench.openHome(), index, "--arch", "arm64");
    expect(await hashTree(unpacked)).toEqual(await hashTree(files["arm64"] ?? ""));
  });
});
