import { describe, expect, it } from "vitest";
import { content, image, index, json, randomLayer, type TestImage } from "../../../harness/images.ts";
import type { MemoryRegistry } from "../support/memory-registry.ts";
import { useRegistries } from "../support/registries.ts";
import { refuse, reply, serve } from "../support/server.ts";

const registries = await useRegistries();

const IMPORT = "$S/acme/web:1 $D/team/web";

/** Expects that nothing half-copied is left under a tag. */
function expectNoTag(): void {
  expect(registries.destination.tags.size).toBe(0);
}

function withLayer(size: number): { one: TestImage; digest: string } {
  const layer = randomLayer(size);
  return { one: image({ layers: [layer] }), digest: layer.descriptor.digest };
}

function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** Returns the Authorization headers that a registry was sent. */
function authorizations({ log }: MemoryRegistry): ReadonlySet<string | null> {
  return new Set(log.map(({ authorization }) => authorization));
}

describe("a source that is damaged", () => {
  it.each([
    ["whole", 1000],
    ["in chunks", 250_000],
  ])("is refused where a blob has other content, sent %s", async (_, size) => {
    const { one, digest } = withLayer(size);
    registries.source.add(one, "1");
    registries.source.blobs.set(digest, randomLayer(size).bytes);
    const { exitCode, stderr } = await registries.import(`--chunk-size 100kB ${IMPORT}`);
    expect(exitCode).toBe(6);
    expect(stderr).toContain(`the blob ${digest} of acme/web that does not match the digest`);
    expect(stderr).toContain("The source is damaged");
    expectNoTag();
    // The next run must not go on with the wrong bytes.
    registries.source.blobs.set(digest, one.parts[1]?.bytes ?? Buffer.alloc(0));
    expect((await registries.import(`--chunk-size 100kB ${IMPORT}`)).exitCode).toBe(0);
  });

  it.each([
    ["smaller than the content", -1],
    ["larger than the content", 1],
  ])("is refused where a layer's descriptor has a size that is %s, as that", async (_, by) => {
    const layer = randomLayer(1000);
    const size = layer.descriptor.size + by;
    registries.source.add(image({ layers: [{ ...layer, descriptor: { ...layer.descriptor, size } }] }), "1");
    const said = `the descriptor of ${layer.descriptor.digest} has the wrong size: it says ${size} bytes, and the content has 1000`;
    const { exitCode, stderr } = await registries.import(IMPORT);
    expect(exitCode).toBe(6);
    expect(stderr).toContain(said);
    // The same holds if the destination has the blob already.
    registries.destination.addPart(layer);
    expect((await registries.import(IMPORT)).stderr).toContain(said);
    expectNoTag();
  });

  it("is refused where an index gives a manifest another size, as that", async () => {
    const child = image();
    const wrong = { ...child, descriptor: { ...child.descriptor, size: child.bytes.length + 1 } };
    registries.source.add(index([wrong]), "1");
    const { exitCode, stderr } = await registries.import(IMPORT);
    expect(exitCode).toBe(6);
    expect(stderr).toContain(`the descriptor of ${child.descriptor.digest} has the wrong size`);
    expectNoTag();
  });

  it("is refused where a manifest has other content", async () => {
    const multi = index([image(), image()]);
    registries.source.add(multi, "1");
    const [digest = ""] = registries.source.manifests.keys();
    registries.source.manifests.set(digest, { bytes: Buffer.from("{}"), mediaType: "application/json" });
    expect((await registries.import(IMPORT)).exitCode).toBe(6);
    expectNoTag();
  });

  it("is refused where a blob is missing", async () => {
    const { one, digest } = withLayer(1000);
    registries.source.add(one, "1");
    registries.source.blobs.delete(digest);
    const { exitCode, stderr } = await registries.import(IMPORT);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`has no blob ${digest}, which a manifest of acme/web refers to`);
    expectNoTag();
  });

  it("is refused where an index's platform is missing, with a way to take the others", async () => {
    const [amd, arm] = [image(), image({ architecture: "arm64" })];
    registries.source.add(index([amd, arm], ["linux/amd64", "linux/arm64"]), "1");
    registries.source.manifests.delete(arm.descriptor.digest);
    const { exitCode, stderr } = await registries.import(IMPORT);
    expect(exitCode).toBe(3);
    expect(stderr).toContain("--platform");
    expectNoTag();
    expect((await registries.import(`--platform linux/amd64 ${IMPORT}`)).exitCode).toBe(0);
  });

  it("does not go on with what waits, once something has failed", async () => {
    const layers = Array.from({ length: 20 }, () => randomLayer(1000));
    registries.source.add(image({ layers }), "1");
    registries.source.intercept = (_, response, { what }) => {
      if (!what.startsWith("blobs/")) return false;
      refuse(response, 404, "BLOB_UNKNOWN");
      return true;
    };
    await registries.import(`--jobs 2 ${IMPORT}`);
    expect(registries.source.asked(/^GET blobs/).length).toBeLessThanOrEqual(2);
  });
});

