import { mkdir, readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connect, startServer } from "../../live/server.ts";
import { openSpace, type Space } from "../../live/space.ts";
import { makeBigLayout } from "../support/big-layout.ts";
import { hashTree, writeRandomTree } from "../support/content.ts";
import { type Fate, startCountingProxy } from "../support/counting-proxy.ts";
import { dockerEngine } from "../support/engine.ts";
import { type Home, openHome } from "../support/home.ts";
import { makeIndexLayout, readLayout } from "../support/layout.ts";
import { scratch } from "../support/scratch.ts";
import { buildSpacedock, spacedock, startSpacedock } from "../support/spacedock.ts";

const megabyte = 1_000_000;
const isBig = process.env["BIG"] !== undefined;

const engine = dockerEngine();
let space: Space;
let token = "";
let home: Home;

beforeAll(async () => {
  await Promise.all([buildSpacedock(), engine.start("{}")]);
  space = await openSpace(connect(inject("registry")), "push");
  token = await space.token("pull", "push");
  home = await openHome({ DOCKER_HOST: engine.address, DOCKER_BUILDKIT: "0" });
  const login = ["login", "--tls-verify=false", "--username", "ci", "--password-stdin", space.host];
  await home.run("skopeo", login, token);
  await home.run("crane", ["auth", "login", space.host, "--username", "ci", "--password-stdin"], token);
});

afterAll(async () => {
  await engine.stop();
  await home.remove();
});

/** The token counts at this registry, or at a proxy in front of it. */
function loginAt(host: string): Record<string, string> {
  return { SPACEDOCK_REGISTRY: host, SPACEDOCK_TOKEN: token };
}

/** Pushes to a repository of the space, and returns the digest that it says. */
async function push(source: string, name: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await spacedock(home, ["push", source, space.repository(name), ...args], loginAt(space.host));
  return digestIn(stdout);
}

function digestIn(printed: string): string {
  return /sha256:[0-9a-f]{64}/.exec(printed)?.[0] ?? "";
}

/** Pulled with all digests checked. */
async function skopeoPull(name: string): Promise<string> {
  const layout = scratch(home);
  const copy = ["copy", "--all", "--preserve-digests", "--src-tls-verify=false"];
  await home.run("skopeo", [...copy, `docker://${space.repository(name)}`, `oci:${layout}:latest`]);
  return readLayout(layout);
}

async function cranePull(name: string): Promise<string> {
  const layout = scratch(home);
  await home.run("crane", ["pull", "--format=oci", space.repository(name), layout]);
  return readLayout(layout);
}

/** Makes an image of the engine and returns the directory with its files. */
async function importImage(name: string): Promise<string> {
  const parent = scratch(home);
  await writeRandomTree(`${parent}/files`, [20_000, megabyte, 0]);
  await home.run("sh", ["-c", 'tar -C "$0" -c files | docker import - "$1"', parent, name]);
  return `${parent}/files`;
}

/** The files of an image that the engine pulls anew. */
async function dockerPull(name: string): Promise<Record<string, string>> {
  const full = space.repository(name);
  await home.run("docker", ["login", "--username", "ci", "--password-stdin", space.host], token);
  await home.run("docker", ["pull", full]);
  const directory = scratch(home);
  await mkdir(directory);
  const container = (await home.run("docker", ["create", "--network=none", full, "none"])).trim();
  await home.run("sh", ["-c", 'docker export "$0" | tar -x -C "$1" files', container, directory]);
  return hashTree(`${directory}/files`);
}

