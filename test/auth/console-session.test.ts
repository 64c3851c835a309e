import { env } from "cloudflare:workers";
import { generateKeyPair, importJWK, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { signConsoleSession, verifyConsoleSession } from "../../src/auth/console-session.ts";
import { signingKeys } from "../../src/auth/keys.ts";
import { d1EndedSessions } from "../../src/storage/d1/management/ended-sessions.ts";
import { consoleHeaders, signIn, signInCookie } from "../support/console.ts";
import { pushImage } from "../support/content.ts";
import { ask, makeSpace, makeToken, manage, ORIGIN, type TestToken } from "../support/registry.ts";

const sessionShape = z.object({
  registry: z.string(),
  session: z
    .object({
      kind: z.string(),
      space: z.string().nullable(),
      token: z.object({ id: z.string() }).nullable(),
      may: z.array(z.string()),
      endsAt: z.iso.datetime(),
    })
    .nullable(),
});

const problemShape = z.object({ detail: z.string() });
const keySet = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) });

const REALM = { issuer: ORIGIN, service: "registry.test" };
const HOUR = 3_600_000;

let keeper: TestToken;
let reader: string;

beforeAll(async () => {
  reader = await makeSpace("cabin");
  await pushImage("cabin/web", reader, "latest");
  keeper = await makeToken("cabin", { actions: ["admin", "pull"] });
});

async function whoIs(headers: Record<string, string>): Promise<z.infer<typeof sessionShape>> {
  return sessionShape.parse(await (await ask("/api/v1/session", { headers })).json());
}

function list(headers: Record<string, string>): Promise<Response> {
  return ask("/api/v1/spaces/cabin/repositories", { headers });
}

function create(headers: Record<string, string>): Promise<Response> {
  const body = JSON.stringify({ name: "made", actions: ["pull"] });
  return ask("/api/v1/spaces/cabin/tokens", { method: "POST", headers, body });
}

