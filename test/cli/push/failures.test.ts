import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { makeImageLayout, makeIndexLayout } from "../../clients/support/layout.ts";
import { sha256 } from "../support/archives.ts";
import { addReferrer, firstManifest, largestBlob } from "../support/layouts.ts";
import { usePushBench } from "../support/push-bench.ts";
import { reply, serve } from "../support/server.ts";
import { runCli } from "../support/world.ts";

const bench = await usePushBench();
const { scratch, host, destination, push } = bench;
const index = join(scratch, "index");
await makeIndexLayout(index, [400_000, 1000]);
const image = join(scratch, "image");
await makeImageLayout(image, [400_000, 1000]);

const layoutIndex = z.object({ manifests: z.array(z.looseObject({ digest: z.string() })) });

describe("a push that cannot succeed", () => {
  it("leaves nothing under the tag where a layer has another digest than it should", async () => {
    const layout = join(scratch, "wrong");
    await makeImageLayout(layout, [300_000, 1000]);
    const file = await largestBlob(layout);
    const bytes = await readFile(file);
    bytes.writeUInt8(bytes.readUInt8(200_000) ^ 1, 200_000);
    await writeFile(file, bytes);
    const { exitCode, stdout, stderr } = await push(layout, "--chunk-size", "100kB");
    expect({ exitCode, stdout }).toEqual({ exitCode: 6, stdout: "" });
    expect(stderr).toMatch(/^spacedock: .*wrong: the content of sha256:\w+ has the digest sha256:\w+\n$/);
    expect(bench.registry.references).toEqual([]);
    expect(await readdir(join(bench.env.HOME, ".cache/spacedock/uploads"))).toEqual([]);
  });

  it("finds a wrong digest before a blob that fits in one request is there", async () => {
    const layout = join(scratch, "wrong-small");
    await makeImageLayout(layout, [3000]);
    const file = await largestBlob(layout);
    const size = (await readFile(file)).length;
    await writeFile(file, Buffer.alloc(size));
    expect((await push(layout)).exitCode).toBe(6);
    expect(
      bench.registry.uploads.of("PUT").every(({ length, received }) => received < Number(length) || received < 1000),
    ).toBe(true);
  });

  it.each([
    ["a manifest with another digest", /the content of sha256:\w+ has the digest/, changeManifest],
    ["a layer that is cut off", /has \d+ bytes, not \d+/, cutLayer],
    [
      "a layer that is missing",
      /lacks the content of sha256:\w+, and the registry does not have it either/,
      removeLayer,
    ],
  ])("finds %s", async (name, said, spoil) => {
    const layout = join(scratch, name);
    await makeImageLayout(layout, [3000]);
    await spoil(layout);
    const { exitCode, stderr } = await push(layout);
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(said);
    expect(bench.registry.references).toEqual([]);
  });

  it("says how to choose where two of a layout have the same name", async () => {
    const layout = join(scratch, "twins");
    await makeImageLayout(layout, [1000]);
    const list = join(layout, "index.json");
    const { manifests } = layoutIndex.parse(JSON.parse(await readFile(list, "utf8")));
    const other = await addReferrer(layout, "another");
    const named = [...manifests, other].map((one) =>
      Object.assign(one, { annotations: { "org.opencontainers.image.ref.name": "v1" } }),
    );
    await writeFile(list, JSON.stringify({ schemaVersion: 2, manifests: named }));
    const [first = "", second = ""] = named.map(({ digest }) => digest);
    const { exitCode, stderr } = await push(`${layout}:v1`);
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      `spacedock: ${layout} holds several images named "v1": ${first}, ${second}\nName one by its digest: ${layout}:${first}\n`,
    );
    expect((await push(`${layout}:${second}`)).stdout).toContain(second);
    expect((await push(layout)).stderr).toContain(`Name one by its digest: ${layout}:${first}`);
  });

  it.each(["layers", "config"])("calls a wrong size in a descriptor that: %s", async (part) => {
    const layout = join(scratch, `wrong-size-${part}`);
    await makeImageLayout(layout, [3000]);
    const file = await firstManifest(layout, join(layout, "index.json"));
    const changed = (await readFile(file, "utf8")).replace(
      new RegExp(`("${part}":[^}]*"size":)(\\d+)`),
      (_, before: string, size: string) => `${before}${Number(size) + 1}`,
    );
    await replaceManifest(layout, file, changed);
    const { exitCode, stderr } = await push(layout);
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(
      /the descriptor of sha256:\w+ has the wrong size: it says \d+ bytes, and the content has \d+\n/,
    );
  });

  it("finds an index whose manifests are not all there, unless the registry has them", async () => {
    const layout = join(scratch, "sparse");
    await makeIndexLayout(layout, [1000]);
    const file = await firstManifest(layout, await firstManifest(layout, join(layout, "index.json")));
    await rename(file, `${file}.away`);
    const { exitCode, stderr } = await push(layout);
    expect(exitCode).toBe(6);
    expect(stderr).toContain("which its index lists\nTo push one that is there, add --platform <platform>");
    await rename(`${file}.away`, file);
    await push(layout);
    await rm(file);
    expect((await push(layout)).exitCode).toBe(0);
  });

  it.each([
    ["GET /v2/", 404, "NOTHING", 1, "is not a registry"],
    ["POST /v2/acme/web/", 404, "NAME_UNKNOWN", 3, "spacedock spaces list --registry"],
    ["POST /v2/acme/web/", 401, "UNAUTHORIZED", 4, "Log in with a token that may push"],
    ["PUT /v2/acme/web/manifests", 403, "DENIED", 4, "Log in with a token that may push"],
    ["PUT /v2/acme/web/manifests/1", 400, "MANIFEST_INVALID", 1, "it is MANIFEST_INVALID"],
  ])("says what a registry refuses: %s with %i %s", async (line, status, code, exit, said) => {
    bench.registry.refusals.set(line, { status, code });
    const { exitCode, stderr, stdout } = await push(index);
    expect({ exitCode, stdout }).toEqual({ exitCode: exit, stdout: "" });
    expect(stderr).toContain(said);
    expect(bench.registry.references).not.toContain("acme/web:1");
  });

  it.each([
    [["./nothing.tar", `${destination}:1`], 3, "./nothing.tar not found"],
    [["web:1", `${destination}:1`], 5, "no Docker engine answers"],
    [[scratch, `${destination}:1`], 6, "is not an OCI image layout"],
    [[`${image}:2`, `${destination}:1`], 3, 'has no "2"'],
    [[image, `${destination}:1`, "--chunk-size", "big"], 2, '"big" is not a size'],
    [[image, `${destination}:1`, "--jobs", "0"], 2, "give a number from 1 to 99"],
    [[image, `${destination}:1`, "--tag", "a b"], 2, '"a b" is not a valid tag'],
    [[image, `${destination}:1`, "--platform", "arm64"], 2, "write it as os/architecture, for example linux/amd64"],
    [[image, `${host}/acme/WEB:1`], 2, "is not a reference"],
    [[image, "127.0.0.1:1/acme/web:1"], 5, "cannot reach http://127.0.0.1:1"],
    [[index, `${destination}:1`, "--compress"], 2, "has several platforms"],
  ])("says what is wrong with %j", async (args, exit, said) => {
    const { exitCode, stderr, stdout } = await runCli(["push", ...args], bench.env);
    expect({ exitCode, stdout }).toEqual({ exitCode: exit, stdout: "" });
    expect(stderr).toContain(said);
    expect(bench.registry.references).toEqual([]);
  });

  it("finds that a web site is no registry", async () => {
    const site = await serve((_, response) => reply(response, 200, { "content-type": "text/html" }, "<html>"));
    const { exitCode, stderr } = await runCli(["push", image, `${site.host}/acme/web:1`], bench.env);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is not a registry") });
  });
});

async function changeManifest(layout: string): Promise<void> {
  const file = await firstManifest(layout, join(layout, "index.json"));
  await writeFile(file, (await readFile(file, "utf8")).replace("layers", "Layers"));
}

/** Replaces the only manifest by another, under that one's own digest and size. */
async function replaceManifest(layout: string, file: string, text: string): Promise<void> {
  const list = join(layout, "index.json");
  const before = basename(file);
  const after = sha256(Buffer.from(text));
  const size = (await readFile(file)).length;
  await writeFile(join(dirname(file), after), text);
  const listed = (await readFile(list, "utf8"))
    .replace(before, after)
    .replace(`"size":${size}`, `"size":${text.length}`);
  await writeFile(list, listed);
}

async function cutLayer(layout: string): Promise<void> {
  const file = await largestBlob(layout);
  await writeFile(file, (await readFile(file)).subarray(1));
}

async function removeLayer(layout: string): Promise<void> {
  await rm(await largestBlob(layout));
}
