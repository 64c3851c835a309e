import { env } from "cloudflare:workers";
import { decodeJwt, exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from "jose";
import { beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { bytesOf, pushBlob, pushImage } from "../support/content.ts";
import { ask, errorOf, makeSpace, makeToken, manage, ORIGIN } from "../support/registry.ts";

const answerShape = z.object({
  token: z.string(),
  access_token: z.string(),
  expires_in: z.int().min(60),
  issued_at: z.iso.datetime(),
  scope: z.string(),
  refresh_token: z.string().optional(),
});

const keySet = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) });

type TokenAnswer = z.infer<typeof answerShape>;

async function getToken(query: string, as: string | null): Promise<TokenAnswer> {
  return answerShape.parse(await (await ask(`/token?service=registry.test&${query}`, { as })).json());
}

function post(form: Record<string, string>): Promise<Response> {
  return ask("/token", { method: "POST", body: new URLSearchParams(form) });
}

/** Gets the refresh token that docker kept of a login, before GET stopped giving any. */
async function refreshTokenOf(password: string): Promise<string> {
  const answer = await post({ grant_type: "password", username: "any", password, access_type: "offline" });
  return answerShape.parse(await answer.json()).refresh_token ?? "";
}

function withBearer(path: string, token: string, method = "GET"): Promise<Response> {
  return ask(path, { method, headers: { Authorization: `Bearer ${token}` } });
}

let as: string;

beforeAll(async () => {
  as = await makeSpace("tokens");
  await pushImage("tokens/web", as, "latest");
});

describe("the challenge", () => {
  it("is one Bearer challenge that clients can take apart", async () => {
    const answer = await ask("/v2/");
    expect(answer.status).toBe(401);
    expect(answer.headers.get("Docker-Distribution-Api-Version")).toBe("registry/2.0");
    expect(answer.headers.get("WWW-Authenticate")).toBe(`Bearer realm="${ORIGIN}/token",service="registry.test"`);
    expect(await errorOf(answer)).toBe("401 UNAUTHORIZED");
  });

  it.each([
    ["GET", "/v2/tokens/web/manifests/latest", "repository:tokens/web:pull"],
    ["HEAD", "/v2/tokens/web/manifests/latest", "repository:tokens/web:pull"],
    ["POST", "/v2/tokens/web/blobs/uploads/", "repository:tokens/web:pull,push"],
    ["DELETE", "/v2/tokens/web/manifests/latest", "repository:tokens/web:delete"],
    ["GET", "/v2/_catalog", "registry:catalog:*"],
  ])("of %s %s names the scope", async (method, path, scope) => {
    const header = (await ask(path, { method })).headers.get("WWW-Authenticate");
    expect(header).toBe(`Bearer realm="${ORIGIN}/token",service="registry.test",scope="${scope}"`);
    expect(header?.toLowerCase()).not.toContain("basic");
  });

  it("says that a token is no longer valid", async () => {
    const header = (await withBearer("/v2/tokens/web/manifests/latest", "a.b.c")).headers.get("WWW-Authenticate");
    expect(header).toContain('error="invalid_token"');
  });
});

describe("GET /token", () => {
  it("turns a credential into a token for what was asked", async () => {
    const answer = await getToken("scope=repository:tokens/web:pull,push", as);
    expect(answer.token).toBe(answer.access_token);
    expect(answer.scope).toBe("repository:tokens/web:pull,push");
    expect((await withBearer("/v2/tokens/web/manifests/latest", answer.token)).status).toBe(200);
    expect((await withBearer("/v2/", answer.token)).status).toBe(200);
  });

  it.each([
    [
      "scope=repository:tokens/web:pull&scope=repository:tokens/api:push",
      "repository:tokens/web:pull repository:tokens/api:push",
    ],
    [
      "scope=repository:tokens/web:pull%20repository:tokens/api:push",
      "repository:tokens/web:pull repository:tokens/api:push",
    ],
    ["scope=repository:tokens/web:*", "repository:tokens/web:pull,push,delete"],
    ["scope=repository(plugin):tokens/web:pull", "repository:tokens/web:pull"],
    ["scope=registry:catalog:*", "registry:catalog:*"],
    ["scope=repository:elsewhere/web:pull", ""],
    ["scope=repository:tokens/web:fly&scope=nonsense&scope=repository:NO:pull&scope=:::", ""],
    ["account=x&client_id=y", ""],
  ])("grants of %s: %s", async (query, scope) => {
    expect((await getToken(query, as)).scope).toBe(scope);
  });

  it("grants the part that the credential permits, which is not an error", async () => {
    const { token } = await makeToken("tokens", { actions: ["pull"], repositories: ["web*", "!web-secret"] });
    const asked = ["web", "web-secret", "web/sub"].map((path) => `scope=repository:tokens/${path}:pull,push`).join("&");
    expect((await getToken(asked, token)).scope).toBe("repository:tokens/web:pull");
  });

  it("refuses a wrong password with 401, and says so in the clients' form", async () => {
    const answer = await ask("/token?scope=repository:tokens/web:pull", { as: "wrong" });
    expect(await errorOf(answer)).toBe("401 UNAUTHORIZED");
  });

  it("refuses ADMIN_TOKEN, which is no login for clients", async () => {
    expect((await ask("/token", { as: env.ADMIN_TOKEN })).status).toBe(401);
  });
});

