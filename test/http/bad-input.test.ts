import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { bytesOf, digestOf, imageText, OCI_MANIFEST, pushBlob, pushImage, putManifest } from "../support/content.ts";
import { ask, type Ask, errorOf, makeSpace, ORIGIN } from "../support/registry.ts";
import { refusalOf } from "../support/refusal.ts";
import { streamOf } from "../support/upload.ts";

const REPOSITORY = "bad/web";
const ZEROS = `sha256:${"0".repeat(64)}`;
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE"];
let as: string;

beforeAll(async () => {
  as = await makeSpace("bad");
  await pushImage(REPOSITORY, as, "latest");
});

function refusal(path: string, wish: Ask = {}): Promise<string> {
  return refusalOf(path, { as, ...wish });
}

describe("what serverless-registry gets wrong is right here:", () => {
  it("Range is heeded", async () => {
    const { digest } = await pushBlob(REPOSITORY, as, bytesOf(100));
    const answer = await ask(`/v2/${REPOSITORY}/blobs/${digest}`, { as, headers: { Range: "bytes=1-3" } });
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([206, 3]);
  });

  it("If-None-Match is heeded", async () => {
    const { digest } = await pushBlob(REPOSITORY, as, bytesOf(100));
    for (const path of [`blobs/${digest}`, "manifests/latest"]) {
      const etag = (await ask(`/v2/${REPOSITORY}/${path}`, { as, method: "HEAD" })).headers.get("ETag") ?? "";
      const answer = await ask(`/v2/${REPOSITORY}/${path}`, { as, headers: { "If-None-Match": etag } });
      expect(answer.status).toBe(304);
    }
  });

  it("a manifest under a foreign digest is refused", async () => {
    const { digest } = await pushImage(REPOSITORY, as, "foreign", 2);
    const answer = await putManifest(REPOSITORY, as, digest, await imageText(REPOSITORY, as, 3));
    expect(await errorOf(answer)).toBe("400 DIGEST_INVALID");
  });

  it("a manifest of type text/html is refused", async () => {
    const answer = await putManifest(REPOSITORY, as, "html", "<script>alert(1)</script>", "text/html");
    expect(await errorOf(answer)).toBe("400 MANIFEST_INVALID");
  });

  it("a manifest of 60 MB is refused", async () => {
    const piece = new Uint8Array(1_000_000).fill(0x20);
    const answer = await ask(`/v2/${REPOSITORY}/manifests/huge`, {
      as,
      method: "PUT",
      headers: { "Content-Type": OCI_MANIFEST },
      body: streamOf(Array.from({ length: 60 }, () => piece)),
    });
    expect(await errorOf(answer)).toBe("413 MANIFEST_INVALID");
  });

  it("a tag like !!bad is refused", async () => {
    const answer = await putManifest(REPOSITORY, as, "!!bad", await imageText(REPOSITORY, as));
    expect(await errorOf(answer)).toBe("400 TAG_INVALID");
  });

  it.each(["UPPER/Case", "bad/Case", "bad", `bad/${"a".repeat(300)}`, "bad/-x", "..%2fbad/web"])(
    "nothing is found under a name like %s, and nothing can be pushed to it",
    async (name) => {
      expect(await refusal(`/v2/${name}/blobs/uploads/`, { method: "POST" })).toBe("400 NAME_INVALID");
      expect(await refusal(`/v2/${name}/manifests/latest`, { method: "PUT", body: "{}" })).toBe("400 NAME_INVALID");
      for (const path of ["manifests/latest", "tags/list", `blobs/${ZEROS}`, `referrers/${ZEROS}`, "blobs/uploads/x"]) {
        expect(await refusal(`/v2/${name}/${path}`), path).toBe("404 NAME_UNKNOWN");
        expect(await refusal(`/v2/${name}/${path}`, { method: "HEAD" }), path).toBe("404");
      }
    },
  );

  it("a name without its space is told so, also to a push", async () => {
    const HINT = "the name needs its space in front: <space>/web";
    const messages = await Promise.all(
      [
        ask("/v2/web/manifests/latest", { as }),
        ask("/v2/web/blobs/uploads/", { as, method: "POST" }),
        ask("/v2/web/manifests/latest", { as, method: "PUT", body: "{}" }),
      ].map(async (answer) => (await answer).text()),
    );
    for (const message of messages) expect(message).toContain(HINT);
  });

  it("tags of y/manifests-2 are not listed under y", async () => {
    await pushImage("bad/y", as, "one");
    await pushImage("bad/y/manifests-2", as, "two");
    const answer = await ask("/v2/bad/y/tags/list", { as });
    expect(await answer.json()).toEqual({ name: "bad/y", tags: ["one"] });
  });

  it("HEAD of a mounted blob has the right size", async () => {
    const { digest } = await pushBlob(REPOSITORY, as, bytesOf(321));
    await ask(`/v2/bad/mounted/blobs/uploads/?mount=${digest}&from=${REPOSITORY}`, { as, method: "POST" });
    const head = await ask(`/v2/bad/mounted/blobs/${digest}`, { as, method: "HEAD" });
    expect(head.headers.get("Content-Length")).toBe("321");
  });

  it("a deletion works among more than a thousand manifests", async () => {
    const { digest } = await pushImage("bad/many", as, "latest", 4);
    await env.DB.prepare(
      `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1100)
      INSERT INTO manifests (repository_id, digest, media_type, size, body, platforms, created_at)
      SELECT m.repository_id, 'sha256:' || printf('%064d', n), m.media_type, m.size, m.body, m.platforms, m.created_at
      FROM numbers, manifests m JOIN tags t ON t.repository_id = m.repository_id AND t.digest = m.digest
      JOIN repositories r ON r.id = m.repository_id WHERE r.path = 'many' AND t.name = 'latest'`,
    ).run();
    for (const reference of ["latest", digest, `sha256:${"1100".padStart(64, "0")}`]) {
      expect((await ask(`/v2/bad/many/manifests/${reference}`, { as, method: "DELETE" })).status).toBe(202);
    }
  });

  it("n=2000 is answered", async () => {
    expect(await refusal(`/v2/${REPOSITORY}/tags/list?n=2000`)).toBe("200");
    expect(await refusal("/v2/_catalog?n=2000")).toBe("200");
  });

  it("a token of another space is not accepted", async () => {
    const stranger = await makeSpace("bad-stranger");
    const paths = ["manifests/latest", "tags/list", `referrers/${ZEROS}`, `blobs/${await digestOf(bytesOf(100, 1))}`];
    for (const path of paths) expect(await refusal(`/v2/${REPOSITORY}/${path}`, { as: stranger })).toBe("403 DENIED");
  });
});

