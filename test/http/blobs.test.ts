import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { bytesOf, digestOf, pushBlob, pushImage, type TestDescriptor } from "../support/content.ts";
import { ask, errorOf, makeSpace, makeToken } from "../support/registry.ts";

const REPOSITORY = "blobs/web";
const SIZE = 1000;
const BYTES = bytesOf(SIZE, 5);
let as: string;
let blob: TestDescriptor;

beforeAll(async () => {
  as = await makeSpace("blobs");
  blob = await pushBlob(REPOSITORY, as, BYTES);
});

function get(headers: Record<string, string> = {}, method = "GET"): Promise<Response> {
  return ask(`/v2/${REPOSITORY}/blobs/${blob.digest}`, { as, method, headers });
}

function statusOf(repository: string, digest: string, method = "HEAD", by = as): Promise<number> {
  return ask(`/v2/${repository}/blobs/${digest}`, { as: by, method }).then(({ status }) => status);
}

async function bytesFrom(answer: Response): Promise<Uint8Array> {
  return new Uint8Array(await answer.arrayBuffer());
}

describe("a blob", () => {
  it("is given back byte for byte", async () => {
    const answer = await get();
    expect(answer.status).toBe(200);
    expect(await bytesFrom(answer)).toEqual(BYTES);
  });

  it("is described by its headers", async () => {
    expect(Object.fromEntries((await get()).headers)).toMatchObject({
      "accept-ranges": "bytes",
      "content-length": String(SIZE),
      "content-type": "application/octet-stream",
      "docker-content-digest": blob.digest,
      etag: `"${blob.digest}"`,
    });
  });

  it("is headed as it is got, without a body", async () => {
    const head = await get({}, "HEAD");
    const got = Object.fromEntries((await get()).headers);
    expect(head.status).toBe(200);
    expect(Object.fromEntries(head.headers)).toEqual({ ...got, "x-request-id": head.headers.get("X-Request-Id") });
    expect(await head.text()).toBe("");
  });

  it.each(["%3A", "%3a"])("is found by a digest escaped with %s", async (colon) => {
    const answer = await ask(`/v2/${REPOSITORY}/blobs/${blob.digest.replace(":", colon)}`, { as });
    expect(await bytesFrom(answer)).toEqual(BYTES);
  });

  it.each([
    "sha256:abc",
    "sha256:",
    "latest",
    "%00",
    "%ff",
    "sha256%253A",
    `SHA256:${"0".repeat(64)}`,
    `sha256:${"A".repeat(64)}`,
    `md5:${"0".repeat(32)}`,
    `sha256:${"0".repeat(64)}%0A`,
  ])("is not asked for by %s", async (digest) => {
    const path = `/v2/${REPOSITORY}/blobs/${digest}`;
    expect(await errorOf(await ask(path, { as }))).toBe("404 BLOB_UNKNOWN");
    expect((await ask(path, { as, method: "HEAD" })).status).toBe(404);
    expect(await errorOf(await ask(path, { as, method: "DELETE" }))).toBe("400 DIGEST_INVALID");
  });

  it.each([`sha256:${"0".repeat(64)}`, `sha512:${"0".repeat(128)}`])("is 404 where unknown: %s", async (digest) => {
    expect(await errorOf(await ask(`/v2/${REPOSITORY}/blobs/${digest}`, { as }))).toBe("404 BLOB_UNKNOWN");
    expect(await statusOf(REPOSITORY, digest)).toBe(404);
    expect(await errorOf(await ask(`/v2/${REPOSITORY}/blobs/${digest}`, { as, method: "DELETE" }))).toBe(
      "404 BLOB_UNKNOWN",
    );
  });

  it("may be empty", async () => {
    const empty = await pushBlob(REPOSITORY, as, new Uint8Array(0));
    const answer = await ask(`/v2/${REPOSITORY}/blobs/${empty.digest}`, { as });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Length")).toBe("0");
    expect(await answer.text()).toBe("");
    const range = await ask(`/v2/${REPOSITORY}/blobs/${empty.digest}`, { as, headers: { Range: "bytes=0-" } });
    expect(range.headers.get("Content-Range")).toBe("bytes */0");
  });

  it.each([
    ["its tag", (tag: string) => tag],
    ["a list of tags", (tag: string) => `"x", W/${tag}`],
    ["any tag", () => "*"],
  ])("is spared the client that has it, by %s", async (_, condition) => {
    for (const method of ["GET", "HEAD"]) {
      const answer = await get({ "If-None-Match": condition(`"${blob.digest}"`), Range: "bytes=0-9" }, method);
      expect(answer.status).toBe(304);
      expect(answer.headers.get("ETag")).toBe(`"${blob.digest}"`);
      expect(await answer.text()).toBe("");
    }
  });

  it("is sent to a client that has something else", async () => {
    expect((await get({ "If-None-Match": '"sha256:other"' })).status).toBe(200);
  });
});

