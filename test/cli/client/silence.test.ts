import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { buffer } from "node:stream/consumers";
import { beforeEach, describe, expect, it } from "vitest";
import { readBlob } from "../../../src/cli/client/blobs.ts";
import { type Connection, connect } from "../../../src/cli/client/connection.ts";
import { listTags } from "../../../src/cli/client/lists.ts";
import { getManifest, headManifest, putManifest } from "../../../src/cli/client/manifests.ts";
import { parseRegistry } from "../../../src/cli/client/reference.ts";
import { pushBlob } from "../../../src/cli/client/upload.ts";
import { collect } from "../../../src/cli/collect.ts";
import { firstOf, startBlackHole } from "../support/black-hole.ts";
import { randomBlob } from "../support/blob.ts";
import { image } from "../../../harness/images.ts";
import { MemoryRegistry } from "../support/memory-registry.ts";
import { serve } from "../support/server.ts";

const CHUNK = 100_000;

let registry = new MemoryRegistry();
const hole = await startBlackHole(await serve((request, response) => registry.listener(request, response)));

/** Opens a connection that notices silence after the given time; pauses pass at once. */
function open(answerWithin = 250): Connection {
  return connect(parseRegistry(hole.host), { env: {}, credential: null, answerWithin, wait: () => Promise.resolve() });
}

beforeEach(() => {
  registry = new MemoryRegistry();
  hole.fate = () => null;
  hole.lines.length = 0;
});

function asked(pattern: RegExp): readonly string[] {
  return hole.lines.filter((line) => pattern.test(line));
}

describe.each(["answer", "request"] as const)("a connection that swallows the %s", (fate) => {
  it.each([
    ["that begins an upload", /^POST /, CHUNK],
    ["to a whole blob", /^PUT /, CHUNK],
    ["to a chunk", /^PATCH /, 3 * CHUNK],
    ["that ends an upload", /^PUT /, 3 * CHUNK],
  ])("is left for another, and the push goes through: %s", async (_, pattern, size) => {
    hole.fate = firstOf(pattern, fate);
    const blob = randomBlob(size);
    await pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK });
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
  });

  it.each([
    ["a look at a manifest", /^HEAD /, async () => headManifest(open(), "acme/web", "1")],
    ["a manifest", /^GET /, async () => getManifest(open(), "acme/web", "1")],
    ["a list", /^GET /, async () => (await collect(listTags(open(), "acme/web"))).length || null],
  ])("is left for another where it was asked for %s", async (_, pattern, ask) => {
    registry.add(image(), "1");
    hole.fate = firstOf(pattern, fate);
    expect(await ask()).not.toBeNull();
    expect(asked(pattern)).toHaveLength(2);
  });

  it("is left for another where it was given a manifest", async () => {
    const one = image();
    registry.add(one);
    hole.fate = firstOf(/^PUT /, fate);
    await putManifest(open(), "acme/web", "1", { bytes: one.bytes, mediaType: one.descriptor.mediaType });
    expect(registry.tags.get("1")).toBe(one.descriptor.digest);
  });
});

describe("an answer that falls silent half-way", () => {
  it("is taken up where it was: a blob", async () => {
    const blob = randomBlob(3 * CHUNK);
    registry.blobs.set(blob.digest, blob.bytes);
    hole.fate = firstOf(/^GET /, 120_000);
    expect((await buffer(readBlob(open(), "acme/web", blob))).equals(blob.bytes)).toBe(true);
    expect(registry.log.map(({ range }) => range)).toEqual([null, expect.stringMatching(/^bytes=[1-9]\d+-299999$/)]);
  });

  it.each([
    ["a manifest", async () => (await getManifest(open(), "acme/web", "1"))?.digest],
    ["a list", async () => (await collect(listTags(open(), "acme/web")))[0]],
  ])("is asked for anew: %s", async (_, ask) => {
    registry.add(image(), "1");
    hole.fate = firstOf(/^GET /, 100);
    expect(await ask()).toBeDefined();
    expect(asked(/^GET /)).toHaveLength(2);
  });

  it("has said all that counts by its status", async () => {
    registry.intercept = (_, response) => {
      response.writeHead(404, { "content-length": "1000" }).write("half");
      return true;
    };
    expect(await getManifest(open(), "acme/web", "1")).toBeNull();
    expect(asked(/./)).toHaveLength(1);
  });
});

describe("a registry that is only slow", () => {
  it("is waited for while it ends an upload, and the upload is ended once", async () => {
    // A larger blob may take longer to be read again: here half a second more.
    const blob = randomBlob(10_000_000);
    let delayed = 0;
    registry.intercept = (request, response) => {
      if (request.method !== "PUT") return false;
      delayed += 1;
      setTimeout(() => registry.uploads.listener(request, response), 500);
      return true;
    };
    await pushBlob(open(200), "acme/web", blob, { chunkSize: 5_000_000 });
    expect(registry.blobs.has(blob.digest)).toBe(true);
    expect(delayed).toBe(1);
  });

  it("is given longer each time it is asked", async () => {
    registry.add(image(), "1");
    registry.intercept = (request, response, logged) => {
      if (request.url === undefined || logged.method !== "HEAD") return false;
      setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(), 700);
      return true;
    };
    expect(await headManifest(open(200), "acme/web", "1")).toMatchObject({ mediaType: "application/json" });
    expect(asked(/^HEAD /)).toHaveLength(3);
  });

  it("is not left because the source is slow", async () => {
    const blob = randomBlob(CHUNK);
    const slow = {
      ...blob,
      open: () =>
        Readable.from(
          (async function* () {
            yield blob.bytes.subarray(0, 1000);
            await sleep(700);
            yield blob.bytes.subarray(1000);
          })(),
          { objectMode: false },
        ),
    };
    await pushBlob(open(250), "acme/web", slow, { chunkSize: CHUNK });
    expect(asked(/^PUT /)).toHaveLength(1);
  });
});
