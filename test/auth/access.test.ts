import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import type { Env } from "../../src/env.ts";
import worker from "../../src/worker.ts";
import { signIn } from "../support/console.ts";
import { makeSpace, makeToken, ORIGIN } from "../support/registry.ts";

const AUD = "a1".repeat(32);
const OTHER_AUD = "b2".repeat(32);

const sessionShape = z.object({
  session: z
    .object({ kind: z.string(), email: z.string().nullable(), may: z.array(z.string()), endsAt: z.iso.datetime() })
    .nullable(),
  refusal: z.string().nullable(),
});

const pair = await generateKeyPair("RS256", { extractable: true });
const foreign = await generateKeyPair("RS256");
const KID = "access-key";

let teams = 0;
/** Another team for each test, since the keys of a team are kept. */
let team = "";
let settings: Env = env;
let certs: ReturnType<typeof vi.spyOn>;

beforeAll(async () => {
  await makeSpace("guarded");
});

beforeEach(async () => {
  teams += 1;
  team = `team${teams}.cloudflareaccess.com`;
  settings = {
    ...env,
    ACCESS_TEAM_DOMAIN: team,
    ACCESS_AUD: `${AUD}, ${OTHER_AUD}`,
    ACCESS_ADMINS: "ada@example.com, @Ops.example.com",
  };
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: KID, alg: "RS256", use: "sig" };
  certs = vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
    if (new Request(input).url !== `https://${team}/cdn-cgi/access/certs`) throw new Error("another address");
    return Response.json({ keys: [jwk], public_certs: [] });
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

interface Change {
  readonly header?: object;
  readonly claims?: JWTPayload;
  readonly key?: CryptoKey;
}

/** Makes the assertion that Access would send, with changes. */
function assertion({ header, claims, key = pair.privateKey }: Change = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    iss: `https://${team}`,
    aud: [AUD],
    sub: "7335d417",
    email: "Ada@example.com",
    type: "app",
    iat: now,
    nbf: now,
    exp: now + 3600,
    ...claims,
  };
  return new SignJWT(payload).setProtectedHeader({ alg: "RS256", kid: KID, typ: "JWT", ...header }).sign(key);
}

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Sends a request as it comes through Access. @param jwt null for a request that goes around Access */
async function ask(path: string, jwt: string | null, { method = "GET", headers = {}, body }: Ask = {}) {
  const context = createExecutionContext();
  const request = new Request<unknown, IncomingRequestCfProperties>(new URL(path, ORIGIN), {
    method,
    headers: { ...(jwt !== null && { "Cf-Access-Jwt-Assertion": jwt }), ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const answer = await worker.fetch(request, settings, context);
  await waitOnExecutionContext(context);
  return answer;
}

async function whoIs(jwt: string | null, headers = {}): Promise<z.infer<typeof sessionShape>> {
  return sessionShape.parse(await (await ask("/api/v1/session", jwt, { headers })).json());
}

describe("an administrator whom Cloudflare Access let in", () => {
  it("is told so, and manages all spaces", async () => {
    const jwt = await assertion();
    const { session } = await whoIs(jwt);
    expect(session).toMatchObject({ kind: "installation", email: "ada@example.com" });
    expect(session?.may).toEqual(["manageInstallation", "manageSpace", "readSpace"]);
    expect(Date.parse(session?.endsAt ?? "") - Date.now()).toBeGreaterThan(3_500_000);
    expect((await ask("/api/v1/spaces", jwt)).status).toBe(200);
    expect((await ask("/api/v1/spaces/guarded/tokens", jwt)).status).toBe(200);
  });

  it.each(["someone@ops.example.com", "ADA@EXAMPLE.COM"])("may be %s", async (email) => {
    expect((await ask("/api/v1/spaces", await assertion({ claims: { email } }))).status).toBe(200);
  });

  it("may come through any of the applications", async () => {
    expect((await ask("/api/v1/spaces", await assertion({ claims: { aud: OTHER_AUD } }))).status).toBe(200);
  });

  it("is signed out with what Access said of them then, and not with what it says later", async () => {
    const jwt = await assertion();
    const headers = { "X-Spacedock-Console": "1" };
    expect((await ask("/api/v1/session", jwt, { method: "DELETE", headers })).status).toBe(204);
    expect((await ask("/api/v1/spaces", jwt)).status).toBe(401);
    expect((await whoIs(jwt)).session).toBeNull();
    const later = await assertion({ claims: { iat: Math.floor(Date.now() / 1000) - 1 } });
    expect((await ask("/api/v1/spaces", later)).status).toBe(200);
  });

  it("changes things from our own pages alone", async () => {
    const jwt = await assertion();
    const create = (headers: Record<string, string>): Promise<Response> =>
      ask("/api/v1/spaces/guarded/tokens", jwt, { method: "POST", headers, body: { name: "t", actions: ["pull"] } });
    expect((await create({})).status).toBe(403);
    expect((await create({ "X-Spacedock-Console": "1", Origin: "https://evil.test" })).status).toBe(403);
    expect((await create({ "X-Spacedock-Console": "1", Origin: ORIGIN })).status).toBe(201);
  });

  it("is not a login of the registry's clients", async () => {
    const jwt = await assertion();
    for (const path of ["/v2/", "/v2/_catalog", "/v2/guarded/web/manifests/latest"]) {
      expect((await ask(path, jwt)).status, path).toBe(401);
    }
    const token = await ask("/token?scope=repository:guarded/web:pull", jwt);
    expect(await token.json()).toMatchObject({ scope: "" });
    expect(certs).not.toHaveBeenCalled();
  });

  it("gives way to a token that is sent, and to the cookie of whoever signed in", async () => {
    const keeper = await makeToken("guarded", { actions: ["admin"] });
    const jwt = await assertion();
    expect((await ask("/api/v1/spaces", jwt, { headers: { Authorization: `Bearer ${keeper.token}` } })).status).toBe(
      403,
    );
    expect((await ask("/api/v1/spaces", jwt, { headers: { Authorization: "Bearer wrong" } })).status).toBe(401);
    const headers = { Cookie: await signIn(keeper.token) };
    expect((await ask("/api/v1/spaces", jwt, { headers })).status).toBe(403);
    expect((await whoIs(jwt, headers)).session).toMatchObject({ kind: "token", email: null });
  });

  it("costs one look at the team's keys, however many requests come", async () => {
    const jwt = await assertion();
    for (let request = 0; request < 5; request++) expect((await ask("/api/v1/spaces", jwt)).status).toBe(200);
    expect(certs).toHaveBeenCalledTimes(1);
  });
});

/** Returns the time so many seconds ago, in seconds since the epoch. */
const ago = (seconds: number): number => Math.floor(Date.now() / 1000) - seconds;

describe("what Access did not sign for us", () => {
  it.each<readonly [string, () => Change]>([
    ["a foreign key", () => ({ key: foreign.privateKey })],
    ["a key that is not among the team's", () => ({ header: { kid: "other" } })],
    ["another application's audience", () => ({ claims: { aud: ["c3".repeat(32)] } })],
    ["another team's issuer", () => ({ claims: { iss: "https://evil.cloudflareaccess.com" } })],
    ["an end in the past", () => ({ claims: { exp: ago(60) } })],
    ["a beginning to come", () => ({ claims: { nbf: ago(-600) } })],
    ["no address, as service tokens have none", () => ({ claims: { email: undefined } })],
  ])("is refused with %s", async (_name, change) => {
    const jwt = await assertion(change());
    expect((await ask("/api/v1/spaces", jwt)).status).toBe(401);
    expect((await whoIs(jwt)).session).toBeNull();
  });

  it.each(["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])("is refused when it is %j", async (text) => {
    expect((await ask("/api/v1/spaces", text)).status).toBe(401);
  });

  it("is refused with a signature by a secret that everybody knows", async () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: `https://${team}`, aud: AUD, sub: "x", email: "ada@example.com", iat: now, exp: now + 60 };
    const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(pair.publicKey)));
    const jwt = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: KID }).sign(secret);
    expect((await ask("/api/v1/spaces", jwt)).status).toBe(401);
  });

  it("is refused while the keys cannot be had, and tried again", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    certs.mockResolvedValueOnce(new Response("no", { status: 503 }));
    const jwt = await assertion();
    expect((await ask("/api/v1/spaces", jwt)).status).toBe(401);
    expect(log).toHaveBeenCalledOnce();
    expect((await ask("/api/v1/spaces", jwt)).status).toBe(200);
  });
});

