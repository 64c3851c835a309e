import { EventEmitter, once } from "node:events";
import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeImageLayout, makeIndexLayout } from "../clients/support/layout.ts";
import { writeFiles } from "./support/archives.ts";
import { addReferrer, largestBlob } from "./support/layouts.ts";
import { usePushBench } from "./support/push-bench.ts";
import type { PushRegistry } from "./support/push-registry.ts";
import { runCli } from "./support/world.ts";

const bench = await usePushBench();
const { scratch, host, destination, push } = bench;
const index = join(scratch, "index");
const indexDigest = await makeIndexLayout(index, [400_000, 1000]);
const image = join(scratch, "image");
const imageDigest = await makeImageLayout(image, [400_000, 1000]);

describe("a push", () => {
  it("brings all platforms of an index, with the tag at the very end", async () => {
    const { exitCode, stdout, stderr } = await push(index);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toBe(`${destination}:1@${indexDigest} (805 kB; blobs: 6 pushed)\n`);
    expect(bench.registry.blobs.size).toBe(6);
    expect(bench.registry.log.at(-1)).toBe("PUT /v2/acme/web/manifests/1");
    expect(bench.registry.log.filter((line) => line.startsWith("PUT /v2/acme/web/manifests/"))).toHaveLength(3);
  });

  it("tells scripts what became of each blob", async () => {
    await push(image);
    const { stdout } = await push(image, "--json");
    const pushed: unknown = JSON.parse(stdout);
    expect(pushed).toEqual({
      reference: `${destination}:1`,
      digest: imageDigest,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      size: expect.any(Number),
      blobs: Array.from({ length: 3 }, () => ({
        digest: expect.stringMatching(/^sha256:/),
        size: expect.any(Number),
        outcome: "exists",
      })),
    });
  });

  it("shows a person what becomes of each blob", async () => {
    const args = ["push", image, `${destination}:1`];
    const { stderr } = await runCli(args, { ...bench.env, NO_COLOR: "1" }, { isTerminal: true });
    const shorts = [...bench.registry.blobs.keys()].map((digest) =>
      digest.slice("sha256:".length, "sha256:".length + 12),
    );
    for (const short of shorts) expect(stderr).toMatch(new RegExp(`${short} +✓ pushed \\d+`));
    const again = await runCli(args, { ...bench.env, NO_COLOR: "1" }, { isTerminal: true });
    expect(again.stderr).toMatch(/[0-9a-f]{12} +✓ already there \d+/);
    expect((await runCli([...args, "--json"], bench.env, { isTerminal: true })).stderr).toBe("");
  });

  it("mounts what another repository of the registry is known to have, from an earlier push or by word", async () => {
    await push(image);
    for (const [digest, bytes] of bench.registry.blobs) bench.registry.elsewhere.set(`acme/web ${digest}`, bytes);
    bench.registry.uploads.blobs.clear();
    bench.registry.log.length = 0;
    const other = await runCli(["push", image, `${host}/acme/other:1`], bench.env);
    expect(other.stdout).toContain("(402 kB; blobs: 3 mounted)");
    expect(bench.registry.log).not.toContainEqual(expect.stringMatching(/^(PATCH|PUT) .*uploads/));

    bench.registry.uploads.blobs.clear();
    const named = ["push", image, `${host}/acme/third:1`, "--mount-from", "acme/none", "--mount-from", "acme/web"];
    const fresh = { ...bench.env, HOME: join(scratch, "another-home") };
    expect((await runCli(named, fresh)).stdout).toContain("blobs: 3 mounted");
  });

  it("sends what it cannot mount", async () => {
    bench.registry.uploads.startHeaders = { "oci-chunk-max-length": "150000" };
    const { stdout } = await push(image, "--mount-from", "acme/none");
    expect(stdout).toContain("blobs: 3 pushed");
    expect(bench.registry.uploads.of("PATCH").map(({ received }) => received)).toEqual([
      150_000,
      150_000,
      expect.any(Number),
    ]);
  });

  it("cuts layers into chunks of the size that is wished for", async () => {
    await push(image, "--chunk-size", "100kB", "--jobs", "1");
    expect(Math.max(...bench.registry.uploads.seen.map(({ received }) => received))).toBe(100_000);
    expect(bench.registry.uploads.of("PATCH").length).toBeGreaterThan(4);
  });

  it("picks one platform of an index", async () => {
    const { stdout } = await push(index, "--platform", "linux/arm64");
    expect(stdout).toContain("blobs: 3 pushed");
    expect(bench.registry.references.filter((one) => one.endsWith(":1"))).toEqual(["acme/web:1"]);
    const manifest = bench.registry.manifests.get("acme/web:1")?.bytes.toString() ?? "";
    const [, config = ""] = /"config":\{[^}]*"digest":"(sha256:[0-9a-f]+)"/.exec(manifest) ?? [];
    expect(bench.registry.blobs.get(config)?.toString()).toContain('"architecture":"arm64"');
  });

  it("says which platforms there are", async () => {
    const { exitCode, stderr } = await push(index, "--platform", "linux/s390x");
    expect(exitCode).toBe(3);
    expect(stderr).toBe(`spacedock: ${index} has no image for linux/s390x\nIt has linux/amd64, linux/arm64.\n`);
    expect((await push(image, "--platform", "linux/arm64")).stderr).toContain("It has linux/amd64.");
  });

  it("gives further tags, and each once", async () => {
    const args = ["push", "--tag", "latest", "--tag", "1", image, `${destination}:1`];
    expect((await runCli(args, bench.env)).exitCode).toBe(0);
    expect(bench.registry.references.toSorted()).toEqual(["acme/web:1", "acme/web:latest", `acme/web@${imageDigest}`]);
  });

  it("pushes by digest alone, if it is the right one", async () => {
    await runCli(["push", image, `${destination}@${imageDigest}`], bench.env);
    expect(bench.registry.references).toEqual([`acme/web@${imageDigest}`]);
    const { exitCode, stderr } = await runCli(["push", image, `${destination}@${indexDigest}`], bench.env);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 6,
      stderr: `spacedock: ${image} has the digest ${imageDigest}, not ${indexDigest}\n`,
    });
  });

  it("goes to the registry of --registry where the destination names none", async () => {
    const args = ["push", image, "acme/web:1", "--registry", host];
    const { stdout, stderr } = await runCli(args, bench.env);
    expect(stdout).toContain(`${destination}:1@${imageDigest}`);
    expect(stderr).toContain(`at ${host}\n`);
    const lost = await runCli(["push", image, "acme/web:1"], bench.env);
    expect(lost).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("no registry is selected") });
  });

  it("brings the signatures and attestations that a layout lists beside it", async () => {
    const layout = join(scratch, "signed");
    await makeImageLayout(layout, [1000]);
    const signature = await addReferrer(layout, "signature");
    await addReferrer(layout, "a signature of the signature", signature);
    await addReferrer(layout, "of something else", { ...signature, digest: `sha256:${"0".repeat(64)}` });
    expect((await push(`${layout}:latest`)).exitCode).toBe(0);
    expect(bench.registry.references).toHaveLength(4);
    expect(bench.registry.references).toContain(`acme/web@${signature.digest}`);
    expect(bench.registry.log.at(-1)).toBe("PUT /v2/acme/web/manifests/1");
  });
});

