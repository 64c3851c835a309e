import { beforeAll, describe, expect, it } from "vitest";
import { bytesOf, digestOf, imageText, OCI_MANIFEST, pushBlob, putManifest, startSession } from "../support/content.ts";
import { ask, errorOf, makeSpace } from "../support/registry.ts";
import { refusalOf } from "../support/refusal.ts";

const REPOSITORY = "bodies/web";
let as: string;
let image: string;

beforeAll(async () => {
  as = await makeSpace("bodies");
  image = await imageText(REPOSITORY, as);
});

/** Makes the inside of an object with many fields that are numbers. */
function manyNumbers(count: number): string {
  return Array.from({ length: count }, (_, index) => `"${index.toString(36)}":1`).join(",");
}

describe("a manifest's body", () => {
  it.each([
    ["nothing", ""],
    ["a blank", " "],
    ["half a manifest", `{"schemaVersion":2,"config":{`],
    ["null", "null"],
    ["a list", "[]"],
    ["a number", "2"],
    ["text", '"schemaVersion"'],
    ["an empty object", "{}"],
    ["two objects", "{}{}"],
    ["a form", "schemaVersion=2"],
    ["HTML", "<html></html>"],
    ["NUL", "\0\0\0\0"],
    ["a byte order mark", "\u{FEFF}{}"],
    ["a million brackets", "[".repeat(1_000_000)],
    ["a hundred thousand objects", `{"config":`.repeat(100_000)],
    ["a closed nesting as its layers", `{"schemaVersion":2,"layers":${"[".repeat(500_000)}${"]".repeat(500_000)}}`],
    ["an infinite size", `{"schemaVersion":2,"layers":[],"config":{"mediaType":"a","digest":"sha256:0","size":1e999}}`],
    ["a million errors", `{"schemaVersion":2,"layers":[${"1,".repeat(500_000)}1]}`],
    ["three hundred thousand bad annotations", `{"schemaVersion":2,"annotations":{${manyNumbers(300_000)}}}`],
    ["its prototype", `{"__proto__":{"schemaVersion":2},"constructor":{}}`],
  ])("that is %s is refused", async (_, body) => {
    const answer = await putManifest(REPOSITORY, as, "bad", body);
    const text = await answer.clone().text();
    expect(await errorOf(answer)).toBe("400 MANIFEST_INVALID");
    expect(text.length).toBeLessThan(4000);
  });

  it.each([
    ["invalid UTF-8", [0x7b, 0x22, 0xff, 0x22, 0x7d]],
    ["UTF-16", [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
    ["gzip", [0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00]],
  ])("that is %s is refused", async (_, bytes) => {
    expect(await errorOf(await putManifest(REPOSITORY, as, "bad", new Uint8Array(bytes)))).toBe("400 MANIFEST_INVALID");
  });

  it("may be missing altogether, and is refused", async () => {
    const headers = { "Content-Type": OCI_MANIFEST };
    const answer = await ask(`/v2/${REPOSITORY}/manifests/none`, { as, method: "PUT", headers });
    expect(await errorOf(answer)).toBe("400 MANIFEST_INVALID");
  });

  it.each([101, 8000, 1_000_000])("that nests %i deep in a field of its own is refused", async (depth) => {
    const text = image.replace("{", `{"x":${"[".repeat(depth)}${"]".repeat(depth)},`);
    const answer = await putManifest(REPOSITORY, as, "deep", text);
    expect(await answer.clone().text()).toContain("nested more than 100 levels deep");
    expect(await errorOf(answer)).toBe("400 MANIFEST_INVALID");
  });

  it.each([
    ["a NUL in its artifact type", { artifactType: "a\0b" }],
    ["half a character in its artifact type", { artifactType: "\uD800" }],
    ["NULs in its annotations", { annotations: { "a\0": "\0" } }],
    ["half characters in its annotations", { annotations: { "\uDFFF": "\uD800" } }],
    ["SQL in its annotations", { annotations: { "'; DROP TABLE tags; --": "'" } }],
    [
      "ten thousand annotations",
      { annotations: Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [n, ""])) },
    ],
    ["a very long annotation", { annotations: { a: "x".repeat(3_900_000) } }],
  ])("that has %s comes back as it was", async (_, more) => {
    const text = await imageText(REPOSITORY, as, 2, more);
    const answer = await putManifest(REPOSITORY, as, "odd", text);
    expect(answer.status).toBe(201);
    const got = await (await ask(`/v2/${REPOSITORY}/manifests/odd`, { as })).text();
    expect((await digestOf(got)) === answer.headers.get("Docker-Content-Digest") && got === text).toBe(true);
  });

  it("that lacks ten thousand blobs names some of them", async () => {
    const layers = Array.from({ length: 9_999 }, (_, index) => ({
      mediaType: "a",
      digest: `sha512:${String(index).padStart(128, "0")}`,
      size: Number.MAX_SAFE_INTEGER,
    }));
    const answer = await putManifest(REPOSITORY, as, "lacking", await imageText(REPOSITORY, as, 3, { layers }));
    expect((await answer.clone().text()).length).toBeLessThan(10_000);
    expect(await errorOf(answer)).toBe("400 MANIFEST_BLOB_UNKNOWN");
  });
});

