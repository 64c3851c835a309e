import { describe, expect, it } from "vitest";
import { image, randomLayer } from "../../../harness/images.ts";
import { useRegistries } from "../support/registries.ts";

const registries = await useRegistries();

const IMPORT = "--jobs 1 --chunk-size 100kB $S/acme/web:1 $D/team/web";

describe("an import that was broken off", () => {
  it("leaves no tag, and the next run fetches only what is missing, from within the blob", async () => {
    const [done, half] = [randomLayer(50_000), randomLayer(350_000)];
    const one = image({ layers: [done, half] });
    registries.source.add(one, "1");
    const { promise: interrupted, resolve: interrupt } = Promise.withResolvers<void>();
    registries.source.intercept = (_, __, { range }) => {
      if (range === "bytes=200000-299999") interrupt();
      return false;
    };
    const first = await registries.import(IMPORT, interrupted);
    expect(first.exitCode).toBe(130);
    expect(registries.destination.tags.size).toBe(0);
    expect(registries.destination.manifests.size).toBe(0);

    const { log } = registries.source;
    log.length = 0;
    const second = await registries.import(IMPORT);
    expect(second.exitCode).toBe(0);
    expect(registries.destination.blobs.get(half.descriptor.digest)).toEqual(half.bytes);
    expect(registries.source.sent()).toBeLessThanOrEqual(150_000);
    expect(log.filter(({ sent }) => sent > 0).map(({ range }) => range)).toEqual([
      expect.stringMatching(/^bytes=2\d{5}-299999$/),
      "bytes=300000-349999",
    ]);
    expect(second.report.copied).toMatchObject({ blobs: 1, manifests: 1 });
    expect(second.report.copied.bytes).toBe(registries.source.sent() + one.bytes.length);
  });

  it("goes on where the source breaks off, without sending anything twice", async () => {
    const layer = randomLayer(350_000);
    registries.source.add(image({ layers: [layer] }), "1");
    let cuts = 2;
    registries.source.intercept = (request, response, { method, what }) => {
      if (method !== "GET" || what !== `blobs/${layer.descriptor.digest}` || cuts === 0) return false;
      cuts -= 1;
      const [, from, to] = /(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
      const part = layer.bytes.subarray(Number(from), Number(to) + 1);
      response.writeHead(206, { "content-length": String(part.length) });
      response.write(part.subarray(0, 40_000), () => setImmediate(() => response.destroy()));
      return true;
    };
    const { exitCode } = await registries.import(IMPORT);
    expect(exitCode).toBe(0);
    expect(cuts).toBe(0);
    expect(registries.destination.blobs.get(layer.descriptor.digest)).toEqual(layer.bytes);
    expect(registries.destination.uploads.of("PATCH").map(({ received }) => received)).toEqual([
      100_000, 100_000, 100_000, 50_000,
    ]);
  });

  it("goes on where the destination breaks off", async () => {
    const layer = randomLayer(350_000);
    registries.source.add(image({ layers: [layer] }), "1");
    registries.destination.uploads.fault = ({ method }, count) =>
      method === "PATCH" && count === 2 ? { cutAfter: 30_000 } : null;
    const { exitCode } = await registries.import(IMPORT);
    expect(exitCode).toBe(0);
    expect(registries.destination.blobs.get(layer.descriptor.digest)).toEqual(layer.bytes);
    expect(registries.source.asked(new RegExp(`GET blobs/${layer.descriptor.digest}`))).toHaveLength(5);
  });
});