describe("a registry that lists no referrers", () => {
  it("is told by a tag what refers to an image, beside what it has there", async () => {
    const layout = join(scratch, "signed-for-a-tag");
    const root = await makeImageLayout(layout, [1000]);
    bench.registry.listsReferrers = false;
    const first = await addReferrer(layout, "signature");
    expect((await push(`${layout}:latest`)).exitCode).toBe(0);
    const second = await addReferrer(layout, "another");
    expect(await push(`${layout}:latest`)).toMatchObject({ exitCode: 0, stderr: "" });
    const listed = bench.registry.manifests.get(`acme/web:${root.replace(":", "-")}`)?.bytes.toString() ?? "";
    expect(JSON.parse(listed)).toMatchObject({
      manifests: [
        { digest: first.digest, artifactType: "application/vnd.test", annotations: { text: "signature" } },
        { digest: second.digest },
      ],
    });
    expect(bench.registry.log.at(-1)).toBe("PUT /v2/acme/web/manifests/1");
  });
});

describe("a push that is interrupted", () => {
  it("goes on from what the registry acknowledged, when it is run again", async () => {
    // The registry hangs in the third chunk; then somebody presses Ctrl-C.
    const events = new EventEmitter();
    const interrupt = once(events, "hanging");
    const { listener } = bench.registry;
    let patches = 0;
    const hanging: PushRegistry["listener"] = (request, response) => {
      if (request.method === "PATCH") patches += 1;
      if (patches < 3) return listener(request, response);
      request.resume();
      events.emit("hanging");
    };
    Object.assign(bench.registry, { listener: hanging });
    const args = ["push", image, `${destination}:1`, "--chunk-size", "100kB", "--jobs", "1"];
    const broken = await runCli(args, bench.env, { interrupt });
    expect(broken).toMatchObject({ exitCode: 130, stdout: "" });
    expect(broken.stderr).toContain("run it again to continue");
    expect(bench.registry.references).toEqual([]);
    Object.assign(bench.registry, { listener });

    const before = bench.registry.received;
    expect((await runCli(args, bench.env)).exitCode).toBe(0);
    const size = (await readFile(await largestBlob(image))).length;
    // Two chunks of the layer were acknowledged; small blobs go in one request.
    expect(before).toBeGreaterThanOrEqual(200_000);
    expect(bench.registry.uploads.of("PATCH").reduce((sum, { received }) => sum + received, 0)).toBe(size);
    expect(bench.registry.references).toContain("acme/web:1");
  });

  it("does not go on with an upload that another process is at", async () => {
    const args = ["push", image, `${destination}:1`, "--chunk-size", "100kB", "--jobs", "1"];
    bench.registry.uploads.fault = (_, count) => (count === 3 ? { status: 403, code: "DENIED" } : null);
    expect((await runCli(args, bench.env)).exitCode).toBe(4);
    bench.registry.uploads.fault = () => null;
    const uploads = join(bench.env.HOME, ".cache/spacedock/uploads");
    const [name = ""] = await readdir(uploads);
    const kept = await readFile(join(uploads, name), "utf8");
    expect(kept).toContain('"owner":null');
    // This test's parent is a process that runs.
    await writeFile(join(uploads, name), kept.replace("null", String(process.ppid)));
    bench.registry.uploads.seen.length = 0;
    expect((await runCli(args, bench.env)).exitCode).toBe(0);
    expect(bench.registry.uploads.of("PATCH")[0]?.range).toBe("0-99999");
    expect(await readdir(uploads)).toEqual([name]);
  });

  it("drops what is older than a day, and minds no rubbish", async () => {
    const uploads = join(bench.env.HOME, ".cache/spacedock/uploads");
    await writeFiles(uploads, { "old.json": "{}", "new.json": "{" });
    const yesterday = Date.now() / 1000 - 90_000;
    await utimes(join(uploads, "old.json"), yesterday, yesterday);
    expect((await push(image)).exitCode).toBe(0);
    expect(await readdir(uploads)).toEqual(["new.json"]);
  });
});