describe("an odd header", () => {
  const values = ["", " ", "abc", "-1", "0", "99999999999999999999999", "1e3", "0x10", "1,1", "a".repeat(8000), "\t"];
  const rangeValues = ["bytes=", "bytes=-", "bytes=,", "bytes=a-b", "bytes=9-1", `bytes=${"0-0,".repeat(2000)}0-0`];
  const chunkValues = ["0-", "-1", "9-0", "bytes */5", "bytes 0-4/3", `0-${"9".repeat(50)}`, "a-b", "0-4, 5-9"];

  it.each([
    ["Range", [...values, ...rangeValues]],
    ["If-Range", values],
    ["If-None-Match", [...values, '"', 'W/"', '"a'.repeat(2000)]],
    ["Accept", values],
    ["Accept-Encoding", values],
    ["Content-Length", values],
    ["Content-Range", chunkValues],
  ])("%s is no fault when reading", async (name, odd) => {
    const { digest } = await pushBlob(REPOSITORY, as, bytesOf(100));
    await putManifest(REPOSITORY, as, "latest", image);
    for (const value of odd) {
      for (const path of [`blobs/${digest}`, "manifests/latest", "tags/list", `referrers/${digest}`]) {
        expect(await refusalOf(`/v2/${REPOSITORY}/${path}`, { as, headers: { [name]: value } })).toMatch(/^[2-4]\d\d/);
      }
    }
  });

  it.each([
    ["Content-Range", [...values, ...chunkValues]],
    ["Content-Length", values],
    ["Content-Type", [...values, ";", "a/b; c=d; e"]],
    ["Content-Encoding", ["gzip", "x", ""]],
    ["Transfer-Encoding", ["gzip", "x"]],
    ["Expect", ["100-continue", "x"]],
  ])("%s is no fault when writing", async (name, odd) => {
    const bytes = bytesOf(5);
    const digest = await digestOf(bytes);
    for (const value of odd) {
      const session = await startSession(REPOSITORY, as);
      const requests: readonly (readonly [string, string])[] = [
        ["PATCH", session],
        ["PUT", `${session}?digest=${digest}`],
        ["POST", `/v2/${REPOSITORY}/blobs/uploads/?digest=${digest}`],
        ["PUT", `/v2/${REPOSITORY}/manifests/odd`],
      ];
      for (const [method, path] of requests) {
        const headers = { [name]: value };
        expect(await refusalOf(path, { as, method, headers, body: bytes })).toMatch(/^[2-4]\d\d/);
      }
    }
  });

  it.each(["abc", "-1", "99999999999999999999999", "1e3"])(
    "Content-Length: %s is refused for a blob",
    async (value) => {
      const bytes = bytesOf(5);
      const answer = await ask(`/v2/${REPOSITORY}/blobs/uploads/?digest=${await digestOf(bytes)}`, {
        as,
        method: "POST",
        headers: { "Content-Length": value },
        body: bytes,
      });
      expect(await errorOf(answer)).toBe("400 SIZE_INVALID");
    },
  );

  it.each([
    "Basic",
    "Basic ",
    "Basic !!!",
    "Basic bm8tY29sb24=",
    "Basic /////w==",
    `Basic ${btoa(`u:${"x".repeat(8000)}`)}`,
    "Bearer",
    "Bearer a.b.c",
    "Bearer ...",
    "Bearer eyJhbGciOiJub25lIn0.e30.",
    "Digest username=u",
  ])("Authorization: %s is refused", async (value) => {
    const answer = await ask(`/v2/${REPOSITORY}/tags/list`, { headers: { Authorization: value } });
    expect(answer.headers.get("WWW-Authenticate")).toMatch(/^Bearer realm="/);
    expect(await errorOf(answer)).toBe("401 UNAUTHORIZED");
  });
});
