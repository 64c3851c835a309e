import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { SESSION_LEEWAY } from "../../src/auth/tokens.ts";
import { bytesOf, digestOf } from "../support/content.ts";
import { ask, errorOf, makeSpace } from "../support/registry.ts";
import { bearerOf } from "../support/bearer.ts";

const REPOSITORY = "leeway/web";
const UPLOADS = `/v2/${REPOSITORY}/blobs/uploads/`;
const bytes = bytesOf(1000);
let as: string;
let token: string;
let session: string;

function withToken(method: string, path: string, body: Uint8Array | null = null): Promise<Response> {
  return ask(path, { method, headers: { Authorization: `Bearer ${token}` }, body });
}

/** Advances the Worker's clock, which is this one, to some seconds after the token's end. */
function passEnd(seconds: number): void {
  const { exp = 0 } = decodeJwt(token);
  vi.useFakeTimers({ now: (exp + seconds) * 1000, toFake: ["Date"] });
}

beforeAll(async () => {
  as = await makeSpace("leeway");
  token = await bearerOf(as, `repository:${REPOSITORY}:pull,push`);
  session = (await withToken("POST", UPLOADS)).headers.get("Location") ?? "";
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a token that expires while a layer is pushed", () => {
  it("is good until the upload that it began has ended", async () => {
    passEnd(SESSION_LEEWAY - 60);
    expect((await withToken("PATCH", session, bytes)).status).toBe(202);
    expect((await withToken("GET", session)).status).toBe(204);
    expect((await withToken("PUT", `${session}?digest=${await digestOf(bytes)}`)).status).toBe(201);
  });

  it("is good for nothing else", async () => {
    passEnd(60);
    expect(await errorOf(await withToken("POST", UPLOADS))).toBe("401 UNAUTHORIZED");
    expect(await errorOf(await withToken("GET", `/v2/${REPOSITORY}/tags/list`))).toBe("401 UNAUTHORIZED");
    expect(await errorOf(await withToken("PUT", `/v2/${REPOSITORY}/manifests/1`))).toBe("401 UNAUTHORIZED");
  });

  it("is not good for ever", async () => {
    passEnd(SESSION_LEEWAY + 60);
    expect(await errorOf(await withToken("PATCH", session, bytes))).toBe("401 UNAUTHORIZED");
  });

  it("ends no upload once its credential is revoked", async () => {
    const other = (await withToken("POST", UPLOADS)).headers.get("Location") ?? "";
    await withToken("PATCH", other, bytes);
    await env.DB.prepare("DELETE FROM tokens WHERE id = ?").bind(decodeJwt(token).sub).run();
    passEnd(60);
    const answer = await withToken("PUT", `${other}?digest=${await digestOf(bytes)}`);
    expect(await errorOf(answer)).toBe("401 UNAUTHORIZED");
  });
});