describe("spacedock push", () => {
  it("brings a layout of two platforms there, for others to pull", async () => {
    const layout = scratch(home);
    const digest = await makeIndexLayout(layout, [20_000, 3 * megabyte]);
    expect(await push(layout, "layout:1", "--chunk-size", "1MB")).toBe(digest);
    expect(await skopeoPull("layout:1")).toBe(digest);
    expect(await cranePull("layout:1")).toBe(digest);
  });

  it("pushes an archive of a layout, and a compressed one", async () => {
    const layout = scratch(home);
    const digest = await makeIndexLayout(layout, [20_000]);
    const archive = `${scratch(home)}.tar`;
    await home.run("skopeo", [
      "copy",
      "--all",
      "--preserve-digests",
      `oci:${layout}:latest`,
      `oci-archive:${archive}:v1`,
    ]);
    expect(await push(`${archive}:v1`, "archive:1")).toBe(digest);
    await writeFile(`${archive}.gz`, gzipSync(await readFile(archive)));
    expect(await push(`${archive}.gz`, "archive:2")).toBe(digest);
    expect(await skopeoPull("archive:2")).toBe(digest);
  });

  it("pushes what docker save wrote, and the same from the engine", async () => {
    const files = await importImage("web:1");
    const archive = `${scratch(home)}.tar`;
    await home.run("docker", ["save", "--output", archive, "web:1"]);
    const digest = await push(archive, "saved:1");
    expect(await skopeoPull("saved:1")).toBe(digest);
    expect(await cranePull("saved:1")).toBe(digest);
    expect(await push("web:1", "engine:1")).toBe(digest);
    expect(await skopeoPull("engine:1")).toBe(digest);
    expect(await dockerPull("engine:1")).toEqual(await hashTree(files));
  });

  it("compresses layers on demand", async () => {
    const files = await importImage("small:1");
    const digest = await push("small:1", "compressed:1", "--compress");
    expect(await skopeoPull("compressed:1")).toBe(digest);
    expect(await home.run("crane", ["manifest", space.repository("compressed:1")])).toContain("layer.v1.tar+gzip");
    expect(await dockerPull("compressed:1")).toEqual(await hashTree(files));
  });

  it("pushes an archive of skopeo's, whose layers have other names", async () => {
    await importImage("other:1");
    const archive = `${scratch(home)}.tar`;
    const daemon = ["copy", "--src-daemon-host", engine.address, "docker-daemon:other:1"];
    await home.run("skopeo", [...daemon, `docker-archive:${archive}:other:1`]);
    expect(await skopeoPull("skopeo:1").catch(() => null)).toBeNull();
    const digest = await push(archive, "skopeo:1");
    expect(await skopeoPull("skopeo:1")).toBe(digest);
  });

  it("mounts in a second repository what the first one has", async () => {
    const layout = scratch(home);
    const digest = await makeIndexLayout(layout, [20_000]);
    await push(layout, "first:1");
    const args = ["push", layout, space.repository("second:1"), "--json"];
    const { stdout } = await spacedock(home, args, loginAt(space.host));
    expect(stdout.match(/"outcome":"mounted"/g)).toHaveLength(4);
    expect(await skopeoPull("second:1")).toBe(digest);
  });

  it("says in one sentence that the disk is full, and leaves nothing there", async () => {
    const disk = scratch(home);
    await mkdir(disk);
    await home.run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
    try {
      const layout = scratch(home);
      await makeIndexLayout(layout, [2 * megabyte]);
      const archive = `${scratch(home)}.tar.gz`;
      await home.run("tar", ["-C", layout, "-czf", archive, "."]);
      const running = startSpacedock(home, ["push", archive, space.repository("full:1")], {
        ...loginAt(space.host),
        TMPDIR: disk,
      });
      const { exitCode, stderr } = await running.ended;
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`spacedock: the disk is full: ${disk} has no room for a temporary file (`);
      expect(await hashTree(disk)).toEqual({});
    } finally {
      await home.run("umount", [disk]);
    }
  });
});

function portOf(host: string): number {
  return Number(new URL(`http://${host}`).port);
}

