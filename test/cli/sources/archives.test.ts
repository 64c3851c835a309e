import { randomBytes } from "node:crypto";
import { cp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { makeImageLayout, makeIndexLayout } from "../../clients/support/layout.ts";
import { pack, sha256, writeDockerTree, writeFiles } from "../support/archives.ts";
import { addReferrer } from "../support/layouts.ts";
import { usePushBench } from "../support/push-bench.ts";
import { runCli } from "../support/world.ts";

const bench = await usePushBench();
const { scratch, push } = bench;
const tmp = join(scratch, "tmp");
const layout = join(scratch, "layout");
const layoutDigest = await makeImageLayout(layout, [50_000, 1000]);
const layoutTar = await pack(layout, join(scratch, "layout.tar"));
const dockerTree = join(scratch, "docker");
const { layers, config } = await writeDockerTree(dockerTree, ["acme/web:1", "acme/web:latest"]);
const dockerTar = await pack(dockerTree, join(scratch, "docker.tar"));

beforeEach(async () => {
  await rm(tmp, { recursive: true, force: true });
  await writeFiles(tmp, { "somebody else's": "file" });
});

/** Pushes with a directory for temporary files, which must be unchanged at the end. */
async function pushSpooled(source: string, ...args: readonly string[]): ReturnType<typeof runCli> {
  const said = await runCli(["push", source, `${bench.destination}:1`, ...args], { ...bench.env, TMPDIR: tmp });
  expect(await readdir(tmp)).toEqual(["somebody else's"]);
  return said;
}

const manifest = z.object({
  mediaType: z.string(),
  config: z.object({ digest: z.string(), mediaType: z.string() }),
  layers: z.array(z.object({ digest: z.string(), mediaType: z.string(), size: z.number() })),
});

function pushedManifest(): z.infer<typeof manifest> {
  return manifest.parse(JSON.parse(bench.registry.manifests.get("acme/web:1")?.bytes.toString() ?? "{}"));
}

describe("an archive of a layout", () => {
  it("is pushed as it is, without a temporary file", async () => {
    const { stdout, stderr } = await pushSpooled(layoutTar);
    expect(stderr).toBe("");
    expect(stdout).toContain(`@${layoutDigest} (`);
  });

  it("is unpacked first where it is compressed, and says so", async () => {
    const packed = join(scratch, "layout.tar.gz");
    await writeFile(packed, gzipSync(await readFile(layoutTar)));
    const { stdout, stderr } = await pushSpooled(packed);
    expect(stdout).toContain(`@${layoutDigest} (`);
    expect(stderr).toBe(`${packed} is compressed; unpacking it into a temporary file in ${tmp}\n`);
    expect((await pushSpooled(packed, "--json")).stderr).toBe("");
  });

  it.each([
    ["cut off", (bytes: Buffer) => gzipSync(bytes).subarray(0, 30_000), "is truncated: it cannot be unpacked"],
    [
      "rubbish",
      () => Buffer.concat([Buffer.from("1f8b", "hex"), randomBytes(5000)]),
      "is damaged: it cannot be unpacked",
    ],
    ["of something else", () => gzipSync("no archive"), "is not a tar archive"],
    [
      "xz",
      () => Buffer.from("fd377a585a000004", "hex"),
      "is compressed with xz; this is not supported\nUnpack it first: xz -d",
    ],
    [
      "bzip2",
      () => Buffer.from("425a6839314159265359", "hex"),
      "is compressed with bzip2; this is not supported\nUnpack it first: bzip2 -d",
    ],
    ["zstd cut short", (tar) => zstdCompressSync(tar).subarray(0, 1000), "is truncated: it cannot be unpacked"],
    ["zstd damaged", () => Buffer.from("28b52ffd00000000ffffffffff", "hex"), "it cannot be unpacked"],
  ])("fails with one sentence where it is compressed and %s", async (name, make, said) => {
    const packed = join(scratch, `${name}.tar.gz`);
    await writeFile(packed, make(await readFile(layoutTar)));
    const { exitCode, stderr } = await pushSpooled(packed);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(said);
    expect(bench.registry.references).toEqual([]);
  });

  it("is unpacked where it is compressed with zstd, whatever its name", async () => {
    const packed = join(scratch, "named-as.tar.xz");
    await writeFile(packed, zstdCompressSync(await readFile(layoutTar)));
    const { stdout, stderr } = await pushSpooled(packed);
    expect(stdout).toContain(`@${layoutDigest} (`);
    expect(stderr).toContain("unpacking it into a temporary file");
  });

  it("fails where it is cut off, in a file or between files", async () => {
    const cut = join(scratch, "cut.tar");
    const bytes = await readFile(layoutTar);
    await writeFile(cut, bytes);
    await truncate(cut, bytes.length / 2);
    expect(await push(cut)).toMatchObject({ exitCode: 6, stderr: expect.stringContaining("is truncated") });
    const first = await pack(layout, join(scratch, "first.tar"), "--exclude=index.json");
    // Without the zeros at its end.
    await truncate(
      first,
      Math.ceil((await readFile(first)).toString("latin1").trimEnd().replace(/\0+$/, "").length / 512) * 512,
    );
    expect(await push(first)).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("its end and its index are missing"),
    });
  });

  it("takes the one platform that is there, as docker keeps only those that were pulled", async () => {
    const sparse = join(scratch, "sparse");
    const root = await makeIndexLayout(sparse, [1000]);
    const children = z.object({ manifests: z.array(z.object({ digest: z.string() })) });
    const blobs = join(sparse, "blobs/sha256");
    const { manifests } = children.parse(JSON.parse(await readFile(join(blobs, root.slice(7)), "utf8")));
    const [amd64, arm64] = manifests.map(({ digest }) => digest.slice(7));
    await rm(join(blobs, amd64 ?? ""));
    const { stdout, stderr } = await push(await pack(sparse, join(scratch, "sparse.tar")));
    expect(stdout).toContain(`@sha256:${arm64}`);
    expect(stderr).toContain("pushing linux/arm64, the only one of 2 platforms that is here");
  });
});

