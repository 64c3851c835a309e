import { describe, expect, it } from "vitest";
import * as z from "zod";
import { KNOWN, serveLogin } from "../support/login-server.ts";
import { reply, serve } from "../support/server.ts";
import { runCli } from "../support/world.ts";

const report = z.object({
  findings: z.array(
    z.object({ check: z.string(), status: z.string(), message: z.string(), advice: z.string().nullable() }),
  ),
});

interface Examined {
  readonly exitCode: number;
  readonly findings: Readonly<Record<string, z.output<typeof report>["findings"][number]>>;
}

async function examine(host: string, token: string | null, ...options: readonly string[]): Promise<Examined> {
  const env = { HOME: "/nowhere", SPACEDOCK_REGISTRY: host, ...(token !== null && { SPACEDOCK_TOKEN: token }) };
  const { exitCode, stdout } = await runCli(["doctor", "--json", ...options], env);
  const { findings } = report.parse(JSON.parse(stdout));
  return { exitCode, findings: Object.fromEntries(findings.map((finding) => [finding.check, finding])) };
}

describe("doctor", () => {
  it("finds nothing wrong where all is well, and leaves no upload behind", async () => {
    const server = await serveLogin();
    const { exitCode, findings } = await examine(server.host, "sdt_good");
    expect(exitCode).toBe(0);
    expect(Object.values(findings).map(({ check, status }) => `${check}: ${status}`)).toEqual([
      "docker: ok",
      "name: ok",
      "tls: ok",
      "registry: ok",
      "clock: ok",
      "api: ok",
      "token: ok",
      "body limit: ok",
    ]);
    expect(findings["token"]?.message).toContain("pull, push in web/*");
    expect(server.sessions.size).toBe(0);
  }, 30_000);

  it("finds the body limit, and says which chunks to send by what", async () => {
    const server = await serveLogin({ bodyLimit: 20_000_000 });
    const { exitCode, findings } = await examine(server.host, "sdt_good");
    expect(exitCode).toBe(0);
    const { status, message, advice } = findings["body limit"] ?? {};
    expect(status).toBe("warning");
    expect(message).toMatch(/bodies of (?:19|20)(?:\.\d)? MB pass, those of 2[01](?:\.\d)? MB are refused/);
    expect(advice).toMatch(new RegExp(`spacedock proxy --to ${server.host} --chunk-size (?:19|20)MB`));
    expect(server.sessions.size).toBe(0);
  }, 30_000);

  it("probes nothing with a login that may only pull", async () => {
    const server = await serveLogin({ who: { ...KNOWN, token: { ...KNOWN.token, actions: ["pull"] } } });
    const { findings } = await examine(server.host, "sdt_good");
    expect(findings["body limit"]).toMatchObject({ status: "warning", message: expect.stringContaining("not probed") });
    expect(server.announced).toEqual([]);
  });

  it("probes where it is told to", async () => {
    const server = await serveLogin({ who: null, bodyLimit: 1000 });
    const { findings } = await examine(server.host, "sdt_good", "--probe", "me/image");
    expect(findings["api"]?.status).toBe("warning");
    expect(findings["body limit"]?.status).toBe("warning");
    expect(server.announced.length).toBeGreaterThan(0);
  }, 30_000);

  it.each([
    [{ skew: -60_000 }, "warning", 0],
    [{ skew: 600_000 }, "problem", 1],
  ])("tells a clock that is wrong by %j", async (options, status, exitCode) => {
    const server = await serveLogin(options);
    const examined = await examine(server.host, null);
    expect(examined.findings["clock"]?.status).toBe(status);
    expect(examined.exitCode).toBe(exitCode);
  });

  it("warns of a token that ends soon, and of ADMIN_TOKEN", async () => {
    const expiresAt = new Date(Date.now() + 3 * 86_400_000).toISOString();
    const server = await serveLogin({ who: { ...KNOWN, token: { ...KNOWN.token, actions: ["pull"], expiresAt } } });
    const ending = await examine(server.host, "sdt_good");
    expect(ending.findings["token"]).toMatchObject({
      status: "warning",
      message: expect.stringContaining("in 3 days"),
    });
    const admin = await examine(server.host, "admin-token");
    expect(admin.findings["token"]).toMatchObject({
      status: "warning",
      advice: expect.stringContaining("tokens create"),
    });
  });

  it("ends with 4 for a token that is refused, and with a warning for none", async () => {
    const server = await serveLogin();
    const refused = await examine(server.host, "sdt_bad");
    expect([refused.exitCode, refused.findings["token"]?.status]).toEqual([4, "problem"]);
    const none = await examine(server.host, null);
    expect([none.exitCode, none.findings["token"]?.status]).toEqual([0, "warning"]);
  });

  it("ends with 5 where nothing listens or nobody has the name, and asks no further", async () => {
    const closed = await examine("127.0.0.1:1", "sdt_good");
    expect(closed).toMatchObject({ exitCode: 5, findings: { registry: { status: "problem" } } });
    expect(closed.findings["token"]).toBeUndefined();
    const nameless = await examine("registry.invalid", "sdt_good");
    expect(nameless).toMatchObject({ exitCode: 5, findings: { name: { status: "problem" } } });
    expect(nameless.findings["tls"]).toBeUndefined();
  }, 60_000);

  it("tells what speaks no TLS, and what is no registry", async () => {
    const server = await serve((_, response) => reply(response, 200, { "content-type": "text/html" }, "<html>"));
    const plain = await examine(`https://${server.host}`, null);
    expect(plain.findings["tls"]).toMatchObject({ status: "problem", advice: expect.stringContaining("--plain-http") });
    const page = await examine(server.host, null);
    expect(page).toMatchObject({ exitCode: 1, findings: { registry: { status: "problem" } } });
  });

  it("is a line for each check, for a person", async () => {
    const server = await serveLogin();
    const { stdout } = await runCli(["doctor", server.host], { HOME: "/nowhere" });
    expect(stdout).toMatch(/^warning +token +you are not logged in\n +Log in: spacedock login/m);
  });
});