describe("somebody whom Access let in and who administers nothing", () => {
  it.each([
    "eve@example.com",
    "ada@example.com.evil.test",
    "ops@sub.ops.example.com",
    "x@ops.example.com@evil.test",
    "ops.example.com",
  ])("is refused, and told why: %s", async (email) => {
    const jwt = await assertion({ claims: { email } });
    const answer = await ask("/api/v1/spaces", jwt);
    expect(answer.status).toBe(403);
    const { session, refusal } = await whoIs(jwt);
    expect(session).toBeNull();
    expect(refusal).toContain(`${email} is signed in to Cloudflare Access but is not an administrator`);
  });
});

describe("without the settings", () => {
  it("nobody looks at the header", async () => {
    settings = env;
    const jwt = await assertion();
    expect((await ask("/api/v1/spaces", jwt)).status).toBe(401);
    expect(await whoIs(jwt)).toEqual({ session: null, refusal: null });
    expect(certs).not.toHaveBeenCalled();
  });

  it.each<Partial<Env>>([
    { ACCESS_TEAM_DOMAIN: "" },
    { ACCESS_AUD: "" },
    { ACCESS_ADMINS: " , " },
    { ACCESS_TEAM_DOMAIN: "https://x.cloudflareaccess.com" },
    { ACCESS_AUD: "short" },
    { ACCESS_ADMINS: "ada" },
  ])("of which some are missing or malformed, nothing is answered: %j", async (wrong) => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    settings = { ...settings, ...wrong };
    expect((await ask("/api/v1/spaces", null)).status).toBe(500);
    expect(JSON.stringify(log.mock.calls)).toContain("ACCESS_");
  });
});