describe("anonymous access", () => {
  it("gets a token for what is public, and nothing more", async () => {
    const owner = await makeSpace("open", true);
    await pushImage("open/web", owner, "latest");
    const { token, scope } = await getToken("scope=repository:open/web:pull,push", null);
    expect(scope).toBe("repository:open/web:pull");
    expect((await withBearer("/v2/open/web/manifests/latest", token)).status).toBe(200);
    expect((await withBearer("/v2/open/web/blobs/uploads/", token, "POST")).status).toBe(401);
    expect((await getToken("scope=repository:tokens/web:pull", null)).scope).toBe("");
    expect((await ask("/v2/open/web/manifests/latest")).status).toBe(401);
  });

  it("ends at once when the repository is no longer public, even for tokens that are out", async () => {
    const owner = await makeSpace("closing");
    await pushImage("closing/web", owner, "latest");
    await manage("PATCH", "spaces/closing/repositories/web", { public: true });
    const { token } = await getToken("scope=repository:closing/web:pull", null);
    expect((await withBearer("/v2/closing/web/manifests/latest", token)).status).toBe(200);
    await manage("PATCH", "spaces/closing/repositories/web", { public: false });
    expect((await withBearer("/v2/closing/web/manifests/latest", token)).status).toBe(401);
  });

  it("is what Basic with an empty pair gets, and a credential of another space gets as much", async () => {
    const owner = await makeSpace("library", true);
    await pushImage("library/base", owner, "latest");
    const headers = { Authorization: `Basic ${btoa(":")}` };
    const answer = answerShape.parse(
      await (await ask("/token?scope=repository:library/base:pull", { headers })).json(),
    );
    expect(answer.scope).toBe("repository:library/base:pull");
    expect((await ask("/v2/library/base/manifests/latest", { as })).status).toBe(200);
    expect((await ask("/v2/library/base/tags/list", { as })).status).toBe(200);
    expect((await ask("/v2/library/none/tags/list", { as })).status).toBe(404);
    await manage("PATCH", "spaces/library", { public: false });
    expect((await ask("/v2/library/base/manifests/latest", { as })).status).toBe(403);
    expect((await ask("/v2/library/none/tags/list", { as })).status).toBe(403);
  });
});

