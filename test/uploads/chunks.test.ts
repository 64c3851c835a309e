import { beforeAll, describe, expect, it } from "vitest";
import { bytesOf, digestOf, startSession } from "../support/content.ts";
import { ask, errorOf, makeSpace } from "../support/registry.ts";
import { finish, isReadable, offsetOf, patch, streamOf } from "../support/upload.ts";

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const REPOSITORY = "chunks/web";
let as: string;

beforeAll(async () => {
  as = await makeSpace("chunks");
});

/** Cuts content into chunks of the given sizes; the last takes the rest. */
function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  return [...chunks, bytes.subarray(start)].filter((chunk) => chunk.length > 0);
}

describe("a blob in chunks", () => {
  const cases: readonly {
    name: string;
    size: number;
    sizes: readonly number[];
    chunked?: boolean;
    ranges?: boolean;
  }[] = [
    { name: "one chunk", size: 1000, sizes: [] },
    { name: "one chunk of unknown length", size: 1000, sizes: [], chunked: true },
    { name: "chunks of one byte", size: 5, sizes: [1, 1, 1, 1], ranges: true },
    { name: "growing chunks", size: 70_000, sizes: [1, 10, 100, 1000, 10_000], ranges: true },
    { name: "shrinking chunks", size: 70_000, sizes: [60_000, 9000, 900, 90], ranges: true },
    { name: "exactly one part", size: PART, sizes: [] },
    { name: "one byte more than a part", size: PART + 1, sizes: [], chunked: true },
    { name: "exactly two parts", size: 2 * PART, sizes: [PART], ranges: true },
    { name: "parts and a tail in one chunk", size: 12 * MIB + 7, sizes: [] },
    {
      name: "chunks that are not multiples of a part",
      size: 13 * MIB + 3,
      sizes: [3 * MIB + 1, 6 * MIB, 1],
      ranges: true,
    },
    {
      name: "chunks larger than a part, of unknown length",
      size: 17 * MIB,
      sizes: [8 * MIB],
      chunked: true,
      ranges: true,
    },
  ];

  it.each(cases)("arrives whole: $name", async ({ size, sizes, chunked = false, ranges = false }) => {
    const bytes = bytesOf(size, size);
    const digest = await digestOf(bytes);
    let session = await startSession(REPOSITORY, as);
    let offset = 0;
    for (const chunk of cut(bytes, sizes)) {
      const answer = await patch(session, as, chunk, { chunked, ...(ranges && { at: offset }) });
      offset += chunk.length;
      expect(answer.status).toBe(202);
      expect(answer.headers.get("Range")).toBe(`0-${offset - 1}`);
      session = answer.headers.get("Location") ?? "";
    }
    const answer = await finish(session, as, digest);
    expect(answer.status).toBe(201);
    expect(answer.headers.get("Docker-Content-Digest")).toBe(digest);
    expect(answer.headers.get("Location")).toBe(`/v2/${REPOSITORY}/blobs/${digest}`);
    expect(await isReadable(REPOSITORY, as, digest)).toBe(true);
  });

  it.each([
    { name: "after a small chunk", first: 100, last: 50 },
    { name: "of unknown length", first: 100, last: 50, chunked: true },
    { name: "after a large chunk", first: 6 * MIB, last: 6 * MIB },
    { name: "after no chunk at all, of unknown length", first: 0, last: 6 * MIB, chunked: true },
  ])("takes the last chunk in the PUT $name", async ({ first, last, chunked = false }) => {
    const bytes = bytesOf(first + last, first);
    const digest = await digestOf(bytes);
    const session = await startSession(REPOSITORY, as);
    if (first > 0) await patch(session, as, bytes.subarray(0, first), { at: 0 });
    const answer = await finish(session, as, digest, bytes.subarray(first), { at: first, chunked });
    expect(answer.status).toBe(201);
    expect(await isReadable(REPOSITORY, as, digest)).toBe(true);
  });

  it("takes no bytes at all in a single POST", async () => {
    const digest = await digestOf("");
    const answer = await ask(`/v2/chunks/empty/blobs/uploads/?digest=${digest}`, { method: "POST", as });
    expect(answer.status).toBe(201);
    expect(await isReadable("chunks/empty", as, digest)).toBe(true);
  });

  it.each([false, true])("takes no bytes at all in a session, with an empty chunk: %s", async (withChunk) => {
    const session = await startSession(REPOSITORY, as);
    const statuses = withChunk ? [(await patch(session, as, new Uint8Array(0))).status] : [];
    statuses.push((await finish(session, as, await digestOf(""))).status);
    expect(statuses).toEqual(withChunk ? [202, 201] : [201]);
    expect(await isReadable(REPOSITORY, as, await digestOf(""))).toBe(true);
  });

  it("takes chunks at the session's first address too, since some clients ignore the newer ones", async () => {
    const bytes = bytesOf(300, 3);
    const session = await startSession(REPOSITORY, as);
    await patch(session, as, bytes.subarray(0, 100));
    await patch(session, as, bytes.subarray(100));
    expect((await finish(session, as, await digestOf(bytes))).status).toBe(201);
  });

  it("tolerates a digest on a PATCH", async () => {
    const bytes = bytesOf(10, 4);
    const session = await startSession(REPOSITORY, as);
    const answer = await ask(`${session}?digest=${await digestOf(bytes)}`, { method: "PATCH", as, body: bytes });
    expect(answer.status).toBe(202);
  });
});

