import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { signConsoleSession } from "../src/auth/console-session.ts";
import { signingKeys } from "../src/auth/keys.ts";
import type { Env } from "../src/env.ts";
import worker from "../src/worker.ts";
import { ask, errorOf, makeSpace, ORIGIN } from "./support/registry.ts";

function askWith(
  settings: Partial<Env>,
  path = "/v2/",
  init: RequestInit<IncomingRequestCfProperties> = {},
): Promise<Response> {
  const request = new Request<unknown, IncomingRequestCfProperties>(new URL(path, ORIGIN), init);
  return worker.fetch(request, { ...env, ...settings }, createExecutionContext());
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the settings", () => {
  it("may name the address that clients use, where a proxy in front changes it", async () => {
    const answer = await askWith({ PUBLIC_URL: "https://registry.example.com" });
    expect(answer.headers.get("WWW-Authenticate")).toBe(
      'Bearer realm="https://registry.example.com/token",service="registry.example.com"',
    );
  });

  it.each<Partial<Env>>([
    { SIGNING_KEYS: "" },
    { SIGNING_KEYS: "no JSON" },
    { SIGNING_KEYS: '{"keys":[]}' },
    { SIGNING_KEYS: '{"keys":[{"kty":"oct","kid":"x","k":"AAAA"}]}' },
    { ADMIN_TOKEN: "" },
    { PUBLIC_URL: "registry.example.com" },
  ])("that are wrong are logged and answered in the spec's form: %o", async (settings) => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    expect(await errorOf(await askWith(settings))).toBe("500 UNKNOWN");
    expect(log).toHaveBeenCalledOnce();
  });
});

function asAdmin(adminToken: string, path: string): Promise<Response> {
  return askWith({ ADMIN_TOKEN: adminToken }, path, { headers: { Authorization: `Bearer ${adminToken}` } });
}

describe("an ADMIN_TOKEN that is short enough to be guessed", () => {
  const short = "x".repeat(31);
  it("is refused with what to do about it, and everything else goes on", async () => {
    const answer = await asAdmin(short, "/api/v1/spaces");
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain("ADMIN_TOKEN is too short (31 of at least 32 characters)");
    expect((await asAdmin(`${short}x`, "/api/v1/spaces")).status).toBe(200);
    const as = await makeSpace("short-admin");
    const headers = { Authorization: `Bearer ${as}` };
    expect((await askWith({ ADMIN_TOKEN: short }, "/v2/", { headers })).status).toBe(200);
  });

  it("opens no session, nor keeps one", async () => {
    const headers = { "X-Spacedock-Console": "1" };
    const signIn = (token: string): Promise<Response> =>
      askWith({ ADMIN_TOKEN: token }, "/api/v1/session", { method: "POST", headers, body: JSON.stringify({ token }) });
    expect((await signIn(short)).status).toBe(401);
    const keys = await signingKeys(env.SIGNING_KEYS);
    const realm = { issuer: ORIGIN, service: "registry.test" };
    const { token } = await signConsoleSession(keys, realm, short, null, new Date());
    const cookie = { Cookie: `__Host-spacedock-session=${token}` };
    expect((await askWith({ ADMIN_TOKEN: short }, "/api/v1/spaces", { headers: cookie })).status).toBe(401);
  });
});

describe("the hosts of the registry", () => {
  const settings: Partial<Env> = {
    PUBLIC_URL: "https://registry.example.com",
    OWN_HOSTS: "Registry.acme.workers.dev, images.example.com",
    ALLOW_LOCAL_TARGETS: "1",
  };

  it.each(["registry.example.com", "registry.acme.workers.dev", "images.example.com", "registry.test"])(
    "are no target's: %s",
    async (host) => {
      const answer = await askWith(settings, "/api/v1/spaces/any/targets", {
        method: "POST",
        headers: { Authorization: `Bearer ${env.ADMIN_TOKEN}` },
        body: JSON.stringify({
          name: "loop",
          type: "generic-hmac",
          secret: "long enough",
          url: `https://${host}/hook`,
        }),
      });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain("it must not be this registry itself");
    },
  );
});

describe("every answer", () => {
  it("has an id that the log knows, of its own", async () => {
    const ids = await Promise.all([0, 1].map(async () => (await ask("/healthz")).headers.get("X-Request-Id")));
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[1]).not.toBe(ids[0]);
  });

  it("tells browsers not to guess types", async () => {
    expect((await ask("/")).headers.get("X-Content-Type-Options")).toBe("nosniff");
  });

  it("at an address where nothing is says so", async () => {
    expect(await errorOf(await ask("/nowhere"))).toBe("404 UNSUPPORTED");
    expect((await ask("/api/v1/nowhere")).headers.get("Content-Type")).toBe("application/problem+json");
  });

  it("to a person in a browser tells how to log in", async () => {
    expect(await (await ask("/")).text()).toContain("docker login registry.test");
  });
});

describe("the console's page", () => {
  const files = { fetch: (address: URL) => Promise.resolve(new Response(`page ${address.pathname}`)) };
  const open = (path: string, init: RequestInit<IncomingRequestCfProperties> = {}): Promise<Response> =>
    askWith(
      {
        ...env,
        ASSETS: {
          ...files,
          connect: () => {
            throw new Error("no connection");
          },
        },
      },
      path,
      { headers: { Accept: "text/html,*/*;q=0.8" }, ...init },
    );

  it.each(["/", "/sign-in", "/spaces/acme/repositories/web%2Fapi", "/v2nd", "/nowhere"])(
    "is what a browser gets at %s",
    async (path) => {
      const answer = await open(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("Vary")).toBe("Accept");
      expect(await answer.text()).toBe("page /index.html");
    },
  );

  it.each(["/v2/", "/v2/acme/web", "/api/v1/nowhere", "/.well-known/nowhere", "/assets/old-1234.js"])(
    "is not at %s, even for a browser",
    async (path) => {
      const answer = await open(path);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(await answer.text()).not.toContain("page");
    },
  );

  it("is not for other clients, nor for changes", async () => {
    expect((await open("/nowhere", { headers: { Accept: "*/*" } })).status).toBe(404);
    expect((await open("/nowhere", { headers: {} })).status).toBe(404);
    expect((await open("/nowhere", { method: "POST" })).status).toBe(404);
    expect((await open("/", { method: "POST" })).status).toBe(405);
  });
});