describe("POST /token", () => {
  it("takes a password, and a refresh token after it", async () => {
    const scope = "repository:tokens/web:pull";
    const answer = await post({
      grant_type: "password",
      username: "any",
      password: as,
      access_type: "offline",
      scope,
      service: "s",
    });
    const { refresh_token = "" } = answerShape.parse(await answer.json());
    const again = answerShape.parse(await (await post({ grant_type: "refresh_token", refresh_token, scope })).json());
    expect(again.scope).toBe(scope);
    expect((await withBearer("/v2/tokens/web/manifests/latest", again.token)).status).toBe(200);
  });

  it("gives a refresh token only where it is asked for", async () => {
    const answer = await post({ grant_type: "password", username: "any", password: as });
    expect(answerShape.parse(await answer.json()).refresh_token).toBeUndefined();
    expect(await refreshTokenOf(as)).not.toBe("");
  });

  it.each([
    [401, { grant_type: "password", password: "wrong" }],
    [401, { grant_type: "refresh_token", refresh_token: "wrong" }],
    [400, { grant_type: "password" }],
    [400, { grant_type: "magic" }],
    [400, {}],
  ])("answers %i to %o", async (status, form) => {
    expect((await post(form)).status).toBe(status);
  });

  it("takes no access token for a refresh token, nor the other way round", async () => {
    const { token } = await getToken("scope=repository:tokens/web:pull", as);
    const refresh_token = await refreshTokenOf(as);
    expect((await post({ grant_type: "refresh_token", refresh_token: token })).status).toBe(401);
    expect((await withBearer("/v2/", refresh_token)).status).toBe(401);
  });

  it("refreshes no more once the credential is revoked", async () => {
    const { id, token } = await makeToken("tokens");
    const refresh_token = await refreshTokenOf(token);
    await manage("DELETE", `spaces/tokens/tokens/${id}`);
    expect((await post({ grant_type: "refresh_token", refresh_token })).status).toBe(401);
    expect((await ask("/token", { as: refresh_token })).status).toBe(401);
    expect((await ask("/v2/", { as: refresh_token })).status).toBe(401);
  });

  it("refuses a form without end", async () => {
    const answer = await post({ grant_type: "password", password: "x".repeat(100_000) });
    expect(answer.status).toBe(413);
  });
});

describe("a login that a client keeps", () => {
  it.each(["", "offline_token=true", "offline_token=true&scope=repository:tokens/web:pull", "access_type=offline"])(
    "is the password: GET /token?%s gives no refresh token for it",
    async (query) => {
      expect((await getToken(query, as)).refresh_token).toBeUndefined();
    },
  );

  it("does as a password wherever one does, where it is a refresh token from before", async () => {
    const kept = await refreshTokenOf(as);
    const scope = "repository:tokens/web:pull,push";
    const { token } = await getToken(`scope=${scope}`, kept);
    expect((await withBearer("/v2/tokens/web/manifests/latest", token)).status).toBe(200);
    const posted = await post({ grant_type: "password", username: "<token>", password: kept, scope });
    expect(answerShape.parse(await posted.json()).scope).toBe(scope);
    expect((await ask("/v2/", { as: kept })).status).toBe(200);
    expect((await ask("/v2/tokens/web/manifests/latest", { as: kept })).status).toBe(200);
    await pushBlob("tokens/web", kept, bytesOf(10, 77));
  });

  it("gives no right to manage, where it is a refresh token: the token itself may, that docker never kept", async () => {
    const { token } = await makeToken("tokens", { actions: ["pull", "admin"] });
    const kept = await refreshTokenOf(token);
    expect((await ask("/api/v1/spaces/tokens", { as: token })).status).toBe(200);
    expect((await ask("/api/v1/spaces/tokens", { as: kept })).status).toBe(401);
    expect((await manage("GET", "spaces/tokens", undefined, kept)).status).toBe(401);
  });

  it("is good for as long as its token, where it is a refresh token", async () => {
    const endless = decodeJwt(await refreshTokenOf(as));
    expect(endless.exp).toBeUndefined();
    const expiresIn = 365 * 86_400;
    const { token } = await makeToken("tokens", { expiresIn });
    const end = decodeJwt(await refreshTokenOf(token)).exp ?? 0;
    expect(end).toBeGreaterThan(Date.now() / 1000 + expiresIn - 60);
    expect(end).toBeLessThan(Date.now() / 1000 + expiresIn + 60);
  });

  it("outlives the end that refresh tokens once had, and not its token", async () => {
    const { token } = await makeToken("tokens", { expiresIn: 365 * 86_400 });
    const [key] = keySet.parse(JSON.parse(env.SIGNING_KEYS)).keys;
    const { sub = "" } = decodeJwt(await refreshTokenOf(token));
    const kept = await new SignJWT()
      .setProtectedHeader({ alg: "ES256", kid: key?.kid ?? "", typ: "rt+jwt" })
      .setIssuer(ORIGIN)
      .setAudience("registry.test")
      .setSubject(sub)
      .setIssuedAt()
      .setNotBefore("0s")
      .setJti("from-before")
      .setExpirationTime("90 days")
      .sign(await importJWK(key ?? {}, "ES256"));
    vi.useFakeTimers({ now: Date.now() + 100 * 86_400_000, toFake: ["Date"] });
    expect((await post({ grant_type: "refresh_token", refresh_token: kept })).status).toBe(200);
    expect((await ask("/token", { as: kept })).status).toBe(200);
    vi.useFakeTimers({ now: Date.now() + 300 * 86_400_000, toFake: ["Date"] });
    expect((await post({ grant_type: "refresh_token", refresh_token: kept })).status).toBe(401);
    vi.useRealTimers();
  });
});

