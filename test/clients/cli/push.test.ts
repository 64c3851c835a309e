import { mkdir, readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashTree, writeRandomTree } from "../support/content.ts";
import { dockerEngine } from "../support/engine.ts";
import { makeIndexLayout } from "../support/layout.ts";
import { scratch } from "../support/scratch.ts";
import { useSpacedock } from "../support/spacedock-bench.ts";
import { digestIn, spacedock, startSpacedock } from "../support/spacedock.ts";

const megabyte = 1_000_000;

const engine = dockerEngine();
const bench = useSpacedock({ DOCKER_HOST: engine.address, DOCKER_BUILDKIT: "0" });
beforeAll(() => engine.start("{}"));
afterAll(() => engine.stop());

/** Pushes, and returns the digest that the command prints. */
async function pushed(source: string, name: string, ...args: readonly string[]): Promise<string> {
  return digestIn((await bench.push(source, name, ...args)).stdout);
}

/** Makes an image of the engine and returns the directory with its files. */
async function importImage(name: string): Promise<string> {
  const parent = scratch(bench.home);
  await writeRandomTree(`${parent}/files`, [20_000, megabyte, 0]);
  await bench.home.run("sh", ["-c", 'tar -C "$0" -c files | docker import - "$1"', parent, name]);
  return `${parent}/files`;
}

/** Returns the files of an image that the engine pulls anew. */
async function dockerPull(name: string): Promise<Record<string, string>> {
  const full = bench.space.repository(name);
  await bench.home.run("docker", ["login", "--username", "ci", "--password-stdin", bench.space.host], bench.token);
  await bench.home.run("docker", ["pull", full]);
  const directory = scratch(bench.home);
  await mkdir(directory);
  const container = (await bench.home.run("docker", ["create", "--network=none", full, "none"])).trim();
  await bench.home.run("sh", ["-c", 'docker export "$0" | tar -x -C "$1" files', container, directory]);
  return hashTree(`${directory}/files`);
}

describe("spacedock push", () => {
  it("brings a layout of two platforms there, for others to pull", async () => {
    const layout = scratch(bench.home);
    const digest = await makeIndexLayout(layout, [20_000, 3 * megabyte]);
    expect(await pushed(layout, "layout:1", "--chunk-size", "1MB")).toBe(digest);
    expect(await bench.skopeoPull("layout:1")).toBe(digest);
    expect(await bench.cranePull("layout:1")).toBe(digest);
  });

  it("pushes an archive of a layout, and a compressed one", async () => {
    const layout = scratch(bench.home);
    const digest = await makeIndexLayout(layout, [20_000]);
    const archive = `${scratch(bench.home)}.tar`;
    await bench.home.run("skopeo", [
      "copy",
      "--all",
      "--preserve-digests",
      `oci:${layout}:latest`,
      `oci-archive:${archive}:v1`,
    ]);
    expect(await pushed(`${archive}:v1`, "archive:1")).toBe(digest);
    await writeFile(`${archive}.gz`, gzipSync(await readFile(archive)));
    expect(await pushed(`${archive}.gz`, "archive:2")).toBe(digest);
    expect(await bench.skopeoPull("archive:2")).toBe(digest);
  });

  it("pushes what docker save wrote, and the same from the engine", async () => {
    const files = await importImage("web:1");
    const archive = `${scratch(bench.home)}.tar`;
    await bench.home.run("docker", ["save", "--output", archive, "web:1"]);
    const digest = await pushed(archive, "saved:1");
    expect(await bench.skopeoPull("saved:1")).toBe(digest);
    expect(await bench.cranePull("saved:1")).toBe(digest);
    expect(await pushed("web:1", "engine:1")).toBe(digest);
    expect(await bench.skopeoPull("engine:1")).toBe(digest);
    expect(await dockerPull("engine:1")).toEqual(await hashTree(files));
  });

  it("keeps the digest of docker's own push", async () => {
    await importImage("mine:1");
    const full = bench.space.repository("mine:1");
    await bench.home.run("docker", ["login", "--username", "ci", "--password-stdin", bench.space.host], bench.token);
    await bench.home.run("docker", ["tag", "mine:1", full]);
    const said = await bench.home.run("docker", ["push", full]);
    const [, digest] = /digest: (sha256:[0-9a-f]{64})/.exec(said) ?? [];
    // It is found by the tag, and by the digest that the engine keeps.
    expect(await pushed("mine:1", "mine:1")).toBe(digest);
    expect(await pushed(full, "mine:2")).toBe(digest);
  });

  it("compresses layers as docker push does", async () => {
    const files = await importImage("small:1");
    const digest = await pushed("small:1", "compressed:1");
    expect(await bench.skopeoPull("compressed:1")).toBe(digest);
    expect(await bench.home.run("crane", ["manifest", bench.space.repository("compressed:1")])).toContain(
      "layer.v1.tar+gzip",
    );
    expect(await dockerPull("compressed:1")).toEqual(await hashTree(files));
  });

  it("pushes an archive of skopeo's, whose layers have other names", async () => {
    await importImage("other:1");
    const archive = `${scratch(bench.home)}.tar`;
    const daemon = ["copy", "--src-daemon-host", engine.address, "docker-daemon:other:1"];
    await bench.home.run("skopeo", [...daemon, `docker-archive:${archive}:other:1`]);
    expect(await bench.skopeoPull("skopeo:1").catch(() => null)).toBeNull();
    const digest = await pushed(archive, "skopeo:1");
    expect(await bench.skopeoPull("skopeo:1")).toBe(digest);
  });

  it("mounts in a second repository what the first one has", async () => {
    const layout = scratch(bench.home);
    const digest = await makeIndexLayout(layout, [20_000]);
    await bench.push(layout, "first:1");
    const args = ["push", layout, bench.space.repository("second:1"), "--json"];
    const { stdout } = await spacedock(bench.home, args, bench.loginAt(bench.space.host));
    expect(stdout.match(/"outcome":"mounted"/g)).toHaveLength(4);
    expect(await bench.skopeoPull("second:1")).toBe(digest);
  });

  it("says in one sentence that the disk is full, and leaves nothing there", async () => {
    const disk = scratch(bench.home);
    await mkdir(disk);
    await bench.home.run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
    try {
      const layout = scratch(bench.home);
      await makeIndexLayout(layout, [2 * megabyte]);
      const archive = `${scratch(bench.home)}.tar.gz`;
      await bench.home.run("tar", ["-C", layout, "-czf", archive, "."]);
      const running = startSpacedock(bench.home, ["push", archive, bench.space.repository("full:1")], {
        ...bench.loginAt(bench.space.host),
        TMPDIR: disk,
      });
      const { exitCode, stderr } = await running.ended;
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`spacedock: the disk is full: ${disk} has no room for a temporary file (`);
      expect(await hashTree(disk)).toEqual({});
    } finally {
      await bench.home.run("umount", [disk]);
    }
  });
});