describe("a manifest that is none of today's", () => {
  it.each(["v1+json", "v1+prettyjws"])("is refused with a way out: schema 1 as %s", async (version) => {
    const old = json(
      { schemaVersion: 1, name: "acme/web", fsLayers: [] },
      `application/vnd.docker.distribution.manifest.${version}`,
    );
    registries.source.add({ ...old, parts: [] }, "1");
    const { exitCode, stderr } = await registries.import(IMPORT);
    expect(exitCode).toBe(6);
    expect(stderr).toContain("Docker's schema 1, which registries no longer take");
    expect(stderr).toContain("skopeo copy --format v2s2");
  });

  it("is refused as schema 1 whatever type the source gives it", async () => {
    const old = json({ name: "acme/web", fsLayers: [], schemaVersion: 1 }, "application/json");
    registries.source.manifests.set(old.descriptor.digest, { bytes: old.bytes, mediaType: "application/json" });
    registries.source.tags.set("1", old.descriptor.digest);
    expect((await registries.import(IMPORT)).stderr).toContain("schema 1");
  });

  it("is refused where it is both a manifest and an index", async () => {
    const both = json({ schemaVersion: 2, manifests: [], layers: [] }, "application/vnd.oci.image.index.v1+json");
    registries.source.add({ ...both, parts: [] }, "1");
    expect((await registries.import(IMPORT)).exitCode).toBe(6);
  });
});

describe("foreign layers", () => {
  it("are neither looked for at the source nor fetched from where they say they are", async () => {
    let fetched = 0;
    const elsewhere = await serve((_, response) => {
      fetched += 1;
      reply(response, 200, {}, "content");
    });
    const foreign = content(Buffer.from("windows"), "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
    const described = { ...foreign, descriptor: { ...foreign.descriptor, urls: [`${elsewhere.url}/layer`] } };
    const one = image({ layers: [described, randomLayer(1000)] });
    registries.source.add(one, "1");
    const { report } = await registries.import(IMPORT);
    expect(report).toMatchObject({ copied: { blobs: 2 }, skipped: { foreignLayers: 1 } });
    expect(registries.destination.tags.get("1")).toBe(one.descriptor.digest);
    expect(fetched).toBe(0);
    expect(registries.source.asked().join()).not.toContain(foreign.descriptor.digest);
  });
});

describe("credentials", () => {
  it("go to their own registry only: not to where blobs are redirected to, nor to the other side", async () => {
    const { one } = withLayer(250_000);
    const seen: (string | undefined)[] = [];
    const store = await serve((request, response) => {
      seen.push(request.headers.authorization);
      const blob = registries.source.blobs.get((request.url ?? "").slice(1)) ?? Buffer.alloc(0);
      const [, from = "0", to = String(blob.length - 1)] = /(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
      response.writeHead(request.headers.range === undefined ? 200 : 206);
      response.end(blob.subarray(Number(from), Number(to) + 1));
    });
    registries.source.add(one, "1");
    registries.source.authorization = basic("reader:source-secret");
    registries.source.intercept = (request, response, { method, what }) => {
      if (method !== "GET" || !what.startsWith("blobs/") || request.headers.authorization === undefined) return false;
      reply(response, 307, { location: `${store.url}/${what.slice("blobs/".length)}` });
      return true;
    };
    registries.destination.authorization = basic("writer:destination-secret");
    await registries.login(registries.hosts.source, "reader", "source-secret");
    await registries.login(registries.hosts.destination, "writer", "destination-secret");
    const { exitCode } = await registries.import(`--chunk-size 100kB ${IMPORT}`);
    expect(exitCode).toBe(0);
    expect(registries.destination.blobs.size).toBe(2);
    expect(seen.length).toBeGreaterThan(1);
    expect(new Set(seen)).toEqual(new Set([undefined]));
    expect(authorizations(registries.source)).toEqual(new Set([null, basic("reader:source-secret")]));
    expect(authorizations(registries.destination)).toEqual(new Set([null, basic("writer:destination-secret")]));
  });

  it("that are missing end it with 4, and the way to log in", async () => {
    registries.source.add(image(), "1");
    registries.source.authorization = "Basic x";
    const { exitCode, stderr } = await registries.import(IMPORT);
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`spacedock login ${registries.hosts.source}`);
  });
});

describe("a registry that asks to slow down", () => {
  it("is waited for, with a note", async () => {
    registries.source.add(image(), "1");
    let refusals = 0;
    registries.source.intercept = (_, response, { method, what }) => {
      if (method !== "GET" || !what.startsWith("manifests/") || refusals > 0) return false;
      refusals += 1;
      refuse(response, 429, "TOOMANYREQUESTS", { "retry-after": "1" });
      return true;
    };
    const started = performance.now();
    const { exitCode } = await registries.import(IMPORT);
    expect(exitCode).toBe(0);
    expect(performance.now() - started).toBeGreaterThan(950);
  });
});

describe("what is not there", () => {
  it("ends it with 3", async () => {
    const { exitCode, stderr } = await registries.import(IMPORT);
    expect(exitCode).toBe(3);
    expect(stderr).toContain("acme/web has no 1");
  });
});