describe("a stored login that no longer works", () => {
  const told = z.object({ errors: z.tuple([z.object({ message: z.string() })]) });

  it("is what the answer blames, also for a public image, and it says what to do", async () => {
    const owner = await makeSpace("stale", true);
    await pushImage("stale/web", owner, "latest");
    const { id, token } = await makeToken("stale");
    const kept = await refreshTokenOf(token);
    await manage("DELETE", `spaces/stale/tokens/${id}`);
    const scope = "repository:stale/web:pull";
    for (const answer of [
      await ask(`/token?scope=${scope}`, { as: token }),
      await ask(`/token?scope=${scope}`, { as: kept }),
      await ask(`/token?scope=${scope}`, { as: "mistyped" }),
      await ask("/v2/stale/web/manifests/latest", { as: token }),
      await ask("/v2/", { as: token }),
      await post({ grant_type: "password", username: "any", password: token, scope }),
      await post({ grant_type: "refresh_token", refresh_token: kept, scope }),
      await post({ grant_type: "refresh_token", refresh_token: "not one of ours", scope }),
    ]) {
      expect(answer.status).toBe(401);
      const { message } = told.parse(await answer.json()).errors[0];
      expect(message).toContain("the login stored for registry.test does not work");
      expect(message).toContain("`docker logout registry.test`");
    }
  });

  it("is not named with ADMIN_TOKEN, where a Bearer token is sent to GET /token", async () => {
    const { token } = await getToken("scope=repository:tokens/web:pull", as);
    for (const bearer of [token, "eyJ.x.y", "nonsense", env.ADMIN_TOKEN]) {
      const answer = await withBearer("/token", bearer);
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain("ADMIN_TOKEN");
    }
    expect((await withBearer("/token", as)).status).toBe(200);
  });
});

describe("an access token", () => {
  it("is of no use once its credential is revoked, although it is verified without the database", async () => {
    const { id, token: secret } = await makeToken("tokens");
    const { token } = await getToken("scope=repository:tokens/web:pull", secret);
    expect((await withBearer("/v2/tokens/web/manifests/latest", token)).status).toBe(200);
    await manage("DELETE", `spaces/tokens/tokens/${id}`);
    const answer = await withBearer("/v2/tokens/web/manifests/latest", token);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
  });

  it("of a space that was deleted and made again under the same name is of no use, nor is the credential", async () => {
    const secret = await makeSpace("phoenix");
    await pushImage("phoenix/web", secret, "latest");
    const { token } = await getToken("scope=repository:phoenix/web:pull,push", secret);
    await manage("DELETE", "spaces/phoenix");
    const fresh = await makeSpace("phoenix");
    await pushImage("phoenix/web", fresh, "latest", 2);
    expect((await withBearer("/v2/phoenix/web/manifests/latest", token)).status).toBe(401);
    expect((await withBearer("/v2/phoenix/web/blobs/uploads/", token, "POST")).status).toBe(401);
    expect((await ask("/v2/phoenix/web/manifests/latest", { as: secret })).status).toBe(401);
    expect((await ask("/v2/phoenix/web/tags/list", { as: fresh })).status).toBe(200);
  });

  it("of a repository that was deleted and made again under the same name is of no use", async () => {
    await pushImage("tokens/reborn", as, "latest");
    const { token } = await getToken("scope=repository:tokens/reborn:pull,push", as);
    await manage("DELETE", "spaces/tokens/repositories/reborn");
    expect((await withBearer("/v2/tokens/reborn/blobs/uploads/", token, "POST")).status).toBe(401);
    await pushBlob("tokens/reborn", as, bytesOf(10, 9));
    expect((await withBearer("/v2/tokens/reborn/tags/list", token)).status).toBe(401);
  });

  it("for a repository that is yet to be made is good for making it", async () => {
    const { token } = await getToken("scope=repository:tokens/brand-new:pull,push", as);
    const started = await withBearer("/v2/tokens/brand-new/blobs/uploads/", token, "POST");
    expect(started.status).toBe(202);
  });
});

