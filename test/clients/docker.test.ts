import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { hashTree, writeRandomTree } from "./support/content.ts";
import { describeContract } from "./support/contract.ts";
import { startCuttingProxy } from "./support/cutting-proxy.ts";
import { dockerClient, filesOf, importImage, pull, push } from "./support/docker.ts";
import { dockerEngine } from "./support/engine.ts";
import type { Home } from "./support/home.ts";
import { scratch } from "./support/scratch.ts";

const engine = dockerEngine();
beforeAll(() => engine.start("{}"));
afterAll(() => engine.stop());

const megabyte = 1_000_000;
const bigSize = (process.env["BIG"] === undefined ? 100 : 1000) * megabyte;

const docker = dockerClient(engine.address);

describeContract("docker", docker);

describe("docker", () => {
  const bench = useBench("docker", docker);
  let home: Home;

  beforeAll(async () => {
    home = await bench.openHome();
  });

  it(`gets an image of ${bigSize / megabyte} MB back bit for bit`, async () => {
    const name = bench.space.repository("big:1");
    const files = await importImage(home, name, [bigSize]);
    const digest = await push(home, name);
    expect(await pull(home, name)).toBe(digest);
    expect(await hashTree(await filesOf(home, name))).toEqual(await hashTree(files));
  });

  it("pushes many layers at a time", async () => {
    const context = scratch(home);
    await writeRandomTree(context, [3, 300_000, 2 * megabyte, 5 * megabyte, 7 * megabyte, 100, megabyte, 10]);
    const files = Object.keys(await hashTree(context));
    const lines = ["FROM scratch", ...files.map((file) => `COPY ${file} /files/`)];
    await writeFile(`${context}/Dockerfile`, `${lines.join("\n")}\n`);
    const name = bench.space.repository("layers:1");
    await home.run("docker", ["build", "--tag", name, context]);
    const digest = await push(home, name);
    expect(await pull(home, name)).toBe(digest);
    const { Dockerfile: _, ...expected } = await hashTree(context);
    expect(await hashTree(await filesOf(home, name))).toEqual(expected);
  });

  it("mounts in a second repository what the first one has", async () => {
    const name = bench.space.repository("first:1");
    const digest = await docker.push(home, name);
    const second = bench.space.repository("second:1");
    await home.run("docker", ["tag", name, second]);
    const printed = await home.run("docker", ["push", second]);
    expect(printed).toContain(`Mounted from ${bench.space.name}/first`);
    expect(printed).toContain(digest);
  });

  it("pulls by digest", async () => {
    const digest = await docker.push(home, bench.space.repository("pinned:1"));
    expect(await pull(home, bench.space.repository(`pinned@${digest}`))).toBe(digest);
  });

  it("moves a tag to a newer image", async () => {
    const name = bench.space.repository("moving:latest");
    const older = await docker.push(home, name);
    const newer = await docker.push(home, name);
    expect(newer).not.toBe(older);
    expect(await pull(home, name)).toBe(newer);
  });

  it("joins two images into a manifest list", async () => {
    const images = ["amd64", "arm64"].map((architecture) => bench.space.repository(`list:${architecture}`));
    for (const image of images) await docker.push(home, image);
    const list = bench.space.repository("list:1");
    await home.run("docker", ["manifest", "create", "--insecure", list, ...images]);
    await home.run("docker", ["manifest", "annotate", "--arch", "arm64", list, images[1] ?? ""]);
    await home.run("docker", ["manifest", "push", "--insecure", list]);
    const inspected = await home.run("docker", ["manifest", "inspect", "--insecure", list]);
    expect(inspected).toContain("application/vnd.docker.distribution.manifest.list.v2+json");
    expect(inspected).toContain('"architecture": "arm64"');
  });

  it("goes on where a pull was cut off", async () => {
    const name = bench.space.repository("cut:1");
    const files = await importImage(home, name, [20 * megabyte]);
    await push(home, name);
    const proxy = await startCuttingProxy(Number(new URL(`http://${bench.space.host}`).port), 5 * megabyte);
    try {
      const throughProxy = name.replace(bench.space.host, proxy.host);
      await docker.login(home, proxy.host, await bench.space.token("pull"));
      await home.run("docker", ["image", "rm", "--force", name]);
      await home.run("docker", ["pull", throughProxy]);
      expect(proxy.cuts).toBe(1);
      expect(proxy.ranges).toContainEqual(expect.stringMatching(/bytes=[1-9]\d*-/));
      expect(await hashTree(await filesOf(home, throughProxy))).toEqual(await hashTree(files));
    } finally {
      await proxy.stop();
    }
  });
});
