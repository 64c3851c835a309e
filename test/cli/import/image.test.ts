import { describe, expect, it } from "vitest";
import { image, index, json, randomLayer, twoPlatforms } from "../../../harness/images.ts";
import { useRegistries } from "../support/registries.ts";
import { refuse } from "../support/server.ts";
import { runCli } from "../support/world.ts";

const registries = await useRegistries();

const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

describe("the import of an image", () => {
  it("copies an index with all that it consists of, bit for bit", async () => {
    const { source, destination } = registries;
    const multi = twoPlatforms();
    source.add(multi, "1");
    const { exitCode, report } = await registries.import("$S/acme/web:1 $D/team/web");
    expect(exitCode).toBe(0);
    expect(destination.tags).toEqual(new Map([["1", multi.descriptor.digest]]));
    expect(destination.manifests).toEqual(source.manifests);
    expect(destination.blobs).toEqual(source.blobs);
    expect(report).toEqual({
      source: `${registries.hosts.source}/acme/web:1`,
      destination: `${registries.hosts.destination}/team/web`,
      dryRun: false,
      tags: [{ tag: "1", digest: multi.descriptor.digest, outcome: "created" }],
      referrers: 0,
      copied: { blobs: 4, manifests: 3, bytes: multi.bytes.length + total(multi.parts) },
      skipped: { blobs: 0, manifests: 0, bytes: 0, mounted: 0, foreignLayers: 0, referrers: 0 },
    });
  });

  it("stores each thing after what it refers to, under digests, and sets the tag at the very end", async () => {
    registries.source.add(twoPlatforms(), "1");
    await registries.import("$S/acme/web:1 $D/team/web");
    const puts = registries.destination.asked(/^PUT manifests/);
    expect(puts).toHaveLength(4);
    expect(puts.slice(0, 3).every((put) => put.startsWith("PUT manifests/sha256:"))).toBe(true);
    expect(registries.destination.asked().at(-1)).toBe("PUT manifests/1");
  });

  it("leaves Docker's own manifests what they are", async () => {
    const docker = image({ mediaType: DOCKER_MANIFEST });
    registries.source.add(docker, "1");
    await registries.import("$S/acme/web:1 $D/team/web:2");
    expect(registries.destination.manifests.get(docker.descriptor.digest)?.mediaType).toBe(DOCKER_MANIFEST);
    expect([...registries.destination.tags.keys()]).toEqual(["2"]);
  });

  it("copies a build cache, whose index lists blobs", async () => {
    const layer = randomLayer(1000);
    const config = json({ layers: [] }, "application/vnd.buildkit.cacheconfig.v0");
    const cache = index([layer, config]);
    registries.source.add(cache, "cache");
    const { report } = await registries.import("$S/acme/web:cache $D/team/web");
    expect(report.copied).toMatchObject({ blobs: 2, manifests: 1 });
    expect(registries.destination.tags.get("cache")).toBe(cache.descriptor.digest);
  });

  it("copies what is named by its digest, without a tag where none is named", async () => {
    const one = image();
    registries.source.add(one);
    const { digest } = one.descriptor;
    const first = await registries.import(`$S/acme/web@${digest} $D/team/web`);
    expect(first.report.tags).toEqual([{ tag: null, digest, outcome: "stored" }]);
    expect(registries.destination.manifests.has(digest)).toBe(true);
    expect(registries.destination.tags.size).toBe(0);
    await registries.import(`$S/acme/web@${digest} $D/team/web:pinned`);
    expect(registries.destination.tags.get("pinned")).toBe(digest);
  });

  it("copies a layer once, however many manifests have it", async () => {
    const layer = randomLayer(1000);
    registries.source.add(index([image({ layers: [layer] }), image({ layers: [layer] })]), "1");
    await registries.import("$S/acme/web:1 $D/team/web");
    expect(registries.source.asked(new RegExp(`GET blobs/${layer.descriptor.digest}`))).toHaveLength(1);
  });

  it("cuts what is larger into chunks, each read from the source as it goes", async () => {
    const layer = randomLayer(250_000);
    registries.source.add(image({ layers: [layer] }), "1");
    await registries.import("--chunk-size 100kB $S/acme/web:1 $D/team/web");
    expect(registries.destination.blobs.get(layer.descriptor.digest)).toEqual(layer.bytes);
    expect(registries.destination.uploads.of("PATCH").map(({ received }) => received)).toEqual([
      100_000, 100_000, 50_000,
    ]);
  });

  it("has no more than so many transfers at a time", async () => {
    let now = 0;
    let most = 0;
    registries.source.add(image({ layers: Array.from({ length: 12 }, () => randomLayer(1000)) }), "1");
    registries.destination.intercept = (_, response, { method, what }) => {
      if (method !== "HEAD" || !what.startsWith("blobs/")) return false;
      most = Math.max(most, (now += 1));
      setTimeout(() => {
        now -= 1;
        refuse(response, 404, "BLOB_UNKNOWN");
      }, 20);
      return true;
    };
    await registries.import("--jobs 3 $S/acme/web:1 $D/team/web");
    expect(most).toBe(3);
  });

  it("takes blobs over within one registry, and copies what it may not", async () => {
    const [free, held] = [randomLayer(1000), randomLayer(2000)];
    registries.source.add(image({ layers: [free, held] }), "1");
    registries.source.mountable.add(free.descriptor.digest);
    const stored = new Set<string>();
    registries.source.intercept = (_, response, { method, name, what }) => {
      if (method === "PUT") stored.add(what);
      const isMissing = name === "team/web" && ["GET", "HEAD"].includes(method) && !stored.has(what);
      if (isMissing) refuse(response, 404, "UNKNOWN_THERE");
      return isMissing;
    };
    const { report } = await registries.import("$S/acme/web:1 $S/team/web");
    expect(report).toMatchObject({ copied: { blobs: 2 }, skipped: { mounted: 1 } });
    expect(registries.source.asked(/^GET blobs/).join()).not.toContain(free.descriptor.digest);
  });
});