describe("a push that is disturbed", () => {
  const size = 40 * megabyte;
  const chunk = 8 * megabyte;
  let layout = "";
  let digest = "";

  beforeAll(async () => {
    layout = scratch(home);
    digest = await makeBigLayout(layout, size);
  });

  function pushThrough(host: string, name: string): ReturnType<typeof startSpacedock> {
    const args = ["push", layout, `${host}/${space.name}/${name}`, "--chunk-size", "8MB"];
    return startSpacedock(home, args, loginAt(host));
  }

  it("goes on after Ctrl-C in the middle of a chunk, and sends nothing twice that was acknowledged", async () => {
    let interrupt: (() => void) | null = null;
    const proxy = await startCountingProxy(portOf(space.host), (sent): Fate => {
      if (sent < 20 * megabyte || interrupt === null) return "pass";
      interrupt();
      return "lose";
    });
    try {
      const first = pushThrough(proxy.host, "interrupted:1");
      interrupt = () => first.interrupt();
      expect(await first.ended).toMatchObject({ exitCode: 130, stdout: "" });
      expect(await skopeoPull("interrupted:1").catch(() => null)).toBeNull();
      interrupt = null;
      expect(await pushThrough(proxy.host, "interrupted:1").ended).toMatchObject({ exitCode: 0 });
      expect(proxy.sent).toBeLessThanOrEqual(size + 2 * chunk);
    } finally {
      await proxy.stop();
    }
    expect(await skopeoPull("interrupted:1")).toBe(digest);
  });

  it("goes on when its connection breaks in the middle of a chunk, twice", async () => {
    const cuts = [12 * megabyte, 28 * megabyte];
    const proxy = await startCountingProxy(portOf(space.host), (sent): Fate => {
      if (sent < (cuts[0] ?? Number.POSITIVE_INFINITY)) return "pass";
      cuts.shift();
      return "cut";
    });
    try {
      expect(await pushThrough(proxy.host, "cut:1").ended).toMatchObject({ exitCode: 0 });
      expect(cuts).toEqual([]);
      expect(proxy.sent).toBeLessThanOrEqual(size + 2 * chunk);
    } finally {
      await proxy.stop();
    }
    expect(await skopeoPull("cut:1")).toBe(digest);
  });

  it(`holds less than 150 MB while it pushes a layer of ${isBig ? "2 GB" : "300 MB"}`, async () => {
    const big = scratch(home);
    const expected = await makeBigLayout(big, (isBig ? 2000 : 300) * megabyte);
    const args = ["push", big, space.repository("memory:1")];
    const { stdout, peak } = await spacedock(home, args, loginAt(space.host));
    console.log(`peak: ${Math.round(peak / megabyte)} MB`);
    expect(digestIn(stdout)).toBe(expected);
    expect(peak).toBeLessThan(150 * megabyte);
    expect(peak).toBeGreaterThan(10 * megabyte);
    expect((await home.run("crane", ["digest", space.repository("memory:1")])).trim()).toBe(expected);
  });
});

describe("a push while the server restarts", () => {
  it("goes on between two chunks", async () => {
    const size = 40 * megabyte;
    const layout = scratch(home);
    const digest = await makeBigLayout(layout, size);
    const server = await startServer();
    const restarts: Promise<void>[] = [];
    let patches = 0;
    const proxy = await startCountingProxy(portOf(server.host), (_, piece): Fate => {
      patches += piece.subarray(0, 6).toString("latin1") === "PATCH " ? 1 : 0;
      if (patches < 3 || restarts.length > 0) return "pass";
      proxy.isClosed = true;
      restarts.push(server.restart().finally(() => (proxy.isClosed = false)));
      return "cut";
    });
    try {
      const own = await openSpace(server, "restart");
      const env = { SPACEDOCK_REGISTRY: proxy.host, SPACEDOCK_TOKEN: await own.token("pull", "push") };
      const name = `${proxy.host}/${own.name}/web:1`;
      const { stdout } = await spacedock(home, ["push", layout, name, "--chunk-size", "8MB"], env);
      expect(digestIn(stdout)).toBe(digest);
      expect(await Promise.all(restarts)).toHaveLength(1);
      expect(proxy.sent).toBeLessThanOrEqual(size + 2 * 8 * megabyte);
      const pulled = scratch(home);
      const source = [
        "--src-tls-verify=false",
        "--src-creds",
        `ci:${env.SPACEDOCK_TOKEN}`,
        `docker://${own.repository("web:1")}`,
      ];
      await home.run("skopeo", ["copy", "--preserve-digests", ...source, `oci:${pulled}:latest`]);
      expect(await readLayout(pulled)).toBe(digest);
    } finally {
      await proxy.stop();
      await server.stop();
    }
  });
});
