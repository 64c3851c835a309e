import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import {
  bytesOf,
  descriptorOf,
  digestOf,
  DOCKER_MANIFEST,
  imageText,
  indexText,
  OCI_INDEX,
  OCI_MANIFEST,
  padded,
  pushBlob,
  pushImage,
  putManifest,
} from "../support/content.ts";
import { ask, errorOf, makeSpace } from "../support/registry.ts";
import { streamOf } from "../support/upload.ts";

const MIB = 1024 * 1024;
const REPOSITORY = "manifests/web";
let as: string;

beforeAll(async () => {
  as = await makeSpace("manifests");
});

function get(reference: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> {
  return ask(`/v2/${REPOSITORY}/manifests/${reference}`, { as, method, headers });
}

function headersOf(answer: Response): Record<string, string> {
  const headers = Object.fromEntries(answer.headers);
  delete headers["x-request-id"];
  return headers;
}

describe("pushing and pulling a manifest", () => {
  it.each([
    ["whitespace around", (text: string) => `\n  ${text}\t\r\n`],
    ["whitespace within", (text: string) => text.replaceAll('","', '" ,\n\t"').replaceAll('":', '"\r\n : ')],
    ["unknown fields", (text: string) => text.replace("{", '{"x":{"y":[1e400,null]},"schemaversion":3,')],
    ["unicode", (text: string) => text.replace("{", '{"x":"é🚀\u2028\u202E",')],
    ["escapes", (text: string) => text.replace("{", String.raw`{"\u0078":"\ud83d\ude80\ud800\u0000\/",`)],
    ["a field twice", (text: string) => text.replace("{", '{"annotations":{"a":"b"},"annotations":{},')],
    ["more than fits in a row", (text: string) => padded(text, MIB + 1)],
    ["3.9 MB", (text: string) => padded(text, 3_900_000)],
    ["4 MiB exactly", (text: string) => padded(text, 4 * MIB)],
  ])("gives back the exact bytes by tag and by digest: %s", async (_, change) => {
    const text = change(await imageText(REPOSITORY, as));
    expect((await putManifest(REPOSITORY, as, "exact", text)).status).toBe(201);
    const { digest, size } = await descriptorOf(text);
    for (const reference of ["exact", digest]) {
      const answer = await get(reference);
      expect((await answer.text()) === text).toBe(true);
      expect(answer.headers.get("Content-Type")).toBe(OCI_MANIFEST);
      expect(answer.headers.get("Content-Length")).toBe(String(size));
      expect(answer.headers.get("Docker-Content-Digest")).toBe(digest);
    }
  });

  it("answers a push with its digest and its address", async () => {
    const text = await imageText(REPOSITORY, as, 3);
    const answer = await putManifest(REPOSITORY, as, "answered", text);
    expect(answer.headers.get("Docker-Content-Digest")).toBe(await digestOf(text));
    expect(answer.headers.get("OCI-Subject")).toBeNull();
    expect(answer.headers.get("OCI-Tag")).toBeNull();
    const there = await ask(answer.headers.get("Location") ?? "", { as });
    expect(await there.text()).toBe(text);
  });

  it("may be kept by whoever got it by its digest, as a blob; a tag may not", async () => {
    const { digest } = await pushImage(REPOSITORY, as, "kept", 12);
    const blob = await pushBlob(REPOSITORY, as, bytesOf(10, 12));
    const cacheControl = async (path: string, method: string, headers = {}): Promise<string | null> =>
      (await ask(`/v2/${REPOSITORY}/${path}`, { as, method, headers })).headers.get("Cache-Control");
    const expected = await cacheControl(`blobs/${blob.digest}`, "GET");
    expect(expected).toBe("private, max-age=31536000, immutable");
    for (const method of ["GET", "HEAD"]) {
      expect(await cacheControl(`manifests/${digest}`, method)).toBe(expected);
      expect(await cacheControl(`manifests/${digest}`, method, { "If-None-Match": `"${digest}"` })).toBe(expected);
      expect(await cacheControl("manifests/kept", method)).toBeNull();
      expect(await cacheControl(`manifests/sha256:${"0".repeat(64)}`, method)).toBeNull();
    }
  });

  it("moves a tag", async () => {
    await pushImage(REPOSITORY, as, "moving", 1);
    const { text } = await pushImage(REPOSITORY, as, "moving", 2);
    expect(await (await get("moving")).text()).toBe(text);
  });

  it("takes the same manifest again", async () => {
    const text = await imageText(REPOSITORY, as, 4);
    const first = await putManifest(REPOSITORY, as, "again", text);
    const second = await putManifest(REPOSITORY, as, "again", text);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(headersOf(second)).toEqual(headersOf(first));
    expect(await (await get("again")).text()).toBe(text);
  });

  it("takes a manifest by its digest, without a tag", async () => {
    const text = await imageText(REPOSITORY, as, 5);
    const digest = await digestOf(text);
    expect((await putManifest(REPOSITORY, as, digest, text)).status).toBe(201);
    expect(await (await get(digest)).text()).toBe(text);
  });

  it("takes a manifest by its sha512", async () => {
    const text = await imageText(REPOSITORY, as, 6);
    const digest = await digestOf(text, "sha512");
    const answer = await putManifest(REPOSITORY, as, digest, text);
    expect(answer.headers.get("Docker-Content-Digest")).toBe(digest);
    expect(answer.headers.get("Location")).toBe(`/v2/${REPOSITORY}/manifests/${digest}`);
    expect(await (await get(digest)).text()).toBe(text);
  });

  it("finds a digest whose colon is escaped", async () => {
    const { digest, text } = await pushImage(REPOSITORY, as, "escaped", 7);
    expect(await (await get(digest.replace(":", "%3A"))).text()).toBe(text);
  });

  it("names the subject, which may be missing", async () => {
    const subject = { mediaType: OCI_MANIFEST, digest: await digestOf("never pushed"), size: 12 };
    const text = await imageText(REPOSITORY, as, 8, { subject });
    const answer = await putManifest(REPOSITORY, as, "subject", text);
    expect(answer.status).toBe(201);
    expect(answer.headers.get("OCI-Subject")).toBe(subject.digest);
  });

  it("needs no layer that is not distributed", async () => {
    const mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    const layer = { mediaType, digest: await digestOf("elsewhere"), size: 9, urls: ["https://example.com/layer"] };
    const text = await imageText(REPOSITORY, as, 9, { layers: [layer] });
    expect((await putManifest(REPOSITORY, as, "foreign", text)).status).toBe(201);
  });

  it.each(["long1", "long2"])("keeps every row within D1's 2,000,000 bytes: %s", async (tag) => {
    const annotations = { long: "x".repeat(tag === "long1" ? 3_900_000 : 800_000) };
    const text = await imageText(REPOSITORY, as, 60, { annotations });
    expect((await putManifest(REPOSITORY, as, tag, text)).status).toBe(201);
    const bytes = "LENGTH(COALESCE(body, '')) + LENGTH(COALESCE(annotations, '')) + LENGTH(platforms)";
    const row = await env.DB.prepare(`SELECT MAX(${bytes}) AS longest FROM manifests`).first();
    expect(row?.["longest"]).toBeLessThan(1_950_000);
    expect(await (await get(tag)).text()).toBe(text);
  });

  it("drops the bytes of a long manifest that was there already", async () => {
    const before = (await env.BLOBS.list({ prefix: "manifests/" })).objects.length;
    const text = await imageText(REPOSITORY, as, 61, { annotations: { long: "y".repeat(2_000_000) } });
    for (const tag of ["one", "two", "three"]) {
      expect((await putManifest(REPOSITORY, as, tag, text)).status).toBe(201);
    }
    await expect.poll(async () => (await env.BLOBS.list({ prefix: "manifests/" })).objects.length).toBe(before + 1);
    expect(await (await get("one")).text()).toBe(text);
  });

  it("keeps what is longer than a row in R2, and nothing else", async () => {
    const short = await imageText(REPOSITORY, as, 11);
    const long = padded(short, MIB + 1);
    const keys: (string | null)[] = [];
    for (const text of [short, long]) {
      await putManifest(REPOSITORY, as, "kept", text);
      const query = env.DB.prepare("SELECT key FROM manifests WHERE digest = ?").bind(await digestOf(text));
      keys.push(await query.first<string | null>("key"));
    }
    expect(keys[0]).toBeNull();
    expect((await env.BLOBS.head(keys[1] ?? ""))?.size).toBe(MIB + 1);
  });
});

describe("answering with a manifest", () => {
  it.each([
    ["small", (text: string) => text],
    ["large", (text: string) => padded(text, 2 * MIB)],
  ])("heads a %s one as it is got", async (size, change) => {
    const text = change(await imageText(REPOSITORY, as));
    await putManifest(REPOSITORY, as, `head-${size}`, text);
    const head = await get(`head-${size}`, {}, "HEAD");
    expect(head.status).toBe(200);
    expect(headersOf(head)).toEqual(headersOf(await get(`head-${size}`)));
    expect(head.headers.get("Content-Length")).toBe(String(text.length));
    expect(await head.text()).toBe("");
  });

  it.each([
    ["its own tag", (tag: string) => tag],
    ["a weak form of its tag", (tag: string) => `W/${tag}`],
    ["a list that has its tag", (tag: string) => `"a", ${tag}`],
    ["any tag", () => "*"],
  ])("spares the client what it has, by %s", async (_, condition) => {
    const { digest } = await pushImage(REPOSITORY, as, "conditional");
    const etag = (await get("conditional")).headers.get("ETag") ?? "";
    const answer = await get("conditional", { "If-None-Match": condition(etag) });
    expect(answer.status).toBe(304);
    expect(await answer.text()).toBe("");
    expect(answer.headers.get("Docker-Content-Digest")).toBe(digest);
  });

  it("sends what the client has another version of", async () => {
    await pushImage(REPOSITORY, as, "conditional");
    expect((await get("conditional", { "If-None-Match": `"sha256:${"0".repeat(64)}"` })).status).toBe(200);
  });

  it.each(["*/*", OCI_INDEX, "text/html", DOCKER_MANIFEST, ""])("ignores Accept: %j", async (accept) => {
    const { text } = await pushImage(REPOSITORY, as, "accept");
    const answer = await get("accept", { Accept: accept });
    expect(answer.headers.get("Content-Type")).toBe(OCI_MANIFEST);
    expect(await answer.text()).toBe(text);
  });

  it.each([
    "unknown",
    ".INVALID_MANIFEST_NAME",
    "!!bad",
    "a".repeat(129),
    "sha256:baddigeststring",
    `sha256:${"0".repeat(64)}`,
    `sha512:${"0".repeat(128)}`,
    "%00",
    "%ff",
  ])("knows nothing of %s", async (reference) => {
    expect(await errorOf(await get(reference))).toBe("404 MANIFEST_UNKNOWN");
    expect((await get(reference, {}, "HEAD")).status).toBe(404);
  });
});

describe("refusing a manifest", () => {
  it("of more than 4 MiB", async () => {
    const text = padded(await imageText(REPOSITORY, as), 4 * MIB + 1);
    expect(await errorOf(await putManifest(REPOSITORY, as, "long", text))).toBe("413 MANIFEST_INVALID");
    expect((await get("long")).status).toBe(404);
  });

  it.each([4 * MIB + 1, 20 * MIB])("that streams on to %i bytes", async (length) => {
    const text = padded(await imageText(REPOSITORY, as), length);
    const bytes = new TextEncoder().encode(text);
    const pieces = Array.from({ length: Math.ceil(length / MIB) }, (_, at) => bytes.subarray(at * MIB, (at + 1) * MIB));
    const answer = await ask(`/v2/${REPOSITORY}/manifests/streamed`, {
      as,
      method: "PUT",
      headers: { "Content-Type": OCI_MANIFEST },
      body: streamOf(pieces),
    });
    expect(await errorOf(answer)).toBe("413 MANIFEST_INVALID");
  });

  it.each([
    ["another digest", `sha256:${"0".repeat(64)}`, "400 DIGEST_INVALID"],
    ["another sha512", `sha512:${"0".repeat(128)}`, "400 DIGEST_INVALID"],
    ["a malformed digest", "sha256:baddigeststring", "400 DIGEST_INVALID"],
    ["a malformed tag", "!!bad", "400 TAG_INVALID"],
    ["a tag with a dot in front", ".hidden", "400 TAG_INVALID"],
    ["a tag of 129 characters", "a".repeat(129), "400 TAG_INVALID"],
    ["an escaped slash", "a%2fb", "400 TAG_INVALID"],
    ["a NUL", "%00", "400 TAG_INVALID"],
  ])("under %s", async (_, reference, error) => {
    const text = await imageText(REPOSITORY, as, 20);
    expect(await errorOf(await putManifest(REPOSITORY, as, reference, text))).toBe(error);
    expect((await get(await digestOf(text))).status).toBe(404);
  });

  it.each(["text/html", "application/json", "application/vnd.docker.distribution.manifest.v1+json", OCI_INDEX])(
    "of type %s",
    async (type) => {
      const text = await imageText(REPOSITORY, as);
      expect(await errorOf(await putManifest(REPOSITORY, as, "typed", text, type))).toBe("400 MANIFEST_INVALID");
    },
  );

  it("whose blobs are missing, and names them", async () => {
    const config = { mediaType: "application/x", digest: await digestOf("no config"), size: 9 };
    const layer = { mediaType: "application/x", digest: await digestOf("no layer"), size: 8 };
    const there = await pushBlob(REPOSITORY, as, bytesOf(7));
    const text = JSON.stringify({ schemaVersion: 2, config, layers: [there, layer] });
    const answer = await putManifest(REPOSITORY, as, "incomplete", text);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      errors: [{ code: "MANIFEST_BLOB_UNKNOWN", detail: { missing: [config.digest, layer.digest] } }],
    });
  });

  it("whose blobs are only in another repository", async () => {
    const text = await imageText("manifests/other", as, 21);
    expect(await errorOf(await putManifest(REPOSITORY, as, "elsewhere", text))).toBe("400 MANIFEST_BLOB_UNKNOWN");
  });

  it.each([-1, 1, 1_000_000])("whose descriptor is %i bytes off", async (difference) => {
    const layer = await pushBlob(REPOSITORY, as, bytesOf(50));
    const layers = [{ ...layer, size: layer.size + difference }];
    const text = await imageText(REPOSITORY, as, 22, { layers });
    expect(await errorOf(await putManifest(REPOSITORY, as, "off", text))).toBe("400 SIZE_INVALID");
  });

  it("that is an index without its child", async () => {
    const child = await descriptorOf("never pushed");
    const answer = await putManifest(REPOSITORY, as, "orphan", indexText([child]), OCI_INDEX);
    expect(await errorOf(answer)).toBe("400 MANIFEST_BLOB_UNKNOWN");
  });

  it("whose layer is a manifest", async () => {
    const { text } = await pushImage(REPOSITORY, as, "layered", 23);
    const image = await imageText(REPOSITORY, as, 24, { layers: [await descriptorOf(text)] });
    expect(await errorOf(await putManifest(REPOSITORY, as, "layered", image))).toBe("400 MANIFEST_BLOB_UNKNOWN");
  });
});