describe("chunks out of order", () => {
  it("are refused with 416 and change nothing, and the session goes on", async () => {
    const bytes = bytesOf(300, 5);
    const session = await startSession(REPOSITORY, as);
    expect((await patch(session, as, bytes.subarray(0, 100), { at: 0 })).status).toBe(202);
    for (const [start, end] of [
      [0, 100],
      [200, 300],
      [50, 150],
    ] as const) {
      const answer = await patch(session, as, bytes.subarray(start, end), { at: start });
      expect(answer.status).toBe(416);
      expect(answer.headers.get("Range")).toBe("0-99");
    }
    expect((await finish(session, as, await digestOf(bytes), bytes.subarray(200), { at: 200 })).status).toBe(416);
    expect(await offsetOf(session, as)).toBe(100);
    await patch(session, as, bytes.subarray(100), { at: 100 });
    expect((await finish(session, as, await digestOf(bytes))).status).toBe(201);
  });

  it("are refused in an untouched session, which then still takes the first", async () => {
    const bytes = bytesOf(10, 6);
    const session = await startSession(REPOSITORY, as);
    expect((await finish(session, as, await digestOf(bytes), bytes.subarray(5), { at: 5 })).status).toBe(416);
    expect((await ask(session, { as })).headers.get("Range")).toBe("0-0");
    expect((await finish(session, as, await digestOf(bytes), bytes, { at: 0 })).status).toBe(201);
  });

  it("let one of several at the same offset win", async () => {
    const bytes = bytesOf(2 * MIB, 7);
    const session = await startSession(REPOSITORY, as);
    const answers = await Promise.all([0, 1, 2].map(() => patch(session, as, bytes, { at: 0, chunked: true })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 416, 416]);
    expect(await offsetOf(session, as)).toBe(bytes.length);
    expect((await finish(session, as, await digestOf(bytes))).status).toBe(201);
  });
});

describe("a chunk that is not what it says", () => {
  it("is refused before it is read when Content-Range and Content-Length disagree", async () => {
    const session = await startSession(REPOSITORY, as);
    const answer = await ask(session, { method: "PATCH", as, headers: { "Content-Range": "0-50" }, body: bytesOf(10) });
    expect(await errorOf(answer)).toBe("400 SIZE_INVALID");
    expect(await offsetOf(session, as)).toBe(0);
  });

  it.each([
    { name: "more", announced: 50 },
    { name: "fewer", announced: 500 },
  ])("is refused when it has $name bytes than announced, but what fits is kept", async ({ announced }) => {
    const bytes = bytesOf(100, 8);
    const session = await startSession(REPOSITORY, as);
    const headers = { "Content-Range": `0-${announced - 1}` };
    const answer = await ask(session, { method: "PATCH", as, headers, body: streamOf([bytes]) });
    expect(await errorOf(answer)).toBe("400 SIZE_INVALID");
    const kept = Math.min(announced, 100);
    expect(await offsetOf(session, as)).toBe(kept);
    expect((await finish(session, as, await digestOf(bytes.subarray(0, kept)))).status).toBe(201);
  });

  it.each(["bytes", "5-1", "a-b", "-5", "0-"])("is refused for the Content-Range %s", async (range) => {
    const session = await startSession(REPOSITORY, as);
    const answer = await ask(session, { method: "PATCH", as, headers: { "Content-Range": range }, body: bytesOf(5) });
    expect(await errorOf(answer)).toBe("400 BLOB_UPLOAD_INVALID");
  });

  it.each(["bytes 0-4/*", "BYTES 0-4/5", "bytes=0-4"])("may give its range as %s", async (range) => {
    const session = await startSession(REPOSITORY, as);
    const headers = { "Content-Range": range };
    expect((await ask(session, { method: "PATCH", as, headers, body: bytesOf(5) })).status).toBe(202);
  });
});

