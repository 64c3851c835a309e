/** Tests redirects to the bucket for blobs. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Env } from "../../src/env.ts";
import { requireDigest } from "../../src/oci/digest.ts";
import worker from "../../src/worker.ts";
import { bearerOf } from "../support/bearer.ts";
import { newBytes, pushBlob, pushImage } from "../support/content.ts";
import { keyOf } from "../support/damage.ts";
import { nextSpace, ORIGIN } from "../support/registry.ts";

const ACCESS = {
  R2_S3_URL: "https://account.example/bucket",
  R2_ACCESS_KEY_ID: "AKIDEXAMPLE",
  R2_SECRET_ACCESS_KEY: "a secret key",
};
const { space, as } = await nextSpace("redirect");
const web = `${space}/web`;

async function send(settings: Partial<Env>, path: string, method = "GET", range = ""): Promise<Response> {
  const context = createExecutionContext();
  const authorization = `Bearer ${await bearerOf(as, `repository:${web}:pull`)}`;
  const headers = { Authorization: authorization, ...(range !== "" && { Range: range }) };
  const request = new Request<unknown, IncomingRequestCfProperties>(`${ORIGIN}/v2/${web}/${path}`, { method, headers });
  const answer = await worker.fetch(request, { ...env, CACHE_MB: "0", ...settings }, context);
  const bytes = await answer.arrayBuffer();
  await waitOnExecutionContext(context);
  return new Response([307, 304].includes(answer.status) ? null : bytes, answer);
}

const hmac = (key: string | Buffer, part: string): Buffer => createHmac("sha256", key).update(part).digest();

/** Computes the signature that an address must have: AWS, "Authenticating Requests: Using Query Parameters". */
function signatureOf(address: URL, secret: string): string {
  const query = [...address.searchParams].filter(([name]) => name !== "X-Amz-Signature");
  const text = query
    .map((pair) => pair.map((part) => encodeURIComponent(part)).join("="))
    .toSorted()
    .join("&");
  const canonical = ["GET", address.pathname, text, `host:${address.host}`, "", "host", "UNSIGNED-PAYLOAD"].join("\n");
  const at = address.searchParams.get("X-Amz-Date") ?? "";
  const scope = [at.slice(0, 8), "auto", "s3", "aws4_request"];
  const hashed = createHash("sha256").update(canonical).digest("hex");
  const [day = "", ...rest] = scope;
  const key = rest.reduce(hmac, hmac(`AWS4${secret}`, day));
  return hmac(key, ["AWS4-HMAC-SHA256", at, scope.join("/"), hashed].join("\n")).toString("hex");
}

describe("a blob that the cache does not take, where the bucket may be read", () => {
  it("is answered with an address of its own there, for five minutes", async () => {
    const { digest } = await pushBlob(web, as, newBytes());
    for (const range of ["", "bytes=0-9"]) {
      const answer = await send(ACCESS, `blobs/${digest}`, "GET", range);
      expect(answer.status).toBe(307);
      expect(answer.headers.get("Cache-Control")).toContain("no-store");
      const address = new URL(answer.headers.get("Location") ?? "");
      expect(address.origin + address.pathname).toBe(`${ACCESS.R2_S3_URL}/${await keyOf(requireDigest(digest))}`);
      expect(address.searchParams.get("X-Amz-Expires")).toBe("300");
      expect(address.searchParams.get("X-Amz-Signature")).toBe(signatureOf(address, ACCESS.R2_SECRET_ACCESS_KEY));
      expect(address.href).not.toContain(encodeURIComponent(ACCESS.R2_SECRET_ACCESS_KEY));
    }
  });

  it("is not, to who may not read it, or where it is not", async () => {
    const { digest } = await pushBlob(web, as, newBytes());
    const stranger = await nextSpace("redirected");
    await pushBlob(`${stranger.space}/web`, stranger.as, newBytes());
    const request = new Request<unknown, IncomingRequestCfProperties>(`${ORIGIN}/v2/${web}/blobs/${digest}`);
    expect((await worker.fetch(request, { ...env, ...ACCESS }, createExecutionContext())).status).toBe(401);
    expect((await send(ACCESS, `blobs/sha256:${"0".repeat(64)}`)).status).toBe(404);
  });
});

describe("what is answered here all the same", () => {
  it("is HEAD, a manifest, and what the cache takes", async () => {
    const { digest } = await pushBlob(web, as, newBytes());
    const image = await pushImage(web, as, "latest");
    expect((await send(ACCESS, `blobs/${digest}`, "HEAD")).status).toBe(200);
    expect((await send(ACCESS, `manifests/${image.digest}`)).status).toBe(200);
    expect((await send({ ...ACCESS, CACHE_MB: "512" }, `blobs/${digest}`)).status).toBe(200);
    expect((await send({}, `blobs/${digest}`)).status).toBe(200);
  });

  it("is nothing where only some of the settings are there: the log says which belong together", async () => {
    const { R2_S3_URL } = ACCESS;
    expect((await send({ R2_S3_URL }, "tags/list")).status).toBe(500);
  });
});