describe("a forged token", () => {
  const claims = { access: [{ type: "repository", name: "tokens/web", actions: ["pull"], space: 1 }] };

  interface Change {
    readonly header?: object;
    readonly iss?: string;
    readonly aud?: string;
    readonly omit?: string;
    readonly typ?: string;
    readonly lifetime?: number;
    readonly foreignKey?: boolean;
  }

  /** Makes a token that is valid except for the caller's changes. */
  async function forge(change: Change): Promise<string> {
    const [own] = keySet.parse(JSON.parse(env.SIGNING_KEYS)).keys;
    const now = Math.floor(Date.now() / 1000);
    const full: Record<string, unknown> = {
      ...claims,
      iss: change.iss ?? ORIGIN,
      aud: change.aud ?? "registry.test",
      sub: "anonymous",
      jti: "x",
      iat: now,
      nbf: now,
      exp: now + (change.lifetime ?? 300),
    };
    const payload = Object.fromEntries(Object.entries(full).filter(([name]) => name !== change.omit));
    const header = { alg: "ES256", kid: own?.kid ?? "", typ: change.typ ?? "at+jwt", ...change.header };
    const foreign = change.foreignKey ? (await generateKeyPair("ES256")).privateKey : null;
    return new SignJWT(payload).setProtectedHeader(header).sign(foreign ?? (await importJWK(own ?? {}, "ES256")));
  }

  it("passes only when nothing is wrong with it, so the cases below fail for their own reason", async () => {
    expect((await withBearer("/v2/", await forge({}))).status).toBe(200);
  });

  it.each<readonly [string, Change]>([
    ["another issuer", { iss: "https://evil.test" }],
    ["another audience", { aud: "other.test" }],
    ["another type", { typ: "JWT" }],
    ["an unknown key id", { header: { kid: "other" } }],
    ["a key that is not ours under our key's id", { foreignKey: true }],
    ["a jku header", { header: { jku: "https://evil.test/keys" } }],
    ["an x5u header", { header: { x5u: "https://evil.test/cert" } }],
    ["a jwk header", { header: { jwk: { kty: "EC" } } }],
    ["an expiry in the past", { lifetime: -60 }],
    ...["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "access"].map((omit): readonly [string, Change] => [
      `no ${omit}`,
      { omit },
    ]),
  ])("is refused with %s", async (_name, change) => {
    const answer = await withBearer("/v2/", await forge(change));
    expect(answer.status).toBe(401);
  });

  it("is refused when it is unsigned, or signed with our public key as if it were a secret", async () => {
    const unsigned = new UnsecuredJWT(claims)
      .setIssuer(ORIGIN)
      .setAudience("registry.test")
      .setSubject("x")
      .setExpirationTime("1h")
      .encode();
    expect((await withBearer("/v2/", unsigned)).status).toBe(401);
    const published = await (await ask("/.well-known/jwks.json")).text();
    const [{ kid } = { kid: "" }] = keySet.parse(JSON.parse(published)).keys;
    const confused = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", kid, typ: "at+jwt" })
      .setExpirationTime("1h")
      .sign(new TextEncoder().encode(published));
    expect((await withBearer("/v2/", confused)).status).toBe(401);
  });
});

describe("the published keys", () => {
  it("hold no private value", async () => {
    const text = await (await ask("/.well-known/jwks.json")).text();
    expect(JSON.parse(text)).toMatchObject({ keys: [{ kty: "EC", crv: "P-256", alg: "ES256", use: "sig" }] });
    expect(text).not.toContain('"d"');
  });

  it("verify what an older key signed after a new one was put in front", async () => {
    const { signingKeys } = await import("../../src/auth/keys.ts");
    const { signAccessToken, verifyAccessToken } = await import("../../src/auth/tokens.ts");
    const realm = { issuer: ORIGIN, service: "registry.test" };
    const old = keySet.parse(JSON.parse(env.SIGNING_KEYS)).keys;
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    const rotated = JSON.stringify({ keys: [{ ...(await exportJWK(privateKey)), kid: "new" }, ...old] });
    const token = await signAccessToken(
      await signingKeys(env.SIGNING_KEYS),
      realm,
      { sub: "tok_1", access: [] },
      new Date(),
    );
    expect(await verifyAccessToken(await signingKeys(rotated), realm, token)).toMatchObject({ sub: "tok_1" });
  });
});
