import { beforeAll, describe, expect, it } from "vitest";
import { bytesOf, pushBlob, type TestDescriptor } from "../support/content.ts";
import { ask, errorOf, makeSpace } from "../support/registry.ts";

const REPOSITORY = "ranges/web";
const SIZE = 1000;
const BYTES = bytesOf(SIZE, 5);
let as: string;
let blob: TestDescriptor;

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

  it("is the whole for more parts than it is worth reading", async () => {
    const ranges = Array.from({ length: 33 }, (_, index) => `${index * 10}-${index * 10}`);
    const answer = await get({ Range: `bytes=${ranges.join(",")}` });
    expect(answer.status).toBe(200);
    expect(await bytesFrom(answer)).toEqual(BYTES);
  });

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

/** One character for each byte, so that text functions work on bytes. */
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCodePoint(byte)).join("");
}

/** The parts of a multipart body (RFC 2046, 5.1.1). */
function partsOf(body: Uint8Array, boundary: string): { head: string; content: string }[] {
  const sections = latin1(body).split(`\r\n--${boundary}`);
  if (sections[0] !== "" || sections.at(-1) !== "--\r\n") throw new Error("the multipart body is not closed");
  return sections.slice(1, -1).map((section) => {
    const end = section.indexOf("\r\n\r\n");
    return { head: section.slice("\r\n".length, end), content: section.slice(end + "\r\n\r\n".length) };
  });
}