describe("a blob that an earlier run brought to another repository of the destination", () => {
  it("is mounted from there", async () => {
    const layer = randomLayer(1000);
    registries.source.add(image({ layers: [layer] }), "1");
    registries.source.add(image({ layers: [layer] }), "2");
    await registries.import("$S/acme/web:1 $D/team/first");
    const { digest } = layer.descriptor;
    registries.destination.mountable.add(digest);
    registries.destination.uploads.fault = ({ method }) => (method === "HEAD" ? { status: 404 } : null);
    const { report } = await registries.import("$S/acme/web:2 $D/team/second");
    expect(report.skipped.mounted).toBe(1);
    const mount = new URLSearchParams({ mount: digest, from: "team/first" }).toString();
    expect(registries.destination.asked(/mount/)).toContain(`POST blobs/uploads/?${mount}`);
  });
});

describe("the import of an image that is there", () => {
  it("copies nothing, reads nothing of the source's manifests, and leaves the tag alone", async () => {
    registries.source.add(twoPlatforms(), "1");
    await registries.import("$S/acme/web:1 $D/team/web");
    registries.source.log.length = 0;
    registries.destination.log.length = 0;
    const { report } = await registries.import("$S/acme/web:1 $D/team/web");
    expect(report).toMatchObject({ tags: [{ outcome: "unchanged" }], copied: { blobs: 0, manifests: 0, bytes: 0 } });
    expect(registries.source.asked(/^GET (manifests|blobs)/)).toEqual([]);
    expect(registries.destination.asked(/^(PUT|POST|PATCH)/)).toEqual([]);
  });

  it("copies only the blobs that are not, and moves the tag", async () => {
    const [old, shared] = [randomLayer(1000), randomLayer(2000)];
    registries.source.add(image({ layers: [old, shared] }), "1");
    await registries.import("$S/acme/web:1 $D/team/web");
    const newer = image({ layers: [shared, randomLayer(3000)] });
    registries.source.add(newer, "1");
    const { report } = await registries.import("$S/acme/web:1 $D/team/web");
    expect(report).toMatchObject({
      tags: [{ digest: newer.descriptor.digest, outcome: "updated" }],
      copied: { blobs: 2 },
      skipped: { blobs: 1, bytes: 2000 },
    });
  });
});

describe("--dry-run", () => {
  it("tells what would be copied, and writes nothing", async () => {
    const multi = twoPlatforms();
    registries.source.add(multi, "1");
    const { report } = await registries.import("--dry-run $S/acme/web:1 $D/team/web");
    expect(report).toMatchObject({
      dryRun: true,
      tags: [{ outcome: "created" }],
      copied: { blobs: 4, manifests: 3, bytes: multi.bytes.length + total(multi.parts) },
    });
    expect(registries.destination.asked(/^(PUT|POST|PATCH|DELETE)/)).toEqual([]);
    expect(registries.source.asked(/^GET blobs/)).toEqual([]);
  });
});

describe("the command line of import", () => {
  it.each([
    ["$S/acme/web:1 $S/acme/web", "the same"],
    ["$S/acme/web:1 $D/team/web@sha256:" + "0".repeat(64), "follows from the content"],
    ["--all-tags $S/acme/web:1 $D/team/web", "without a tag"],
    ["--all-tags --tags v* $S/acme/web $D/team/web", "not both"],
    ["--jobs 0 $S/acme/web:1 $D/team/web", "jobs"],
    ["--chunk-size much $S/acme/web:1 $D/team/web", "90MB"],
    ["--platform arm64 $S/acme/web:1 $D/team/web", "linux/amd64"],
  ])("is refused: %s", async (args, said) => {
    const { exitCode, stderr } = await registries.import(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(said);
  });

  it("prints a line a tag and one of the whole, and nothing else", async () => {
    const one = image();
    registries.source.add(one, "1");
    const { source, destination } = registries.hosts;
    const { stdout, stderr } = await runCli(["import", `${source}/acme/web:1`, `${destination}/team/web`]);
    const bytes = one.bytes.length + total(one.parts);
    expect(stdout).toMatch(
      new RegExp(
        `^1  ${one.descriptor.digest}  created\ncopied: 2 blobs and 1 manifest, ${(bytes / 1000).toFixed(1)} kB\n$`,
      ),
    );
    expect(stderr).toBe("");
  });
});

function total(parts: readonly { readonly bytes: Buffer }[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
