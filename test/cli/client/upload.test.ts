import { beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../../src/cli/client/connection.ts";
import { parseRegistry } from "../../../src/cli/client/reference.ts";
import { pushBlob, type UploadMemory } from "../../../src/cli/client/upload.ts";
import type { UploadPosition } from "../../../src/cli/client/upload-session.ts";
import { CliError } from "../../../src/cli/exit.ts";
import { randomBlob } from "../support/blob.ts";
import { serve } from "../support/server.ts";
import { UploadRegistry } from "../support/upload-registry.ts";

const CHUNK = 100_000;

let registry = new UploadRegistry();
const server = await serve((request, response) => registry.listener(request, response));

/** Opens a connection whose pauses pass at once; patience still runs out. */
function open(patience = 60_000): Connection {
  return connect(parseRegistry(server.host), { env: {}, credential: null, patience, wait: () => Promise.resolve() });
}

function memory(position: UploadPosition | null = null): UploadMemory & { readonly kept: (UploadPosition | null)[] } {
  const kept: (UploadPosition | null)[] = [];
  return { kept, recall: async () => position, remember: async (one) => void kept.push(one) };
}

beforeEach(() => {
  registry = new UploadRegistry();
});

describe("the push of a blob", () => {
  it("takes one PUT where it fits in a chunk", async () => {
    const blob = randomBlob(CHUNK);
    await pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK });
    expect(registry.blobs.get(blob.digest)).toEqual(blob.bytes);
    expect(registry.seen.map(({ method, length }) => [method, length])).toEqual([
      ["POST", "0"],
      ["PUT", String(CHUNK)],
    ]);
  });

  it("takes a blob of no bytes", async () => {
    const blob = randomBlob(0);
    await pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK });
    expect(registry.blobs.get(blob.digest)).toEqual(Buffer.alloc(0));
  });

  it("cuts what is larger into chunks with their range and length", async () => {
    const blob = randomBlob(2 * CHUNK + 1);
    await pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK });
    expect(registry.blobs.get(blob.digest)).toEqual(blob.bytes);
    expect(registry.of("PATCH").map(({ range, length }) => [range, length])).toEqual([
      ["0-99999", "100000"],
      ["100000-199999", "100000"],
      ["200000-200000", "1"],
    ]);
  });

  it.each([
    [{ "oci-chunk-min-length": "150000" }, 150_000],
    [{ "oci-chunk-max-length": "60000" }, 60_000],
    [{ "oci-chunk-max-length": "nonsense" }, CHUNK],
  ])("keeps to what the registry says of chunks: %o", async (headers, expected) => {
    registry.startHeaders = headers;
    await pushBlob(open(), "acme/web", randomBlob(2 * CHUNK), { chunkSize: CHUNK });
    expect(registry.of("PATCH")[0]?.received).toBe(expected);
  });

  it("goes on from where the registry stands when a connection breaks in the middle of a chunk", async () => {
    const blob = randomBlob(3 * CHUNK);
    registry.fault = ({ method }, count) => (method === "PATCH" && count === 2 ? { cutAfter: 30_000 } : null);
    await pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK });
    expect(registry.blobs.get(blob.digest)).toEqual(blob.bytes);
    expect(registry.of("PATCH").map(({ range }) => range)).toEqual([
      "0-99999",
      "100000-199999",
      "130000-199999",
      "200000-299999",
    ]);
  });

  it("goes on when a chunk arrives whole and only its answer is lost", async () => {
    const blob = randomBlob(2 * CHUNK);
    registry.fault = ({ method }, count) => (method === "PATCH" && count === 1 ? { cutAfter: CHUNK } : null);
    await pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK });
    expect(registry.blobs.get(blob.digest)).toEqual(blob.bytes);
    expect(registry.of("PATCH").map(({ range }) => range)).toEqual(["0-99999", "100000-199999"]);
  });

  it.each([0, 1, 2])("finds out how far a session is that broke after %i bytes", async (cutAfter) => {
    const blob = randomBlob(CHUNK + 1);
    registry.fault = ({ method }, count) => (method === "PATCH" && count === 1 ? { cutAfter } : null);
    await pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK });
    expect(registry.blobs.get(blob.digest)).toEqual(blob.bytes);
  });

  it.each([429, 500, 502, 503, 522])("tries again after %i", async (status) => {
    const blob = randomBlob(2 * CHUNK);
    registry.fault = (_, count) => (count === 1 ? { status, headers: { "retry-after": "1" } } : null);
    await pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK });
    expect(registry.blobs.get(blob.digest)).toEqual(blob.bytes);
  });

  it("waits for as long as the registry asks", async () => {
    const pauses: number[] = [];
    registry.fault = ({ method }, count) =>
      method === "PATCH" && count === 1 ? { status: 429, headers: { "retry-after": "40" } } : null;
    const wait = async (pause: number): Promise<void> => void pauses.push(pause);
    const connection = connect(parseRegistry(server.host), { env: {}, credential: null, wait });
    await pushBlob(connection, "acme/web", randomBlob(2 * CHUNK), { chunkSize: CHUNK });
    expect(pauses).toEqual([40_000]);
  });

  it("sends smaller chunks when something on the way refuses their size with a page of its own", async () => {
    const blob = randomBlob(5_000_000);
    registry.fault = ({ method, headers }) =>
      method === "PATCH" && Number(headers["content-length"]) > 1_500_000
        ? { status: 413, body: "<html>413 Request Entity Too Large</html>" }
        : null;
    await pushBlob(open(), "acme/web", blob, { chunkSize: 4_500_000 });
    expect(registry.blobs.get(blob.digest)).toEqual(blob.bytes);
  });

  it("cuts a blob that would fit in a chunk, but not in what stands before the registry", async () => {
    const blob = randomBlob(3_000_000);
    registry.fault = ({ headers }) =>
      Number(headers["content-length"]) > 2_000_000 ? { status: 413, body: "<html>413</html>" } : null;
    await pushBlob(open(), "acme/web", blob, { chunkSize: 4_500_000 });
    expect(registry.blobs.get(blob.digest)).toEqual(blob.bytes);
    expect(registry.of("PATCH").map(({ length }) => length)).toEqual(["1500000", "1500000"]);
  });

  it("sends little to a registry that has not noticed that an earlier connection is dead", async () => {
    const blob = randomBlob(5 * CHUNK);
    registry.fault = ({ method }, count) =>
      method === "PATCH" && count >= 2 && count <= 6
        ? { status: 416, code: "BLOB_UPLOAD_INVALID", headers: { range: `0-${CHUNK - 1}` } }
        : null;
    await pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK });
    expect(registry.blobs.get(blob.digest)).toEqual(blob.bytes);
    const lengths = registry.of("PATCH").map(({ length }) => Number(length));
    expect(lengths).toEqual([
      CHUNK,
      CHUNK,
      ...Array.from({ length: 5 }, () => 65_536),
      CHUNK - 65_536,
      CHUNK,
      CHUNK,
      CHUNK,
    ]);
  });

  it("says what to do when no chunk is small enough", async () => {
    registry.fault = ({ method }) => (method === "PATCH" ? { status: 413, body: "<html>" } : null);
    await expect(pushBlob(open(), "acme/web", randomBlob(2 * CHUNK), { chunkSize: CHUNK })).rejects.toMatchObject({
      status: 413,
      hint: expect.stringContaining("--chunk-size"),
    });
  });

  it("gives up when there is no progress for too long", async () => {
    registry.fault = ({ method }) => (method === "PATCH" ? { cutAfter: 0 } : null);
    const pushing = pushBlob(open(1000), "acme/web", randomBlob(2 * CHUNK), { chunkSize: CHUNK });
    await expect(pushing).rejects.toMatchObject({ kind: "unreachable" });
  });

  it("does not try again what was refused", async () => {
    registry.fault = ({ method }) => (method === "PATCH" ? { status: 403, code: "DENIED" } : null);
    const pushing = pushBlob(open(), "acme/web", randomBlob(2 * CHUNK), { chunkSize: CHUNK });
    await expect(pushing).rejects.toMatchObject({ kind: "denied", message: expect.stringContaining("it is DENIED") });
    expect(registry.of("PATCH")).toHaveLength(1);
  });

  it("fails where the content has another digest", async () => {
    const blob = { ...randomBlob(2 * CHUNK), digest: randomBlob(1).digest };
    await expect(pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK })).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
  });

  it("tells a source that cannot be read from a registry that cannot be reached", async () => {
    const blob = randomBlob(2 * CHUNK);
    const broken = { ...blob, open: () => blob.open(0, 10).destroy(new Error("the disk is gone")) };
    const pushing = pushBlob(open(), "acme/web", broken, { chunkSize: CHUNK });
    await expect(pushing).rejects.toMatchObject({
      kind: "failure",
      message: expect.stringContaining("the disk is gone"),
    });
  });

  it("ends where a finish took effect although its answer was lost", async () => {
    const blob = randomBlob(2 * CHUNK);
    registry.fault = ({ method }, count) => {
      if (method !== "PUT" || count > 1) return null;
      registry.blobs.set(blob.digest, blob.bytes);
      registry.sessions.clear();
      return { status: 502 };
    };
    await pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK });
    expect(registry.of("POST")).toHaveLength(1);
  });

  it("begins anew where the registry has lost the session", async () => {
    const blob = randomBlob(3 * CHUNK);
    registry.fault = ({ method }, count) => {
      if (method === "PATCH" && count === 2) registry.sessions.clear();
      return null;
    };
    await pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK });
    expect(registry.blobs.get(blob.digest)).toEqual(blob.bytes);
  });

  it("remembers each position, and forgets it in the end", async () => {
    const remembered = memory();
    await pushBlob(open(), "acme/web", randomBlob(2 * CHUNK), { chunkSize: CHUNK, memory: remembered });
    expect(remembered.kept.map((position) => position?.offset ?? null)).toEqual([0, CHUNK, 2 * CHUNK, null]);
  });

  it("goes on with what an earlier process has sent", async () => {
    const blob = randomBlob(3 * CHUNK);
    registry.sessions.set("earlier", { pieces: [blob.bytes.subarray(0, CHUNK + 5)], size: CHUNK + 5 });
    const left = { location: `${server.url}/v2/acme/web/blobs/uploads/earlier`, offset: CHUNK };
    await pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK, memory: memory(left) });
    expect(registry.blobs.get(blob.digest)).toEqual(blob.bytes);
    expect(registry.of("POST")).toEqual([]);
    expect(registry.of("PATCH")[0]?.range).toBe("100005-200004");
  });

  it("begins anew where what an earlier process left has expired", async () => {
    const blob = randomBlob(3 * CHUNK);
    const left = { location: `${server.url}/v2/acme/web/blobs/uploads/gone`, offset: CHUNK };
    await pushBlob(open(), "acme/web", blob, { chunkSize: CHUNK, memory: memory(left) });
    expect(registry.blobs.get(blob.digest)).toEqual(blob.bytes);
  });

  it("tells how far it is", async () => {
    const told: number[] = [];
    await pushBlob(open(), "acme/web", randomBlob(2 * CHUNK), { chunkSize: CHUNK, onProgress: (n) => told.push(n) });
    expect(told.at(-1)).toBe(2 * CHUNK);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  it("stops when it is interrupted", async () => {
    const interrupt = new AbortController();
    const reason = new CliError("interrupted", "interrupted");
    registry.fault = ({ method }) => {
      if (method === "PATCH") interrupt.abort(reason);
      return null;
    };
    const connection = connect(parseRegistry(server.host), { env: {}, credential: null, signal: interrupt.signal });
    const pushing = pushBlob(connection, "acme/web", randomBlob(2 * CHUNK), { chunkSize: CHUNK });
    await expect(pushing).rejects.toBe(reason);
  });
});
