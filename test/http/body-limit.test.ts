import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import worker from "../../src/worker.ts";
import { bytesOf, digestOf, startSession } from "../support/content.ts";
import { ask, errorOf, makeSpace, ORIGIN } from "../support/registry.ts";

const REPOSITORY = "limits/web";
const UPLOADS = `/v2/${REPOSITORY}/blobs/uploads/`;
let as: string;

beforeAll(async () => {
  as = await makeSpace("limits");
});

/** Sends a request to a Worker that is told the limit of its zone. */
function askWithin(limit: string | number, path: string, method: string, body: Uint8Array | null): Promise<Response> {
  const headers = { Authorization: `Basic ${btoa(`u:${as}`)}`, "Content-Length": String(body?.length ?? 0) };
  const request = new Request<unknown, IncomingRequestCfProperties>(new URL(path, ORIGIN), { method, headers, body });
  return worker.fetch(request, { ...env, MAX_BODY_MB: limit }, createExecutionContext());
}

describe("the hint of a chunk's size", () => {
  it.each([
    [0, "5242880", null],
    [100, "5242880", "90000000"],
    ["200", "5242880", "180000000"],
    [1, "900000", "900000"],
  ])("for a limit of %s MB is %s at least and %s at most", async (limit, min, max) => {
    const { headers, status } = await askWithin(limit, UPLOADS, "POST", null);
    expect(status).toBe(202);
    expect(headers.get("Spacedock-Chunks")).toBe("queue");
    expect([headers.get("OCI-Chunk-Min-Length"), headers.get("OCI-Chunk-Max-Length")]).toEqual([min, max]);
  });
});

describe("a body over the limit", () => {
  const bytes = bytesOf(1_000_001);

  it.each(["PATCH", "PUT"])("of a %s is refused with a word on what helps, and the session goes on", async (method) => {
    const session = await startSession(REPOSITORY, as);
    const address = method === "PUT" ? `${session}?digest=${await digestOf(bytes)}` : session;
    const refused = await askWithin(1, address, method, bytes);
    expect(await errorOf(refused.clone())).toBe("413 SIZE_INVALID");
    expect(await refused.text()).toMatch(/at most 1 MB.*spacedock proxy/);
    expect((await askWithin(1, session, "PATCH", bytes.subarray(0, 1_000_000))).status).toBe(202);
  });

  it("of a POST with a digest is refused, too", async () => {
    const refused = await askWithin(1, `${UPLOADS}?digest=${await digestOf(bytes)}`, "POST", bytes);
    expect(await errorOf(refused)).toBe("413 SIZE_INVALID");
  });

  it("is taken where no limit is stated", async () => {
    const answer = await ask(`${UPLOADS}?digest=${await digestOf(bytes)}`, { method: "POST", as, body: bytes });
    expect(answer.status).toBe(201);
  });
});
