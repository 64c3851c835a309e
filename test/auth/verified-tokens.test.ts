import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { AccessClaims } from "../../src/auth/claims.ts";
import { type SigningKeys, signingKeys } from "../../src/auth/keys.ts";
import { LEEWAY, SESSION_LEEWAY, signAccessToken, type TokenRealm, verifyAccessToken } from "../../src/auth/tokens.ts";

const REALM: TokenRealm = { issuer: "https://registry.test", service: "registry.test" };
const CLAIMS: AccessClaims = { sub: "tok_1", access: [{ type: "repository", name: "acme/web", actions: ["pull"] }] };
const STALE = expect.objectContaining({ kind: "TOKEN_INVALID" });

const keys = await signingKeys(env.SIGNING_KEYS);
const sign = (): Promise<string> => signAccessToken(keys, REALM, CLAIMS, new Date());
const verify = (token: string, realm = REALM, by: SigningKeys = keys, leeway?: number): Promise<AccessClaims> =>
  verifyAccessToken(by, realm, token, leeway);

/** Advances the clock by this many seconds. */
function wait(seconds: number): void {
  vi.useFakeTimers({ now: Date.now() + seconds * 1000, toFake: ["Date"] });
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("an access token that this isolate has verified", () => {
  it("is not verified again", async () => {
    const token = await sign();
    const signatures = vi.spyOn(crypto.subtle, "verify");
    for (let time = 0; time < 3; time++) expect(await verify(token)).toEqual(CLAIMS);
    expect(signatures).toHaveBeenCalledOnce();
  });

  it("counts no longer than it says", async () => {
    const token = await sign();
    await verify(token);
    wait(300 + LEEWAY + 1);
    await expect(verify(token)).rejects.toEqual(STALE);
    // At the address of an upload session the token still counts, for a day.
    expect(await verify(token, REALM, keys, SESSION_LEEWAY)).toEqual(CLAIMS);
    await expect(verify(token)).rejects.toEqual(STALE);
    wait(SESSION_LEEWAY);
    await expect(verify(token, REALM, keys, SESSION_LEEWAY)).rejects.toEqual(STALE);
  });

  it("does not count before its time", async () => {
    const token = await sign();
    await verify(token);
    wait(-LEEWAY - 2);
    await expect(verify(token)).rejects.toEqual(STALE);
  });

  it.each([
    ["issuer", { ...REALM, issuer: "https://other.test" }],
    ["service", { ...REALM, service: "other.test" }],
  ])("does not count for another %s", async (_, other) => {
    const token = await sign();
    await verify(token);
    await expect(verify(token, other)).rejects.toEqual(STALE);
  });

  it("does not count for keys that did not sign it", async () => {
    const token = await sign();
    await verify(token);
    const other: SigningKeys = { ...keys, verifying: new Map() };
    await expect(verify(token, REALM, other)).rejects.toEqual(STALE);
  });

  it("with another signature is another, and refused each time", async () => {
    const token = await sign();
    await verify(token);
    const [head, payload, signature = ""] = token.split(".");
    const forged = [head, payload, signature.replace(/^./, (first) => (first === "A" ? "B" : "A"))].join(".");
    for (let time = 0; time < 2; time++) await expect(verify(forged)).rejects.toEqual(STALE);
  });

  it("is verified each time where it is long: many of them would fill the memory", async () => {
    const access = Array.from({ length: 50 }, (_, index) => ({
      type: "repository" as const,
      name: `acme/a-repository-with-a-long-name-${index}`,
      actions: ["pull" as const],
    }));
    const token = await signAccessToken(keys, REALM, { sub: "tok_1", access }, new Date());
    const signatures = vi.spyOn(crypto.subtle, "verify");
    for (let time = 0; time < 2; time++) expect(await verify(token)).toEqual({ sub: "tok_1", access });
    expect(signatures).toHaveBeenCalledTimes(2);
  });

  it("is forgotten where many others came after it, and verified anew", async () => {
    const token = await sign();
    await verify(token);
    for (let count = 0; count < 1000; count++) await verify(await sign());
    const signatures = vi.spyOn(crypto.subtle, "verify");
    expect(await verify(token)).toEqual(CLAIMS);
    expect(signatures).toHaveBeenCalledOnce();
  });
});