describe("an archive as docker made them before version 25", () => {
  it("gets a manifest, the same each time, with its layers as they are where that is wished for", async () => {
    expect(await push(dockerTar, "--no-compress")).toMatchObject({ exitCode: 0, stderr: "" });
    const pushed = pushedManifest();
    expect(pushed.layers.map(({ digest }) => digest)).toEqual(
      [...layers, ...layers.slice(0, 1)].map((layer) => `sha256:${sha256(layer)}`),
    );
    expect(pushed.layers[0]?.mediaType).toBe("application/vnd.oci.image.layer.v1.tar");
    expect(pushed.config).toEqual({
      digest: `sha256:${sha256(config)}`,
      mediaType: "application/vnd.oci.image.config.v1+json",
    });
    expect(bench.registry.blobs.get(`sha256:${sha256(config)}`)).toEqual(config);
    expect((await push(dockerTar, "--no-compress")).stdout).toContain("blobs: 3 already there");
  });

  it("has its layers compressed, the same each time, and it is said what that changes", async () => {
    const first = await pushSpooled(dockerTar);
    expect(first.exitCode).toBe(0);
    expect(first.stderr).toMatch(
      /^Layers of 57\.0 kB were compressed to 7\.\d+ kB\. Their digests differ.*docker push.*--no-compress/,
    );
    expect((await pushSpooled(dockerTar, "--compress")).stderr).toBe("");
    const [layer] = pushedManifest().layers;
    expect(layer?.mediaType).toBe("application/vnd.oci.image.layer.v1.tar+gzip");
    expect(layer?.size).toBeLessThan(10_000);
    expect(gunzipSync(bench.registry.blobs.get(layer?.digest ?? "") ?? "")).toEqual(layers[0]);
    expect((await pushSpooled(dockerTar)).stdout).toContain("blobs: 3 already there");
    // The same on every system that compresses it.
    expect(bench.registry.blobs.get(layer?.digest ?? "")?.[9]).toBe(255);
  });

  it("is compressed as well where docker put a layout beside its list", async () => {
    const both = join(scratch, "both");
    const size = await writePlainLayout(both, 30_000);
    await writeFile(join(both, "manifest.json"), "[]");
    await pushSpooled(await pack(both, `${both}.tar`));
    expect(pushedManifest().layers[0]?.size).toBeLessThan(size / 10);
  });

  it("is said to be smaller with --compress where it is large and of a layout", async () => {
    const plain = join(scratch, "large");
    await writePlainLayout(plain, 22_000_000);
    const args = ["push", plain, bench.destination];
    const { stderr } = await runCli(args, bench.env, { isTerminal: true });
    expect(stderr).toContain("Layers of 22.0 MB are not compressed; to make them smaller, add --compress\n");
    expect(bench.registry.blobs.size).toBe(2);
    expect((await push(plain)).stderr).toBe("");
  });

  it.each([
    ["xz", "fd377a585a000004"],
    ["bzip2", "425a6839314159265359"],
  ])("is refused by name where a layer is compressed with %s", async (name, magic) => {
    const tree = join(scratch, `layers-${name}`);
    await writeDockerTree(tree, ["acme/web:1"], () => Buffer.from(magic, "hex"));
    const { exitCode, stderr } = await push(await pack(tree, `${tree}.tar`));
    expect(exitCode).toBe(6);
    expect(stderr).toContain(`its layer one/layer.tar is compressed with ${name}, which images do not allow`);
  });

  it("leaves signatures behind where a layout is compressed, and not without a word", async () => {
    const signed = join(scratch, "signed");
    await writePlainLayout(signed, 3000);
    await addReferrer(signed, "signature");
    const { manifests } = z
      .object({ manifests: z.array(z.looseObject({ digest: z.string() })) })
      .parse(JSON.parse(await readFile(join(signed, "index.json"), "utf8")));
    const source = `${signed}:${manifests[0]?.digest ?? ""}`;
    expect((await push(source, "--compress")).stderr).toContain("1 referrer is not pushed");
    expect((await push(source)).stderr).toBe("");
    expect(bench.registry.references).toContain(`acme/web@${manifests[1]?.digest ?? ""}`);
  });

  it("may have layers that are compressed already", async () => {
    const tree = join(scratch, "compressed");
    const made = await writeDockerTree(tree, ["acme/web:1"], (layer) => gzipSync(layer));
    await push(await pack(tree, `${tree}.tar`));
    const [layer] = pushedManifest().layers;
    expect(layer?.mediaType).toBe("application/vnd.oci.image.layer.v1.tar+gzip");
    expect(gunzipSync(bench.registry.blobs.get(layer?.digest ?? "") ?? "")).toEqual(made.layers[0]);
  });

  it.each(["acme/web:1", "acme/web:latest", "web:1"])("is asked for one of its images by name: %s", async (name) => {
    const several = await severalImages();
    expect(await push(`${several}:${name}`)).toMatchObject({ exitCode: 0 });
    expect(pushedManifest().config.digest).toBe(`sha256:${sha256(config)}`);
  });

  it("says which images there are where it is not clear which is meant", async () => {
    const several = await severalImages();
    const unclear = await push(several);
    expect(unclear.exitCode).toBe(2);
    expect(unclear.stderr).toBe(
      `spacedock: ${several} holds several images: acme/web:1, other:1\nName one: ${several}:acme/web:1\n`,
    );
    expect(await push(`${several}:nothing`)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("It has acme/web:1, other:1."),
    });
  });

  it.each([
    ["lacks a layer", (tree: string) => rm(join(tree, "two/layer.tar")), "lacks two/layer.tar"],
    ["has another configuration than it says", changeConfig, "has the digest"],
    [
      "has a layer with other content",
      (tree: string) => writeFile(join(tree, "two/layer.tar"), randomBytes(4000)),
      "has the digest",
    ],
    ["has rubbish for a manifest", (tree: string) => writeFile(join(tree, "manifest.json"), "{}"), "is not valid"],
    ["has no manifest", (tree: string) => rm(join(tree, "manifest.json")), "holds no image"],
  ])("fails where it %s", async (name, spoil, said) => {
    const tree = join(scratch, name);
    await writeDockerTree(tree, ["acme/web:1"]);
    await spoil(tree);
    const { exitCode, stderr } = await push(await pack(tree, `${tree}.tar`));
    expect(exitCode).toBe(6);
    expect(stderr).toContain(said);
    expect(bench.registry.references).toEqual([]);
  });
});

