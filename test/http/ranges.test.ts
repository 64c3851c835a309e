import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { bytesOf, pushBlob, type TestDescriptor } from "../support/content.ts";
import { countCalls } from "../support/counting.ts";
import { hideLog, keyOf } from "../support/damage.ts";
import { ask, errorOf, makeSpace } from "../support/registry.ts";

const REPOSITORY = "ranges/web";
const SIZE = 1000;
const BYTES = bytesOf(SIZE, 5);
let as: string;
let blob: TestDescriptor;

hideLog();

beforeAll(async () => {
  as = await makeSpace("ranges");
  blob = await pushBlob(REPOSITORY, as, BYTES);
});

function get(headers: Record<string, string> = {}, method = "GET"): Promise<Response> {
  return ask(`/v2/${REPOSITORY}/blobs/${blob.digest}`, { as, method, headers });
}

async function bytesFrom(answer: Response): Promise<Uint8Array> {
  return new Uint8Array(await answer.arrayBuffer());
}

describe("a part of a blob", () => {
  it.each([
    ["bytes=0-0", 0, 0],
    ["bytes=10-19", 10, 19],
    ["bytes=990-", 990, 999],
    ["bytes=-10", 990, 999],
    ["bytes=-5000", 0, 999],
    ["bytes=500-2000", 500, 999],
    ["bytes=0-1000", 0, 999],
    ["bytes=0-9,10-19", 0, 19],
  ])("is sent for %s", async (range, first, last) => {
    const answer = await get({ Range: range });
    expect(answer.status).toBe(206);
    expect(answer.headers.get("Content-Range")).toBe(`bytes ${first}-${last}/${SIZE}`);
    expect(answer.headers.get("Content-Length")).toBe(String(last - first + 1));
    expect(answer.headers.get("Docker-Content-Digest")).toBe(blob.digest);
    expect(await bytesFrom(answer)).toEqual(BYTES.slice(first, last + 1));
  });

  it.each(["bytes=1000-", "bytes=2000-5000", "bytes=500-0", "bytes=-0", `bytes=${"9".repeat(50)}-`])(
    "does not exist for %s",
    async (range) => {
      const answer = await get({ Range: range });
      expect(answer.headers.get("Content-Range")).toBe(`bytes */${SIZE}`);
      expect(await errorOf(answer)).toBe("416 RANGE_INVALID");
    },
  );

  it.each(["bytes=a-b", "items=0-9", "bytes=-", "bytes=0-9,x", "0-9", "bytes=0x0-0x9", ""])(
    "is the whole for %j",
    async (range) => {
      const answer = await get({ Range: range });
      expect(answer.status).toBe(200);
      expect(await bytesFrom(answer)).toEqual(BYTES);
    },
  );

  it.each([
    ["names this content", (tag: string) => tag, 206],
    ["names other content", () => `"sha256:${"0".repeat(64)}"`, 200],
    ["names it weakly", (tag: string) => `W/${tag}`, 200],
    ["is a date", () => "Wed, 21 Oct 2015 07:28:00 GMT", 200],
  ])("depends on If-Range, which %s", async (_, condition, status) => {
    const answer = await get({ Range: "bytes=0-9", "If-Range": condition(`"${blob.digest}"`) });
    expect(answer.status).toBe(status);
    expect((await bytesFrom(answer)).length).toBe(status === 206 ? 10 : SIZE);
  });

  it("is not looked at by HEAD", async () => {
    const answer = await get({ Range: "bytes=0-9" }, "HEAD");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Length")).toBe(String(SIZE));
  });

  it.each([
    [
      "bytes=0-9,20-29",
      [
        [0, 9],
        [20, 29],
      ],
    ],
    [
      "bytes=20-29,0-9",
      [
        [20, 29],
        [0, 9],
      ],
    ],
    [
      "bytes=0-0,500-599,-1",
      [
        [0, 0],
        [500, 599],
        [999, 999],
      ],
    ],
    [
      "bytes=0-9,5000-,100-",
      [
        [0, 9],
        [100, 999],
      ],
    ],
  ])("is one of several for %s", async (range, expected) => {
    const answer = await get({ Range: range });
    expect(answer.status).toBe(206);
    expect(answer.headers.get("Content-Range")).toBeNull();
    const boundary = /^multipart\/byteranges; boundary=([^;]+)$/.exec(answer.headers.get("Content-Type") ?? "")?.[1];
    const body = await bytesFrom(answer);
    expect(answer.headers.get("Content-Length")).toBe(String(body.length));
    expect(partsOf(body, boundary ?? "")).toEqual(
      expected.map(([first = 0, last = 0]) => ({
        head: `Content-Type: application/octet-stream\r\nContent-Range: bytes ${first}-${last}/${SIZE}`,
        content: latin1(BYTES.slice(first, last + 1)),
      })),
    );
  });
});