describe("a hostile address", () => {
  const paths: readonly string[] = [
    "/",
    `${ORIGIN}//`,
    `${ORIGIN}//v2/`,
    `${ORIGIN}//v2//bad//web//tags//list`,
    "/V2/",
    "/v2/..",
    "/v2/../../etc/passwd",
    "/v2/bad/../../../manifests/latest",
    "/v2/bad/%2e%2e/%2e%2e/manifests/latest",
    "/v2/..%2f..%2fetc/manifests/latest",
    "/v2/bad%2fweb/manifests/latest",
    "/v2/bad%2Fweb/tags/list",
    "/v2/bad/web%00/manifests/latest",
    "/v2/bad/%00/tags/list",
    "/v2/bad/web/manifests/%00",
    "/v2/bad/web/manifests/latest%00",
    "/v2/bad/web/manifests/%",
    "/v2/bad/web/manifests/%zz",
    "/v2/bad/web/manifests/%ff%fe",
    "/v2/bad/web/manifests/..%2flatest",
    "/v2/bad/web/manifests/a%2fb",
    "/v2/bad/web/manifests/a%0d%0aX-Evil:1",
    "/v2/bad/web/manifests/'%20OR%201=1--",
    "/v2/bad/web/manifests/<script>",
    "/v2/bad/web/manifests/",
    "/v2/bad/web/manifests//",
    "/v2/bad//web/manifests/latest",
    "/v2//manifests/latest",
    "/v2/manifests/latest",
    "/v2/bad/web/blobs/",
    "/v2/bad/web/blobs/uploads",
    "/v2/bad/web/blobs/uploads/",
    "/v2/bad/web/blobs/uploads/..",
    "/v2/bad/web/blobs/uploads/%00",
    "/v2/bad/web/blobs/uploads/a/b",
    "/v2/bad/web/blobs/sha256:",
    "/v2/bad/web/blobs/sha256%253A0",
    `/v2/bad/web/blobs/${ZEROS}/`,
    `/v2/bad/web/blobs/${ZEROS}%00`,
    "/v2/bad/web/referrers/",
    "/v2/bad/web/referrers/latest",
    `/v2/bad/web/referrers/${ZEROS}?artifactType=%00&artifactType=x&n=1&last=%ff`,
    "/v2/bad/web/tags/",
    "/v2/bad/web/tags/list/more",
    "/v2/bad/web/tags/list?n=1&n=-1&last=%00%ff%f0%9f%9a%80",
    "/v2/bad/web/tags/list?last[]=a&last[__proto__]=b&n[]=1",
    "/v2/_catalog?last=..%2f..&__proto__=1",
    "/v2/_catalog/x",
    "/v2/bad/wéb/manifests/latest",
    "/v2/bad/ＷＥＢ/manifests/latest",
    "/v2/bad/\u202Ebew/manifests/latest",
    "/v2/bad/web/manifests/🚀",
    "/v2/bad/web\\manifests\\latest",
    "/v2/bad/web;a=b/manifests/latest",
    "/v2/bad/web/manifests/latest;a=b",
    "/v2/constructor/__proto__/manifests/toString",
    `/v2/bad/${"a/".repeat(3000)}manifests/latest`,
    `/v2/bad/${"a-".repeat(3000)}/manifests/latest`,
    `/v2/${"/blobs/uploads".repeat(500)}/x/y`,
    `/v2/bad/web/manifests/latest${"/".repeat(8000)}x`,
    `/v2/bad/web/manifests/${"a".repeat(8000)}`,
    `/v2/bad/web/tags/list?last=${"%F0%9F%9A%80".repeat(1000)}`,
  ];

  it.each(paths)("is answered without a fault, by any method: %s", async (path) => {
    for (const method of METHODS) expect(await refusal(path, { method })).toMatch(/^[1-4]\d\d/);
  });

  it("does not reach what a path without its dots would", async () => {
    expect(await refusal("/v2/bad/x/../web/tags/list")).toBe("200");
    expect(await refusal("/v2/bad/x/..%2fweb/tags/list")).toBe("404 NAME_UNKNOWN");
    expect(await refusal("/v2/bad%2fweb/tags/list")).toBe("404 NAME_UNKNOWN");
  });

  it.each([
    ["a path", `/v2/bad/web/manifests/${"a".repeat(17_000)}`],
    ["a name", `/v2/${"a/".repeat(9000)}tags/list`],
    ["a query", `/v2/bad/web/tags/list?last=${"a".repeat(17_000)}`],
    ["a million characters", `/v2/bad/web/tags/list?last=${"a".repeat(1_000_000)}`],
    ["nothing that exists", `/${"x".repeat(17_000)}`],
  ])("is too long: %s", async (_, path) => {
    for (const method of ["GET", "PUT", "DELETE"]) expect(await refusal(path, { method })).toBe("414 UNSUPPORTED");
  });

  it.each([
    ["/v2/", "GET, HEAD"],
    ["/v2/_catalog", "GET, HEAD"],
    ["/v2/bad/web/tags/list", "GET, HEAD"],
    ["/v2/bad/web/manifests/latest", "GET, HEAD, PUT, DELETE"],
    [`/v2/bad/web/blobs/${ZEROS}`, "GET, HEAD, DELETE"],
    [`/v2/bad/web/referrers/${ZEROS}`, "GET, HEAD"],
    ["/v2/bad/web/blobs/uploads/", "POST"],
    ["/v2/bad/web/blobs/uploads/x", "PATCH, PUT, GET, HEAD, DELETE"],
    ["/token", "GET, HEAD, POST"],
    ["/healthz", "GET, HEAD"],
  ])("names the methods it takes: %s", async (path, allow) => {
    for (const method of METHODS.filter((one) => !allow.split(", ").includes(one))) {
      const answer = await ask(path, { as, method });
      expect([method, answer.status, answer.headers.get("Allow")]).toEqual([method, 405, allow]);
    }
  });
});
