import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../src/env.ts";
import worker from "../src/worker.ts";
import { ask, errorOf, ORIGIN } from "./support/registry.ts";

function askWith(settings: Partial<Env>, path = "/v2/"): Promise<Response> {
  const request = new Request<unknown, IncomingRequestCfProperties>(new URL(path, ORIGIN));
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
