import { createHash, randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { beforeEach, describe, expect, it } from "vitest";
import { headBlob, mountBlob, readBlob } from "../../../src/cli/client/blobs.ts";
import { type Connection, connect } from "../../../src/cli/client/connection.ts";
import { listReferrers, listTags } from "../../../src/cli/client/lists.ts";
import { deleteManifest, getManifest, headManifest, putManifest } from "../../../src/cli/client/manifests.ts";
import { ping } from "../../../src/cli/client/ping.ts";
import { parseRegistry } from "../../../src/cli/client/reference.ts";
import { collect } from "../../../src/cli/collect.ts";
import { makeDigest } from "../../../src/oci/digest.ts";
import { type Fault } from "../support/upload-registry.ts";
import { refuse, reply, serve, urlOf } from "../support/server.ts";

const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const NAME = "acme/web";

interface Served {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
}

/** Answers by method and address; all else is 404. */
let answers: Record<string, Served> = {};
let ranges: (string | null)[] = [];
/** Bytes after which an answer's connection breaks, one number for each answer. */
let cuts: number[] = [];
let faults: Fault[] = [];

const server = await serve((request, response) => {
  const { pathname, search } = urlOf(request);
  const fault = faults.shift();
  if (fault !== undefined && "status" in fault) return reply(response, fault.status, fault.headers, fault.body);
  const found = answers[`${request.method} ${pathname}${search}`];
  if (found === undefined) return refuse(response, 404, "UNKNOWN_THING");
  const range = request.headers.range ?? null;
  ranges.push(range);
  const whole = Buffer.from(found.body ?? "");
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  const part = from === undefined ? whole : whole.subarray(Number(from), Number(to) + 1);
  const cut = cuts.shift();
  response.writeHead(found.status ?? (from === undefined ? 200 : 206), {
    "content-length": String(part.length),
    ...found.headers,
  });
  if (cut === undefined) return response.end(part);
  response.write(part.subarray(0, cut), () => setImmediate(() => response.destroy()));
});

beforeEach(() => {
  answers = {};
  ranges = [];
  cuts = [];
  faults = [];
});

function open(): Connection {
  return connect(parseRegistry(server.host), { env: {}, credential: null, wait: () => Promise.resolve() });
}

function digestOf(bytes: Buffer | string): ReturnType<typeof makeDigest> {
  return makeDigest("sha256", createHash("sha256").update(bytes).digest("hex"));
}

describe("a question", () => {
  it("is asked again while the registry is busy", async () => {
    answers["GET /v2/"] = {};
    faults = [{ status: 503 }, { status: 429 }];
    await expect(ping(open())).resolves.toBeUndefined();
  });

  it("is not asked for ever", async () => {
    faults = Array.from({ length: 100 }, () => ({ status: 503 }));
    await expect(ping(open())).rejects.toMatchObject({ kind: "unreachable" });
  });

  it.each([
    { status: 404 },
    { status: 405, headers: { allow: "POST" } },
    { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: "<html>hello</html>" },
  ])("finds that a server is no registry: %o", async (answer) => {
    answers["GET /v2/"] = answer;
    await expect(ping(open())).rejects.toMatchObject({
      kind: "failure",
      message: `${server.host} is not a registry: ${server.url}/v2/ does not answer like one`,
    });
  });

  it("fails in words where nothing listens", async () => {
    const nowhere = connect(parseRegistry("127.0.0.1:1"), { env: {}, credential: null, wait: () => Promise.resolve() });
    await expect(ping(nowhere)).rejects.toMatchObject({
      kind: "unreachable",
      message: "cannot reach http://127.0.0.1:1: connection refused",
    });
  });
});

describe("a manifest", () => {
  const body = '{"schemaVersion":2}';
  const path = `/v2/${NAME}/manifests`;

  it("is read with its digest and type", async () => {
    answers[`GET ${path}/1`] = { body, headers: { "content-type": `${OCI_INDEX}; charset=utf-8` } };
    expect(await getManifest(open(), NAME, "1")).toEqual({
      bytes: Buffer.from(body),
      mediaType: OCI_INDEX,
      digest: digestOf(body),
    });
  });

  it("is refused where its bytes are not those of the digest", async () => {
    const digest = digestOf("other");
    answers[`GET ${path}/${digest}`] = { body };
    await expect(getManifest(open(), NAME, digest)).rejects.toMatchObject({ kind: "invalid" });
  });

  it("is null where there is none", async () => {
    expect(await getManifest(open(), NAME, "1")).toBeNull();
    expect(await headManifest(open(), NAME, "1")).toBeNull();
    expect(await deleteManifest(open(), NAME, "1")).toBe(false);
  });

  it("is looked at without being read", async () => {
    const digest = digestOf(body);
    answers[`HEAD ${path}/1`] = { body, headers: { "content-type": OCI_INDEX, "docker-content-digest": digest } };
    expect(await headManifest(open(), NAME, "1")).toEqual({ mediaType: OCI_INDEX, digest, size: body.length });
  });

  it.each([400, 403, 405, 501])("is read where HEAD is refused with %i", async (status) => {
    const digest = digestOf(body);
    answers[`HEAD ${path}/1`] = { status };
    answers[`GET ${path}/1`] = { body, headers: { "content-type": OCI_INDEX } };
    expect(await headManifest(open(), NAME, "1")).toEqual({ mediaType: OCI_INDEX, digest, size: body.length });
    answers[`HEAD ${path}/2`] = { status };
    expect(await headManifest(open(), NAME, "2")).toBeNull();
  });

  it("is stored, and its subject confirmed", async () => {
    const subject = digestOf("subject");
    answers[`PUT ${path}/1`] = { status: 201, headers: { "oci-subject": subject } };
    const stored = await putManifest(open(), NAME, "1", { bytes: Buffer.from(body), mediaType: OCI_INDEX });
    expect(stored).toEqual({ digest: digestOf(body), subject });
  });
});

function nextIs(n: number): Record<string, string> {
  return { link: `<?n=${n}>; rel="next"` };
}

/** Makes a page of either list with these entries, and something else that may change. */
function page(entries: readonly string[], next: number, time = ""): Served {
  const manifests = entries.map((entry) => ({ mediaType: OCI_INDEX, digest: digestOf(entry), size: 1 }));
  return { body: JSON.stringify({ tags: entries, manifests, time }), headers: nextIs(next) };
}

describe("a list", () => {
  it("is read page by page", async () => {
    answers[`GET /v2/${NAME}/tags/list`] = {
      body: JSON.stringify({ tags: ["1", "2"] }),
      headers: { link: `</v2/${NAME}/tags/list?last=2>; rel="next"` },
    };
    answers[`GET /v2/${NAME}/tags/list?last=2`] = { body: JSON.stringify({ tags: ["3"] }) };
    expect(await collect(listTags(open(), NAME))).toEqual(["1", "2", "3"]);
  });

  it.each([
    "http://internal:5000/v2/acme/web/tags/list?last=2",
    "https://elsewhere.example.com/v2/acme/web/tags/list?last=2",
    "//elsewhere.example.com/v2/acme/web/tags/list?last=2",
    "list?last=2",
    "?last=2",
  ])(
    "goes on at the registry's own address, whatever scheme and host the next page is said to have: %s",
    async (next) => {
      answers[`GET /v2/${NAME}/tags/list`] = { body: '{"tags":["1","2"]}', headers: { link: `<${next}>; rel="next"` } };
      answers[`GET /v2/${NAME}/tags/list?last=2`] = { body: '{"tags":["3"]}' };
      expect(await collect(listTags(open(), NAME))).toEqual(["1", "2", "3"]);
    },
  );

  it.each([
    `</v2/${NAME}/tags/list?last=2>;rel=next`,
    `</v2/${NAME}/tags/list?last=2>; title="a, b; c"; rel="last NEXT"`,
    `</v2/${NAME}/tags/list>; rel="first", </v2/${NAME}/tags/list?last=2>; rel="next"`,
    `</v2/${NAME}/tags/list?last=2>; Rel="Next"; type="a"`,
  ])("reads the Link header as it may be written: %s", async (link) => {
    answers[`GET /v2/${NAME}/tags/list`] = { body: '{"tags":["1"]}', headers: { link } };
    answers[`GET /v2/${NAME}/tags/list?last=2`] = { body: '{"tags":["2"]}' };
    expect(await collect(listTags(open(), NAME))).toEqual(["1", "2"]);
  });

  const subjectOfLists = digestOf("subject of lists");
  it.each([
    ["tags", `/v2/${NAME}/tags/list`, () => collect(listTags(open(), NAME))],
    [
      "referrers",
      `/v2/${NAME}/referrers/${subjectOfLists}`,
      () => collect(listReferrers(open(), NAME, subjectOfLists)),
    ],
  ])("fails where it would not end: %s", async (_, address, read) => {
    const endless = { kind: "invalid", message: expect.stringContaining("never ends") };
    // Pages that form a loop.
    answers = {
      [`GET ${address}`]: page(["1"], 2),
      [`GET ${address}?n=2`]: page(["2"], 3),
      [`GET ${address}?n=3`]: page(["3"], 2),
    };
    await expect(read()).rejects.toMatchObject(endless);
    // The same entries under ever new addresses, with something else that changes.
    answers = { [`GET ${address}`]: page(["1"], 2), [`GET ${address}?n=2`]: page(["1"], 3, "later") };
    await expect(read()).rejects.toMatchObject(endless);
    // Pages without entries, one after the other.
    answers = { [`GET ${address}`]: page([], 1) };
    for (let n = 1; n < 200; n++) answers[`GET ${address}?n=${n}`] = page([], n + 1);
    await expect(read()).rejects.toMatchObject(endless);
  });

  it("may have empty pages, and one at its end that repeats the last entry", async () => {
    answers = {
      [`GET /v2/${NAME}/tags/list`]: { body: '{"tags":[]}', headers: nextIs(1) },
      [`GET /v2/${NAME}/tags/list?n=1`]: { body: '{"tags":null}', headers: nextIs(2) },
      [`GET /v2/${NAME}/tags/list?n=2`]: { body: '{"tags":["1"]}', headers: nextIs(3) },
      [`GET /v2/${NAME}/tags/list?n=3`]: { body: '{"tags":["1"]}' },
    };
    expect(await collect(listTags(open(), NAME))).toEqual(["1", "1"]);
  });

  it("is not taken for whole where a later page is refused", async () => {
    const first = { body: '{"manifests":[]}', headers: { link: '<?n=2>; rel="next"' } };
    answers[`GET /v2/${NAME}/referrers/${subjectOfLists}`] = first;
    await expect(collect(listReferrers(open(), NAME, subjectOfLists))).rejects.toMatchObject({ status: 404 });
  });

  it("ends where its next page is itself", async () => {
    const address = `/v2/${NAME}/tags/list`;
    answers[`GET ${address}`] = { body: '{"tags":[]}', headers: { link: `<${address}>; rel="next"` } };
    await expect(collect(listTags(open(), NAME))).rejects.toMatchObject({ kind: "invalid" });
  });

  it("is not found where there is no such repository", async () => {
    await expect(collect(listTags(open(), NAME))).rejects.toMatchObject({ kind: "not-found" });
  });

  const subject = digestOf("subject");
  const descriptor = { mediaType: OCI_INDEX, digest: digestOf("x"), size: 1, artifactType: "application/sbom" };

  it("tells what refers to a manifest", async () => {
    answers[`GET /v2/${NAME}/referrers/${subject}`] = { body: JSON.stringify({ manifests: [descriptor] }) };
    expect(await collect(listReferrers(open(), NAME, subject))).toEqual([descriptor]);
  });

  it("filters by type, whether the registry does or not", async () => {
    const address = `GET /v2/${NAME}/referrers/${subject}?artifactType=application%2Fsbom`;
    answers[address] = { body: JSON.stringify({ manifests: [descriptor, { ...descriptor, artifactType: "other" }] }) };
    expect(await collect(listReferrers(open(), NAME, subject, "application/sbom"))).toEqual([descriptor]);
  });

  it("falls back to the tag that older registries have in its place", async () => {
    answers[`GET /v2/${NAME}/manifests/${subject.replace(":", "-")}`] = {
      body: JSON.stringify({ manifests: [descriptor] }),
      headers: { "content-type": OCI_INDEX },
    };
    expect(await collect(listReferrers(open(), NAME, subject))).toEqual([descriptor]);
  });
});

describe("a blob", () => {
  const bytes = randomBytes(300_000);
  const digest = digestOf(bytes);
  const address = `/v2/${NAME}/blobs/${digest}`;
  const blob = { digest, size: bytes.length };

  it("is read whole", async () => {
    answers[`GET ${address}`] = { body: bytes };
    expect(await buffer(readBlob(open(), NAME, blob))).toEqual(bytes);
  });

  it("is taken up where a connection broke, as often as it breaks", async () => {
    answers[`GET ${address}`] = { body: bytes };
    cuts = [100_000, 50_000];
    expect(await buffer(readBlob(open(), NAME, blob))).toEqual(bytes);
    expect(ranges).toHaveLength(3);
    expect(ranges[2]).toMatch(/^bytes=[1-9]\d*-299999$/);
  });

  it("is read in part", async () => {
    answers[`GET ${address}`] = { body: bytes };
    expect(await buffer(readBlob(open(), NAME, blob, { offset: 10, length: 20 }))).toEqual(bytes.subarray(10, 30));
    expect(await buffer(readBlob(open(), NAME, blob, { length: 20 }))).toEqual(bytes.subarray(0, 20));
  });

  it("is read in part where the registry knows no ranges", async () => {
    answers[`GET ${address}`] = { body: bytes, status: 200, headers: { "content-length": String(bytes.length) } };
    const plain = await serve((_, response) => reply(response, 200, {}, "0123456789"));
    const connection = connect(parseRegistry(plain.host), { env: {}, credential: null });
    const part = readBlob(connection, NAME, { digest, size: 10 }, { offset: 3, length: 4 });
    expect((await buffer(part)).toString()).toBe("3456");
  });

  it("fails at its end where the content is another", async () => {
    answers[`GET ${address}`] = { body: randomBytes(bytes.length) };
    await expect(buffer(readBlob(open(), NAME, blob))).rejects.toMatchObject({ kind: "invalid" });
  });

  it("fails where it is shorter than it was said to be", async () => {
    answers[`GET ${address}`] = { body: bytes.subarray(1) };
    await expect(buffer(readBlob(open(), NAME, blob))).rejects.toMatchObject({ kind: "invalid" });
  });

  it("has a size, or is not there", async () => {
    expect(await headBlob(open(), NAME, digest)).toBeNull();
    answers[`HEAD ${address}`] = { body: bytes };
    expect(await headBlob(open(), NAME, digest)).toBe(bytes.length);
  });

  it.each([
    ["the part that it gives", { status: 206, headers: { "content-range": "bytes 0-0/300000" }, body: "x" }],
    ["the whole that it gives", { status: 200, headers: { "content-length": "300000" }, body: "" }],
  ])("has its size from %s where HEAD is refused", async (_, answer) => {
    answers[`HEAD ${address}`] = { status: 405 };
    answers[`GET ${address}`] = answer;
    expect(await headBlob(open(), NAME, digest)).toBe(bytes.length);
    expect(ranges.at(-1)).toBe("bytes=0-0");
  });

  it("is not there where HEAD is refused, and GET finds nothing", async () => {
    answers[`HEAD ${address}`] = { status: 405 };
    expect(await headBlob(open(), NAME, digest)).toBeNull();
  });

  it("is mounted, or an upload is begun instead", async () => {
    const mount = `POST /v2/${NAME}/blobs/uploads/?mount=${encodeURIComponent(digest)}&from=acme%2Fother`;
    answers[mount] = { status: 201 };
    expect(await mountBlob(open(), NAME, digest, "acme/other")).toEqual({ mounted: true });
    const headers = { location: "/v2/acme/web/blobs/uploads/1", "oci-chunk-min-length": "5" };
    answers[mount] = { status: 202, headers };
    expect(await mountBlob(open(), NAME, digest, "acme/other")).toEqual({
      mounted: false,
      location: `${server.url}/v2/acme/web/blobs/uploads/1`,
      limits: { min: 5, max: Number.POSITIVE_INFINITY, queue: false },
    });
  });
});
