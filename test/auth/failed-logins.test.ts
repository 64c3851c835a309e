/** Tests that failed logins are slowed by address, and noted for the administrator. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { networkOf } from "../../src/auth/failed-logins.ts";
import type { Env } from "../../src/env.ts";
import worker from "../../src/worker.ts";
import { makeSpace, manage, ORIGIN } from "../support/registry.ts";

let secret: string;
let addresses = 0;

beforeAll(async () => {
  secret = await makeSpace("failed-logins");
});

/** Returns an address that no test had before. */
function newAddress(): string {
  addresses += 1;
  return `203.0.113.${addresses}`;
}

type Init = RequestInit<IncomingRequestCfProperties>;

async function send(from: string | null, path: string, init: Init, settings: Partial<Env> = {}) {
  const headers = new Headers(init.headers);
  if (from !== null) headers.set("CF-Connecting-IP", from);
  const request = new Request<unknown, IncomingRequestCfProperties>(new URL(path, ORIGIN), { ...init, headers });
  const context = createExecutionContext();
  const answer = await worker.fetch(request, { ...env, ...settings }, context);
  await waitOnExecutionContext(context);
  return answer;
}

const basic = (password: string) => ({ headers: { Authorization: `Basic ${btoa(`u:${password}`)}` } });
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
const signIn = (token: string) => ({
  method: "POST",
  headers: { "X-Spacedock-Console": "1" },
  body: JSON.stringify({ token }),
});
const grant = (password: string) => ({
  method: "POST",
  body: new URLSearchParams({ grant_type: "password", username: "u", password }),
});

/** The ways to log in, each with a wrong password. */
const WAYS = [
  ["/token", basic("wrong")],
  ["/token", grant("wrong")],
  ["/token", basic("eyJ.x.y")],
  ["/v2/", basic("wrong")],
  ["/v2/", bearer("wrong")],
  ["/api/v1/spaces", bearer("wrong")],
  ["/api/v1/spaces", basic("wrong")],
  ["/api/v1/session", signIn("wrong")],
] as const;

/** Fails as often as allowed, and returns the statuses. */
async function failOften(from: string | null, settings: Partial<Env> = {}): Promise<ReadonlySet<number>> {
  const statuses = new Set<number>();
  for (let attempt = 0; attempt < 40; attempt++) {
    const [path, init] = WAYS[attempt % WAYS.length] ?? WAYS[0];
    statuses.add((await send(from, path, init, settings)).status);
  }
  return statuses;
}

describe("logins that fail", () => {
  it("are refused by address after some, with a time to wait, whichever way they come", async () => {
    const from = newAddress();
    expect(await failOften(from)).toEqual(new Set([401, 429]));
    for (const [path, init] of WAYS) {
      const answer = await send(from, path, init);
      expect(answer.status, path).toBe(429);
      expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
      expect(await answer.text()).toContain("too many logins failed");
    }
    // Even a right guess is not looked at.
    expect((await send(from, "/api/v1/spaces", bearer(env.ADMIN_TOKEN))).status).toBe(429);
    expect((await send(newAddress(), "/api/v1/spaces", bearer(env.ADMIN_TOKEN))).status).toBe(200);
  });

  it("keep nobody out who has a token, nor anybody from elsewhere", async () => {
    const from = newAddress();
    await failOften(from);
    const answer = await send(from, "/token?scope=repository:failed-logins/web:pull", basic(secret));
    expect(answer.status).toBe(200);
    const { token } = z.object({ token: z.string() }).parse(await answer.json());
    expect((await send(from, "/v2/", bearer(token))).status).toBe(200);
    expect((await send(from, "/v2/", basic(secret))).status).toBe(200);
    expect((await send(from, "/v2/", {})).status).toBe(401);
    expect((await send(newAddress(), "/v2/", basic("wrong"))).status).toBe(401);
  });

  it("are all that counts: those that succeed do not", async () => {
    const from = newAddress();
    for (let attempt = 0; attempt < 40; attempt++) {
      expect((await send(from, "/api/v1/whoami", bearer(attempt % 2 ? secret : env.ADMIN_TOKEN))).status).toBe(200);
    }
    expect((await send(from, "/v2/", basic("wrong"))).status).toBe(401);
  });

  it("are not limited without the binding, nor where nobody says where they come from", async () => {
    const { LOGIN_FAILURES: _, ...without } = env;
    const from = newAddress();
    for (let attempt = 0; attempt < 40; attempt++) {
      const request = new Request<unknown, IncomingRequestCfProperties>(new URL("/v2/", ORIGIN), {
        headers: { ...basic("wrong").headers, "CF-Connecting-IP": from },
      });
      expect((await worker.fetch(request, without, createExecutionContext())).status).toBe(401);
    }
    expect(await failOften(null)).toEqual(new Set([401]));
  });

  it("are one entry of the activity an hour and network, with how many there were", async () => {
    const from = newAddress();
    for (let attempt = 0; attempt < 15; attempt++) await send(from, "/token", basic("wrong"));
    const answer = await manage("GET", "activity?kind=login&limit=1000");
    const entry = z.object({ action: z.string(), name: z.string(), detail: z.object({ attempts: z.int() }) });
    const { items } = z.object({ items: z.array(entry) }).parse(await answer.json());
    const own = items.filter(({ name }) => name === from);
    expect(own).toMatchObject([{ action: "login.failed" }]);
    expect(own[0]?.detail.attempts).toBeGreaterThanOrEqual(8);
    expect(own[0]?.detail.attempts).toBeLessThanOrEqual(15);
  });

  it("fill no more than some entries, from however many networks they come", async () => {
    for (let network = 0; network < 130; network++) await send(`198.51.100.${network}`, "/v2/", basic("wrong"));
    const sql = "SELECT COUNT(*) AS n FROM activity WHERE action = 'login.failed'";
    const { n } = z.object({ n: z.int() }).parse(await env.DB.prepare(sql).first());
    expect(n).toBeGreaterThan(50);
    // An hour may end meanwhile.
    expect(n).toBeLessThanOrEqual(200);
  });
});

describe("a network", () => {
  it.each([
    ["203.0.113.9", "203.0.113.9"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["2001:db8:1:2::", "2001:db8:1:2::/64"],
    ["no address", "no address"],
  ])("of %s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