/** Makes the first and last byte of so many parts, each at this distance from the one before. */
const at = (distance: number, count: number, length: number): readonly (readonly [number, number])[] =>
  Array.from({ length: count }, (_, index) => [index * distance, index * distance + length - 1]);

describe("many parts of a long blob", () => {
  const LENGTH = 5_000_000;
  const LONG = bytesOf(LENGTH, 6);
  let long: TestDescriptor;

  beforeAll(async () => {
    long = await pushBlob(REPOSITORY, as, LONG);
  });

  it.each([
    ["33", at(300, 33, 10)],
    ["1,024, as a client asks for chunks of a layer", at(4500, 1024, 100)],
    ["450 in falling order", at(300, 450, 10).toReversed()],
    ["60 in falling order, far apart", at(80_000, 60, 100).toReversed()],
    ["some that overlap, and are not in order", [...at(900, 50, 100), ...at(600, 50, 100)]],
    [
      "two long ones and a short one",
      [
        [0, 1_999_999],
        [2_000_010, 3_999_999],
        [4_500_000, 4_500_000],
      ] as const,
    ],
    ["200 with long ones among them", [...at(300, 199, 10), [100_000, 1_900_000]] as const],
  ])("%s: each is sent, in its place, with few reads", async (_, wanted) => {
    const range = `bytes=${wanted.map(([first, last]) => `${first}-${last}`).join(",")}`;
    let answer = new Response();
    let body: Uint8Array = new Uint8Array();
    const calls = await countCalls(async () => {
      answer = await ask(`/v2/${REPOSITORY}/blobs/${long.digest}`, { as, headers: { Range: range } });
      body = await bytesFrom(answer);
    });
    expect(answer.status).toBe(206);
    expect(answer.headers.get("Content-Length")).toBe(String(body.length));
    const boundary = /boundary=([^;]+)$/.exec(answer.headers.get("Content-Type") ?? "")?.[1];
    const parts = partsOf(body, boundary ?? "");
    expect(parts.map(({ head }) => head.replace(/^[^]*Content-Range: /, ""))).toEqual(
      wanted.map(([first, last]) => `bytes ${first}-${last}/${LENGTH}`),
    );
    const wrong = parts.filter(
      ({ content }, index) => content !== latin1(LONG.slice(wanted[index]?.[0], (wanted[index]?.[1] ?? 0) + 1)),
    );
    expect(wrong).toEqual([]);
    expect(calls.filter(({ kind }) => kind === "classB").length).toBeLessThanOrEqual(64);
  });

  it("are the whole where they are as long together", async () => {
    const answer = await ask(`/v2/${REPOSITORY}/blobs/${long.digest}`, {
      as,
      headers: { Range: `bytes=0-2999999,4000000-,0-2999999` },
    });
    expect(answer.status).toBe(200);
    expect((await bytesFrom(answer)).length).toBe(LENGTH);
  });

  it("fail as one read fails whose bytes are gone", async () => {
    const lost = await pushBlob(REPOSITORY, as, bytesOf(3_000_000, 9));
    await env.BLOBS.delete(await keyOf(lost.digest));
    const headers = { Range: "bytes=0-9,2000000-2000009" };
    expect(await errorOf(await ask(`/v2/${REPOSITORY}/blobs/${lost.digest}`, { as, headers }))).toBe(
      "404 BLOB_UNKNOWN",
    );
  });
});

/** Decodes to one character for each byte, so that text functions work on bytes. */
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCodePoint(byte)).join("");
}

/** Returns the parts of a multipart body (RFC 2046, 5.1.1). */
function partsOf(body: Uint8Array, boundary: string): { head: string; content: string }[] {
  const sections = latin1(body).split(`\r\n--${boundary}`);
  if (sections[0] !== "" || sections.at(-1) !== "--\r\n") throw new Error("the multipart body is not closed");
  return sections.slice(1, -1).map((section) => {
    const end = section.indexOf("\r\n\r\n");
    return { head: section.slice("\r\n".length, end), content: section.slice(end + "\r\n\r\n".length) };
  });
}