async function changeConfig(tree: string): Promise<void> {
  const name = (await readdir(tree)).find((one) => /^[0-9a-f]{64}\.json$/.test(one)) ?? "";
  await writeFile(join(tree, name), (await readFile(join(tree, name), "utf8")).replace("amd64", "arm64"));
}

/** An archive of the image above and of another one. */
/** Writes a layout whose one layer has so many bytes and is not compressed. Returns the layer's size. */
async function writePlainLayout(directory: string, size: number): Promise<number> {
  const layer = Buffer.alloc(size);
  const parts = [Buffer.from('{"architecture":"amd64","os":"linux"}'), layer].map((bytes) => ({
    bytes,
    digest: `sha256:${sha256(bytes)}`,
    size: bytes.length,
  }));
  const [configPart, layerPart] = parts.map(({ digest, size: length }) => ({ digest, size: length }));
  const document = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...configPart },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", ...layerPart }],
  };
  const bytes = Buffer.from(JSON.stringify(document));
  const root = { mediaType: document.mediaType, digest: `sha256:${sha256(bytes)}`, size: bytes.length };
  await writeFiles(directory, {
    "oci-layout": '{"imageLayoutVersion":"1.0.0"}',
    "index.json": JSON.stringify({ schemaVersion: 2, manifests: [root] }),
    [`blobs/sha256/${sha256(bytes)}`]: bytes,
    ...Object.fromEntries(parts.map((part) => [`blobs/sha256/${part.digest.slice(7)}`, part.bytes])),
  });
  return size;
}

async function severalImages(): Promise<string> {
  const tree = join(scratch, "several");
  await rm(tree, { recursive: true, force: true });
  await cp(dockerTree, tree, { recursive: true, verbatimSymlinks: true });
  const listed = z.array(z.unknown()).parse(JSON.parse(await readFile(join(tree, "manifest.json"), "utf8")));
  const other = { Config: "other.json", RepoTags: ["other:1"], Layers: [] };
  await writeFiles(tree, { "manifest.json": JSON.stringify([...listed, other]) });
  return pack(tree, `${tree}.tar`);
}