describe("deleting a blob", () => {
  it("takes it away", async () => {
    const { digest } = await pushBlob(REPOSITORY, as, bytesOf(100, 10));
    expect(await statusOf(REPOSITORY, digest, "DELETE")).toBe(202);
    for (const method of ["GET", "HEAD", "DELETE"]) expect(await statusOf(REPOSITORY, digest, method)).toBe(404);
  });

  it("leaves the other repositories theirs", async () => {
    const bytes = bytesOf(100, 11);
    const { digest } = await pushBlob(REPOSITORY, as, bytes);
    await pushBlob("blobs/other", as, bytes);
    await statusOf(REPOSITORY, digest, "DELETE");
    expect(await statusOf(REPOSITORY, digest)).toBe(404);
    expect(await bytesFrom(await ask(`/v2/blobs/other/blobs/${digest}`, { as }))).toEqual(bytes);
  });

  it("is refused while a manifest needs it", async () => {
    await pushImage(REPOSITORY, as, "needs", 12);
    const digest = await digestOf(bytesOf(100, 12));
    const answer = await ask(`/v2/${REPOSITORY}/blobs/${digest}`, { as, method: "DELETE" });
    expect(await errorOf(answer)).toBe("405 UNSUPPORTED");
    expect(await statusOf(REPOSITORY, digest)).toBe(200);
  });

  it("is possible once the manifest is gone", async () => {
    const image = await pushImage(REPOSITORY, as, "needed", 13);
    const digest = await digestOf(bytesOf(100, 13));
    await ask(`/v2/${REPOSITORY}/manifests/${image.digest}`, { as, method: "DELETE" });
    expect(await statusOf(REPOSITORY, digest, "DELETE")).toBe(202);
  });

  it("is possible where only another repository's manifest needs it", async () => {
    await pushImage("blobs/needing", as, "v1", 14);
    const { digest } = await pushBlob("blobs/idle", as, bytesOf(100, 14));
    expect(await statusOf("blobs/idle", digest, "DELETE")).toBe(202);
    expect(await statusOf("blobs/needing", digest)).toBe(200);
  });

  it("allows it to be pushed again", async () => {
    const bytes = bytesOf(100, 15);
    const { digest } = await pushBlob(REPOSITORY, as, bytes);
    await statusOf(REPOSITORY, digest, "DELETE");
    await pushBlob(REPOSITORY, as, bytes);
    expect(await statusOf(REPOSITORY, digest)).toBe(200);
  });
});

describe("knowing a digest", () => {
  it.each(["HEAD", "GET", "DELETE"])("proves nothing in another space: %s", async (method) => {
    const name = `stranger-${method.toLowerCase()}`;
    const stranger = await makeSpace(name);
    await pushBlob(`${name}/web`, stranger, bytesOf(10));
    const answer = await ask(`/v2/${name}/web/blobs/${blob.digest}`, { as: stranger, method });
    expect(answer.status).toBe(404);
    const range = { Range: "bytes=0-0" };
    const part = await ask(`/v2/${name}/web/blobs/${blob.digest}`, { as: stranger, headers: range });
    expect(await errorOf(part)).toBe("404 BLOB_UNKNOWN");
    expect(part.headers.get("Content-Range")).toBeNull();
  });

  it("proves nothing in another repository of the space", async () => {
    await pushBlob("blobs/apart", as, bytesOf(10));
    expect(await statusOf("blobs/apart", blob.digest)).toBe(404);
  });

  it("does not open a repository that the token does not cover", async () => {
    const { token } = await makeToken("blobs", { repositories: ["other"] });
    expect(await statusOf(REPOSITORY, blob.digest, "GET", token)).toBe(403);
  });
});

describe("the same bytes twice", () => {
  it("are kept once", async () => {
    const bytes = bytesOf(12_345, 16);
    const { digest } = await pushBlob("blobs/first", as, bytes);
    await pushBlob("blobs/first", as, bytes);
    await pushBlob("blobs/second", as, bytes);
    const { results } = await env.DB.prepare("SELECT key FROM blobs WHERE digest = ?").bind(digest).all();
    expect(results).toHaveLength(1);
    await vi.waitFor(async () => expect(await objectsOfSize(bytes.length)).toEqual([results[0]?.["key"]]));
    expect(await bytesFrom(await ask(`/v2/blobs/second/blobs/${digest}`, { as }))).toEqual(bytes);
  });

  it("are kept once when they come at the same time", async () => {
    const bytes = bytesOf(23_456, 17);
    const repositories = ["blobs/race-a", "blobs/race-b", "blobs/race-c", "blobs/race-a"];
    const [first] = await Promise.all(repositories.map((repository) => pushBlob(repository, as, bytes)));
    await vi.waitFor(async () => expect(await objectsOfSize(bytes.length)).toHaveLength(1));
    for (const repository of repositories) expect(await statusOf(repository, first?.digest ?? "", "GET")).toBe(200);
  });
});

async function objectsOfSize(size: number): Promise<string[]> {
  const { objects } = await env.BLOBS.list();
  return objects.filter((object) => object.size === size).map(({ key }) => key);
}
