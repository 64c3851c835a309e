import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { useBench } from "../support/bench.ts";
import { type Distribution, startDistribution } from "../../../harness/live/distribution.ts";
import type { Home } from "../support/home.ts";
import { makeImageLayout, makeIndexLayout } from "../support/layout.ts";
import { startPagingProxy } from "../support/paging-proxy.ts";
import { scratch } from "../support/scratch.ts";

/** Imports images from Debian's docker-registry, behind a login, to Spacedock, where other clients find them. */

const MAIN = resolve(import.meta.dirname, "../../../src/cli/main.ts");
const ARTIFACT = "application/vnd.spacedock.test";
const MB = 1_000_000;

const report = z.object({
  tags: z.array(z.object({ tag: z.string().nullable(), digest: z.string().nullable(), outcome: z.string() })),
  referrers: z.number(),
  copied: z.object({ blobs: z.number(), manifests: z.number(), bytes: z.number() }),
});

const login = async (home: Home, host: string, password: string, username = "ci"): Promise<unknown> =>
  home.run("crane", ["auth", "login", host, "--username", username, "--password-stdin"], password);

describe("spacedock import from distribution", () => {
  const bench = useBench("import", { env: { COSIGN_PASSWORD: "for the test only" }, login });
  let source: Distribution;
  let home: Home;

  beforeAll(async () => {
    source = await startDistribution();
    home = await bench.openHome();
    await login(home, source.host, source.password, source.username);
  });

  afterAll(() => source.stop());

  const at = (path: string): string => `${source.host}/acme/${path}`;
  const to = (path: string): string => bench.space.repository(path);

  async function importing(...args: readonly string[]): Promise<z.infer<typeof report>> {
    const printed = await home.run(process.execPath, [MAIN, "import", "--json", ...args]);
    return report.parse(JSON.parse(printed));
  }

  async function digestOf(name: string): Promise<string> {
    return (await home.run("crane", ["digest", name])).trim();
  }

  async function pushIndex(name: string, layerSizes: readonly number[] = [5000]): Promise<string> {
    const layout = scratch(home);
    const digest = await makeIndexLayout(layout, layerSizes);
    const copy = ["copy", "--from-oci-layout", "--to-plain-http", `${layout}:latest`, name];
    await home.run("oras", [...copy, "--to-registry-config", home.path("docker/config.json")]);
    return digest;
  }

  it("brings an index of two platforms, whose digest stays, and which is whole", async () => {
    const digest = await pushIndex(at("index:1"));
    const { tags } = await importing(at("index:1"), to("index"));
    expect(tags).toEqual([{ tag: "1", digest, outcome: "created" }]);
    expect(await digestOf(to("index:1"))).toBe(digest);
    expect(await home.run("crane", ["validate", "--remote", to("index:1")])).toContain("PASS");
  });

  it("brings a manifest of Docker's own kind, as skopeo makes it", async () => {
    const layout = scratch(home);
    await makeImageLayout(layout, [5000]);
    const skopeo = ["copy", "--format=v2s2", "--dest-tls-verify=false"];
    const credentials = `--dest-creds=${source.username}:${source.password}`;
    await home.run("skopeo", [...skopeo, credentials, `oci:${layout}:latest`, `docker://${at("docker:1")}`]);
    await importing(at("docker:1"), to("docker"));
    const manifest = await home.run("crane", ["manifest", to("docker:1")]);
    expect(manifest).toContain("application/vnd.docker.distribution.manifest.v2+json");
    expect(await digestOf(to("docker:1"))).toBe(await digestOf(at("docker:1")));
  });

  it("brings what is attached to an image, and to that, where oras finds it", async () => {
    await pushIndex(at("subject:1"));
    await writeFile(home.path("report.json"), "{}");
    const config = ["--plain-http", "--registry-config", home.path("docker/config.json")];
    const attach = async (name: string, type: string): Promise<string> => {
      const args = ["--artifact-type", type, "--format", "json", name, "report.json:application/json"];
      const printed = await home.run("oras", ["attach", ...config, ...args]);
      return z.object({ digest: z.string() }).parse(JSON.parse(printed)).digest;
    };
    const sbom = await attach(at("subject:1"), `${ARTIFACT}.sbom`);
    const signature = await attach(at(`subject@${sbom}`), `${ARTIFACT}.signature`);
    const { referrers } = await importing(at("subject:1"), to("subject"));
    expect(referrers).toBe(2);
    const found = await home.run("oras", ["discover", ...config, "--format", "json", to("subject:1")]);
    expect(found).toContain(sbom);
    expect(found).toContain(signature);
    // Spacedock lists them itself, so the tag that the source needs for that stays there.
    expect(await home.run("crane", ["ls", to("subject")])).toBe("1\n");
  });

  it.each([
    ["a bundle that refers to the image", "true"],
    ["a tag named after the image", "false"],
  ])("brings cosign's signature in %s, and it verifies", async (_, newFormat) => {
    const path = `signed-${newFormat}`;
    const digest = await pushIndex(at(`${path}:1`));
    const key = home.path("cosign.key");
    await home.attempt("cosign", ["generate-key-pair"]);
    const form = `--new-bundle-format=${newFormat}`;
    const offline = ["--use-signing-config=false", "--tlog-upload=false", "--yes", "--allow-http-registry"];
    await home.run("cosign", ["sign", "--key", key, ...offline, form, at(`${path}@${digest}`)]);
    await importing(at(`${path}:1`), to(path));
    const verifier = await bench.openHome(await bench.space.token("pull"));
    const verify = ["verify", "--key", home.path("cosign.pub"), "--insecure-ignore-tlog=true", form];
    expect(await verifier.run("cosign", [...verify, to(`${path}@${digest}`)])).toContain(digest);
  });

  it("brings all tags, of more pages than one, and none again", async () => {
    const layout = scratch(home);
    await makeImageLayout(layout, [5000]);
    const tags = Array.from({ length: 60 }, (_, index) => String(index)).toSorted();
    await home.run("crane", ["push", layout, at("many:0")]);
    await home.run("sh", ["-c", 'for tag; do crane tag "$0" "$tag" || exit 1; done', at("many:0"), ...tags.slice(1)]);
    const paging = await startPagingProxy(source.host, 25);
    await login(home, paging.host, source.password, source.username);
    const first = await importing("--all-tags", `${paging.host}/acme/many`, to("many"));
    expect(paging.pages).toBe(3);
    expect(first.tags).toEqual(tags.map((tag) => ({ tag, digest: first.tags[0]?.digest, outcome: "created" })));
    expect(first.copied.blobs).toBe(2);
    expect((await home.run("crane", ["ls", to("many")])).trim().split("\n")).toEqual(tags);
    expect(await digestOf(to("many:59"))).toBe(await digestOf(at("many:59")));
    const served = await source.served();
    const second = await importing("--all-tags", `${paging.host}/acme/many`, to("many"));
    expect(new Set(second.tags.map(({ outcome }) => outcome))).toEqual(new Set(["unchanged"]));
    expect(await source.served()).toBe(served);
    await paging.stop();
  });

  /** Returns the bytes of an upload that the destination has acknowledged, as the command keeps them. */
  async function kept(): Promise<number> {
    const directory = home.path("cache/spacedock/uploads");
    const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith(".json"));
    const files = await Promise.all(names.map((name) => readFile(`${directory}/${name}`, "utf8").catch(() => "{}")));
    const position = z.object({ offset: z.number().default(0) });
    return Math.max(0, ...files.map((text) => position.parse(JSON.parse(text)).offset));
  }

  it("goes on after Ctrl-C within the blob, fetching only what is missing", async () => {
    const layout = scratch(home);
    const digest = await makeImageLayout(layout, [100 * MB]);
    await home.run("crane", ["push", layout, at("large:1")]);
    const args = ["--chunk-size", "10MB", at("large:1"), to("large")];
    const child = spawn(process.execPath, [MAIN, "import", ...args], { env: home.env, cwd: home.directory });
    const exit = once(child, "exit");
    while ((await kept()) < 30 * MB && child.exitCode === null) await sleep(10);
    child.kill("SIGINT");
    const [exitCode] = await exit;
    expect(exitCode).toBe(130);
    await expect(digestOf(to("large:1"))).rejects.toThrow(/not found|unknown|404/i);
    const acknowledged = await kept();
    const before = await source.served();
    await importing(...args);
    expect((await source.served()) - before).toBeLessThanOrEqual(101 * MB - acknowledged);
    expect(await digestOf(to("large:1"))).toBe(digest);
    expect(await home.run("crane", ["validate", "--remote", to("large:1")])).toContain("PASS");
  });
});
