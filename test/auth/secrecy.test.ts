import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { hashSecret } from "../../src/auth/secret.ts";
import { pushImage } from "../support/content.ts";
import { disturbCalls } from "../support/counting.ts";
import { ask, makeSpace, makeToken } from "../support/registry.ts";

const METHODS = ["debug", "log", "info", "warn", "error"] as const;
const tableRow = z.object({ name: z.string() });

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a secret", () => {
  it("is nowhere in the database, only its hash", async () => {
    const secret = await makeSpace("secrecy");
    const { results } = await env.DB.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'",
    ).all();
    const tables = results.map((row) => tableRow.parse(row).name);
    expect(tables).toContain("tokens");
    const rows = await Promise.all(tables.map((table) => env.DB.prepare(`SELECT * FROM "${table}"`).all()));
    const text = JSON.stringify(rows.map((one) => one.results));
    expect(text).toContain(await hashSecret(secret));
    expect(text).not.toContain(secret);
  });

  it("is in no log line and no answer, when all is well and when everything fails", async () => {
    const lines: string[] = [];
    for (const method of METHODS)
      vi.spyOn(console, method).mockImplementation((...args) => void lines.push(JSON.stringify(args)));
    const secret = await makeSpace("hushed");
    await pushImage("hushed/web", secret, "latest");
    const { token } = z
      .object({ token: z.string() })
      .parse(await (await ask("/token?scope=repository:hushed/web:pull", { as: secret })).json());
    const answers: string[] = [];
    const collect = async (): Promise<void> => {
      for (const Authorization of [
        `Basic ${btoa(`u:${secret}`)}`,
        `Bearer ${secret}`,
        `Bearer ${token}`,
        `Bearer ${env.ADMIN_TOKEN}`,
      ]) {
        for (const path of [
          "/v2/hushed/web/manifests/latest",
          "/v2/_catalog",
          "/token",
          "/api/v1/spaces",
          "/api/v1/spaces/hushed/tokens",
        ]) {
          const answer = await ask(path, { headers: { Authorization } });
          answers.push(
            JSON.stringify([...answer.headers]),
            (await answer.text()).replaceAll(/"(?:access_)?token":"[^"]*"/g, ""),
          );
        }
      }
    };
    await collect();
    await disturbCalls(({ name }) => Promise.reject(new Error(`injected: ${name}`)), collect);
    expect(lines.join()).toContain("injected");
    for (const hidden of [secret, token, await hashSecret(secret), env.ADMIN_TOKEN, env.SIGNING_KEYS]) {
      expect(lines.join()).not.toContain(hidden);
      expect(answers.join()).not.toContain(hidden);
    }
  });

  it("can be told from a mistyped one without asking the database", async () => {
    await makeSpace("typed");
    const { token } = await makeToken("typed");
    const mistyped = token.replace(/.$/, (end) => (end === "0" ? "1" : "0"));
    let calls = 0;
    await disturbCalls(
      (_call, proceed) => {
        calls += 1;
        return proceed();
      },
      async () => {
        expect((await ask("/v2/", { as: mistyped })).status).toBe(401);
      },
    );
    expect(calls).toBe(0);
  });
});