describe("signing in", () => {
  it("is in no cache, nor is what tells who is signed in, before as after", async () => {
    const request = { headers: { "X-Spacedock-Console": "1" }, body: JSON.stringify({ token: keeper.token }) };
    const answers = [await ask("/api/v1/session", { method: "POST", ...request }), await ask("/api/v1/session")];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.map(({ headers }) => headers.get("Cache-Control"))).toEqual(["no-store", "no-store"]);
  });

  it("tells who it is and what the console may show, and keeps no secret", async () => {
    const cookie = await signIn(keeper.token);
    const { session, registry } = await whoIs({ Cookie: cookie });
    expect(registry).toBe("registry.test");
    expect(session).toMatchObject({ kind: "token", space: "cabin", token: { id: keeper.id } });
    expect(session?.may).toEqual(["manageSpace", "pull", "readSpace"]);
    expect(cookie).not.toContain(keeper.token);
    expect(atob((cookie.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"))).not.toContain(keeper.token);
  });

  it("tells the administrator likewise", async () => {
    const { session } = await whoIs({ Cookie: await signIn(env.ADMIN_TOKEN) });
    expect(session).toMatchObject({ kind: "installation", space: null, token: null });
    expect(session?.may).toEqual(["manageInstallation", "manageSpace", "readSpace"]);
  });

  it("sets a cookie that only this host and no script gets", async () => {
    const cookie = await signInCookie(keeper.token);
    expect(cookie).toMatch(
      /^__Host-spacedock-session=[\w.-]+; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict; Secure$/,
    );
    const local = await signInCookie(keeper.token, "http://localhost:8787");
    expect(local).toMatch(/^spacedock-session=[\w.-]+; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict$/);
  });

  it("lasts no longer than the token", async () => {
    const brief = await makeToken("cabin", { actions: ["admin"], expiresIn: 120 });
    const [, seconds] = /Max-Age=(\d+);/.exec(await signInCookie(brief.token)) ?? [];
    expect(Number(seconds)).toBeGreaterThan(0);
    expect(Number(seconds)).toBeLessThanOrEqual(120);
  });

  it.each([
    [401, JSON.stringify({ token: `sdt_${"0".repeat(48)}` })],
    [401, JSON.stringify({ token: "wrong" })],
    [400, JSON.stringify({ token: "" })],
    [400, JSON.stringify({ token: "x", more: 1 })],
    [400, "token=x"],
    [413, JSON.stringify({ token: "x".repeat(300_000) })],
  ])("answers %i to what is no token", async (status, body) => {
    const answer = await ask("/api/v1/session", { method: "POST", headers: { "X-Spacedock-Console": "1" }, body });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("Set-Cookie")).toBeNull();
  });

  it("is refused to forms and foreign pages, which could sign somebody in as themselves", async () => {
    const body = JSON.stringify({ token: keeper.token });
    const form = await ask("/api/v1/session", { method: "POST", headers: { "Content-Type": "text/plain" }, body });
    expect(form.status).toBe(403);
    const headers = { "X-Spacedock-Console": "1", Origin: "https://evil.test" };
    expect((await ask("/api/v1/session", { method: "POST", headers, body })).status).toBe(403);
  });
});

function endSession(cookie: string): Promise<Response> {
  return ask("/api/v1/session", { method: "DELETE", headers: consoleHeaders(cookie) });
}

async function endedSessions(): Promise<unknown> {
  return (await env.DB.prepare("SELECT COUNT(*) AS n FROM ended_sessions").first())?.["n"];
}

describe("signing out", () => {
  it("ends the cookie, for our own pages only", async () => {
    const headers = consoleHeaders(await signIn(keeper.token));
    const answer = await ask("/api/v1/session", { method: "DELETE", headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("Set-Cookie")).toMatch(/^__Host-spacedock-session=; Path=\/; Max-Age=0; /);
    expect((await ask("/api/v1/session", { method: "DELETE" })).status).toBe(403);
  });

  it.each([
    ["a token", () => keeper.token],
    ["ADMIN_TOKEN", () => env.ADMIN_TOKEN],
  ])("makes a kept cookie useless, and no other of %s", async (_name, secret) => {
    const [kept, other] = [await signIn(secret()), await signIn(secret())];
    expect((await list({ Cookie: kept })).status).toBe(200);
    expect((await endSession(kept)).status).toBe(204);
    expect((await list({ Cookie: kept })).status).toBe(401);
    expect((await create(consoleHeaders(kept))).status).toBe(401);
    expect((await whoIs({ Cookie: kept })).session).toBeNull();
    expect((await list({ Cookie: other })).status).toBe(200);
    expect((await list({ Authorization: `Bearer ${secret()}` })).status).toBe(200);
    // A second time, or with a cookie that is no session, there is nothing to end.
    expect((await endSession(kept)).status).toBe(204);
    expect((await endSession("__Host-spacedock-session=eyJ.x.y")).status).toBe(204);
    expect((await list({ Cookie: other })).status).toBe(200);
  });

  it("ends the session under another signature that fits it too", async () => {
    const kept = await signIn(keeper.token);
    await endSession(kept);
    const end = kept.lastIndexOf(".") + 1;
    const signature = Uint8Array.fromBase64(kept.slice(end), { alphabet: "base64url" });
    // (r, n - s) is a signature of the same bytes by the same key.
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = order - BigInt(`0x${signature.subarray(32).toHex()}`);
    signature.set(Uint8Array.fromHex(s.toString(16).padStart(64, "0")), 32);
    const other = kept.slice(0, end) + signature.toBase64({ alphabet: "base64url", omitPadding: true });
    expect((await list({ Cookie: other })).status).toBe(401);
  });

  it("leaves a row only as long as the session could have lasted", async () => {
    await endSession(await signIn(keeper.token));
    const ended = d1EndedSessions(env.DB);
    await ended.forget(Date.now() + 7.9 * HOUR);
    expect(await endedSessions()).not.toBe(0);
    await ended.forget(Date.now() + 8.1 * HOUR);
    expect(await endedSessions()).toBe(0);
  });
});

describe("a session", () => {
  it("is nobody's without a cookie, which is no error", async () => {
    expect((await whoIs({})).session).toBeNull();
    expect((await list({})).status).toBe(401);
  });

  it("reads and changes, with the header and from our own page", async () => {
    const cookie = await signIn(keeper.token);
    expect((await list({ Cookie: `theme=dark; ${cookie}` })).status).toBe(200);
    expect((await create({ Cookie: cookie, "X-Spacedock-Console": "1" })).status).toBe(201);
    expect((await create(consoleHeaders(cookie))).status).toBe(201);
  });

  it.each([
    ["without the header", { "X-Spacedock-Console": "" }],
    ["with the header of another value", { "X-Spacedock-Console": "yes" }],
    ["from a foreign origin", { Origin: "https://evil.test" }],
    ["from nowhere that can be told", { Origin: "null" }],
    ["from our host without https", { Origin: "http://registry.test" }],
  ])("changes nothing %s, and says why", async (_name, headers) => {
    const answer = await create({ ...consoleHeaders(await signIn(keeper.token)), ...headers });
    expect(answer.status).toBe(403);
    expect(problemShape.parse(await answer.json()).detail).toContain("in a browser session");
  });

  it("gives way to an Authorization header, which needs no more than itself", async () => {
    const cookie = await signIn(env.ADMIN_TOKEN);
    const tokens = { headers: { Cookie: cookie, Authorization: `Bearer ${reader}` } };
    expect((await ask("/api/v1/spaces/cabin/tokens", tokens)).status).toBe(403);
    expect((await list({ Cookie: cookie, Authorization: "Bearer wrong" })).status).toBe(401);
    expect((await create({ Cookie: "spacedock-session=x", Authorization: `Bearer ${keeper.token}` })).status).toBe(201);
  });

  it("sees nothing of another space", async () => {
    const other = await makeSpace("cabin-next-door");
    await pushImage("cabin-next-door/web", other, "latest");
    const headers = { Cookie: await signIn(keeper.token) };
    expect((await ask("/api/v1/spaces/cabin-next-door/repositories", { headers })).status).toBe(404);
    expect((await ask("/api/v1/spaces", { headers })).status).toBe(403);
  });

  it("ends with the token's revocation, at once", async () => {
    const token = await makeToken("cabin", { actions: ["admin"] });
    const headers = { Cookie: await signIn(token.token) };
    expect((await list(headers)).status).toBe(200);
    await manage("DELETE", `spaces/cabin/tokens/${token.id}`);
    expect((await list(headers)).status).toBe(401);
    const answer = await ask("/api/v1/session", { headers });
    expect(sessionShape.parse(await answer.json()).session).toBeNull();
    expect(answer.headers.get("Set-Cookie")).toContain("Max-Age=0");
  });

  it("ends with the token's expiry", async () => {
    const token = await makeToken("cabin", { actions: ["admin"] });
    const headers = { Cookie: await signIn(token.token) };
    await env.DB.prepare("UPDATE tokens SET expires_at = 1 WHERE id = ?").bind(token.id).run();
    expect((await list(headers)).status).toBe(401);
  });

  it("ends with its space, and is of no use in the one that follows under the name", async () => {
    await makeSpace("cabin-again");
    const token = await makeToken("cabin-again", { actions: ["admin"] });
    const headers = { Cookie: await signIn(token.token) };
    await manage("DELETE", "spaces/cabin-again");
    await makeSpace("cabin-again");
    expect((await ask("/api/v1/spaces/cabin-again/repositories", { headers })).status).toBe(401);
  });

  it("of the administrator ends when ADMIN_TOKEN is another", async () => {
    const keys = await signingKeys(env.SIGNING_KEYS);
    const { token } = await signConsoleSession(keys, REALM, "old", null, new Date());
    expect(await verifyConsoleSession(keys, REALM, "old", token)).toMatchObject({ credentialId: null });
    await expect(verifyConsoleSession(keys, REALM, "new", token)).rejects.toThrow("revoked or expired");
  });

  it("ends after eight hours", async () => {
    const keys = await signingKeys(env.SIGNING_KEYS);
    const at = (ago: number): Promise<{ token: string }> =>
      signConsoleSession(keys, REALM, env.ADMIN_TOKEN, null, new Date(Date.now() - ago));
    for (const [hours, status] of [
      [7.9, 200],
      [8.1, 401],
    ] as const) {
      const { token } = await at(hours * HOUR);
      expect((await list({ Cookie: `__Host-spacedock-session=${token}` })).status).toBe(status);
    }
  });

  it("is not a login of the registry's clients", async () => {
    const cookie = await signIn(keeper.token);
    for (const path of ["/v2/", "/v2/_catalog", "/v2/cabin/web/manifests/latest"]) {
      expect((await ask(path, { headers: consoleHeaders(cookie) })).status, path).toBe(401);
    }
    const scope = "scope=repository:cabin/web:pull";
    const answer = await ask(`/token?${scope}`, { headers: consoleHeaders(cookie) });
    expect(await answer.json()).toMatchObject({ scope: "" });
    const session = cookie.slice(cookie.indexOf("=") + 1);
    expect((await ask("/v2/", { headers: { Authorization: `Bearer ${session}` } })).status).toBe(401);
    expect((await list({ Authorization: `Bearer ${session}` })).status).toBe(401);
  });
});

describe("a forged session", () => {
  interface Change {
    readonly header?: object;
    readonly claims?: Readonly<Record<string, unknown>>;
    readonly foreignKey?: boolean;
  }

  async function forge({ header, claims, foreignKey = false }: Change): Promise<Record<string, string>> {
    const [own] = keySet.parse(JSON.parse(env.SIGNING_KEYS)).keys;
    const now = Math.floor(Date.now() / 1000);
    const payload = {
      iss: ORIGIN,
      aud: "registry.test/console",
      sub: keeper.id,
      jti: "x",
      iat: now,
      nbf: now,
      exp: now + 300,
      ...claims,
    };
    const key = foreignKey ? (await generateKeyPair("ES256")).privateKey : await importJWK(own ?? {}, "ES256");
    const token = await new SignJWT(payload)
      .setProtectedHeader({ alg: "ES256", kid: own?.kid ?? "", typ: "console+jwt", ...header })
      .sign(key);
    return { Cookie: `__Host-spacedock-session=${token}` };
  }

  it("passes only when nothing is wrong with it, so the cases below fail for their own reason", async () => {
    expect((await list(await forge({}))).status).toBe(200);
  });

  it.each<readonly [string, Change]>([
    ["a key that is not ours", { foreignKey: true }],
    ["another audience, as access tokens have", { claims: { aud: "registry.test" } }],
    ["another type", { header: { typ: "at+jwt" } }],
    ["another issuer", { claims: { iss: "https://evil.test" } }],
    ["an end in the past", { claims: { exp: Math.floor(Date.now() / 1000) - 60 } }],
    ["a credential that is not there", { claims: { sub: "tok_0" } }],
    ["the administrator's name, without the mark", { claims: { sub: "administrator" } }],
    ["the administrator's name, with another mark", { claims: { sub: "administrator", mark: "00" } }],
  ])("is refused with %s", async (_name, change) => {
    expect((await list(await forge(change))).status).toBe(401);
  });

  it.each(["", "x", "a.b.c"])("is refused when it is %j", async (text) => {
    expect((await list({ Cookie: `__Host-spacedock-session=${text}` })).status).toBe(401);
  });

  it("is not looked at under the name that plain http has", async () => {
    const { Cookie = "" } = await forge({});
    expect((await list({ Cookie: Cookie.replace("__Host-", "") })).status).toBe(401);
  });
});

describe("the management API", () => {
  it("lets no cache keep what a cookie was shown", async () => {
    const headers = consoleHeaders(await signIn(env.ADMIN_TOKEN));
    const space = "/api/v1/spaces/cabin";
    for (const path of [
      space,
      `${space}/tokens`,
      `${space}/repositories`,
      `${space}/no-such-thing`,
      "/api/v1/whoami",
    ]) {
      expect((await ask(path, { headers })).headers.get("Cache-Control"), path).toBe("no-store");
    }
    const manifest = `${space}/manifest?repository=web&reference=latest`;
    expect((await ask(manifest, { headers })).headers.get("Cache-Control")).toBe("no-store");
    expect((await create({ ...headers, Origin: "https://evil.test" })).headers.get("Cache-Control")).toBe("no-store");
    expect((await ask(space, { headers: { Cookie: "__Host-spacedock-session=x" } })).headers.get("Cache-Control")).toBe(
      "no-store",
    );
  });

  it("lets no other site read its answers", async () => {
    const headers = { Origin: "https://evil.test", Cookie: await signIn(keeper.token) };
    for (const method of ["GET", "OPTIONS"]) {
      const answer = await ask("/api/v1/session", { method, headers });
      expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
  });
});