describe("a request without a byte", () => {
  const bytes = bytesOf(10, 77);
  const RANGES = ["0-9", "0-0", "10-10", "bytes 0-9/10", "10-9", "none"];
  const BODIES = [
    ["no body", () => null],
    ["an empty body", () => new Uint8Array(0)],
  ] as const;

  describe.each(BODIES)("as %s", (_, body) => {
    it.each(RANGES)("ends an upload whatever its Content-Range: %s", async (range) => {
      const session = await startSession(REPOSITORY, as);
      expect((await patch(session, as, bytes)).status).toBe(202);
      const headers = { "Content-Range": range };
      const address = `${session}?digest=${await digestOf(bytes)}`;
      expect((await ask(address, { method: "PUT", as, headers, body: body() })).status).toBe(201);
    });

    it.each(RANGES)("adds nothing whatever its Content-Range: %s", async (range) => {
      const session = await startSession(REPOSITORY, as);
      const headers = { "Content-Range": range };
      expect((await ask(session, { method: "PATCH", as, headers, body: body() })).status).toBe(202);
      expect((await patch(session, as, bytes, { at: 0 })).status).toBe(202);
      const answer = await ask(session, { method: "PATCH", as, headers, body: body() });
      expect([answer.status, answer.headers.get("Range")]).toEqual([202, "0-9"]);
      expect((await finish(session, as, await digestOf(bytes))).status).toBe(201);
    });
  });

  it.each(["0-9", "0-0", "10-9", "10-19", "20-29"])("may come by chunked transfer with %s", async (range) => {
    const headers = { "Content-Range": range };
    const session = await startSession(REPOSITORY, as);
    expect((await patch(session, as, bytes)).status).toBe(202);
    const patched = await ask(session, { method: "PATCH", as, headers, body: streamOf([]) });
    expect([patched.status, patched.headers.get("Range")]).toEqual([202, "0-9"]);
    const address = `${session}?digest=${await digestOf(bytes)}`;
    expect((await ask(address, { method: "PUT", as, headers, body: streamOf([]) })).status).toBe(201);
  });

  it("is another than one that says so and brings bytes", async () => {
    const session = await startSession(REPOSITORY, as);
    expect((await patch(session, as, bytes)).status).toBe(202);
    const headers = { "Content-Range": "10-9" };
    const patched = await ask(session, { method: "PATCH", as, headers, body: streamOf([bytesOf(5)]) });
    expect(await errorOf(patched)).toBe("400 SIZE_INVALID");
    expect((await finish(session, as, await digestOf(bytes))).status).toBe(201);
  });

  it.each([true, false])("is another than one with bytes at a wrong start (chunked: %s)", async (chunked) => {
    const session = await startSession(REPOSITORY, as);
    expect((await patch(session, as, bytes)).status).toBe(202);
    for (const at of [0, 5, 20]) {
      const answer = await patch(session, as, bytes, { at, chunked });
      expect([answer.status, answer.headers.get("Range")]).toEqual([416, "0-9"]);
    }
    expect((await finish(session, as, await digestOf(bytes), bytes, { at: 0, chunked })).status).toBe(416);
    expect(await offsetOf(session, as)).toBe(10);
  });
});

describe("a connection that breaks", () => {
  it.each([1000, 7 * MIB])(
    "keeps what arrived: after %i bytes the client goes on from where GET says",
    async (arrived) => {
      const bytes = bytesOf(arrived + 5000, arrived);
      const session = await startSession(REPOSITORY, as);
      await ask(session, { method: "PATCH", as, body: streamOf([bytes.subarray(0, arrived)], true) }).catch(() => null);
      const offset = (await offsetOf(session, as)) ?? Number.NaN;
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(offset).toBeLessThanOrEqual(arrived);
      expect((await patch(session, as, bytes.subarray(offset), { at: offset })).status).toBe(202);
      expect((await finish(session, as, await digestOf(bytes))).status).toBe(201);
      expect(await isReadable(REPOSITORY, as, await digestOf(bytes))).toBe(true);
    },
  );
});
