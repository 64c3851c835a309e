import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { connect, type Connection } from "../../../src/cli/client/connection.ts";
import { ping } from "../../../src/cli/client/ping.ts";
import { parseRegistry } from "../../../src/cli/client/reference.ts";
import { heedingLimits } from "../../../src/cli/client/rate-limit.ts";
import { refuse, reply, serve } from "../support/server.ts";

/** Retry-After of the answers to come; null for none. */
let limits: (string | null)[] = [];
/** True to refuse every request until a pause has passed. */
let isClosed = false;
/** Milliseconds that each answer takes. */
let delays: number[] = [];
/** Further headers of a refusal. */
let more: Record<string, string> = {};
let notes: string[] = [];
let pauses: number[] = [];

const server = await serve((_, response) => {
  const limit = isClosed ? "30" : limits.shift();
  setTimeout(() => {
    if (limit === undefined) reply(response, 200);
    else refuse(response, 429, "TOOMANYREQUESTS", limit === null ? more : { "retry-after": limit });
  }, delays.shift() ?? 0);
});

beforeEach(() => {
  limits = [];
  notes = [];
  pauses = [];
  isClosed = false;
  more = {};
});

async function wait(milliseconds: number): Promise<void> {
  pauses.push(milliseconds);
  await sleep(20);
  isClosed = false;
}

function open(): Connection {
  const connection = connect(parseRegistry(server.host), { env: {}, credential: null, wait });
  return heedingLimits(connection, (note) => notes.push(note));
}

describe("a registry that asks to slow down", () => {
  it("is waited for as long as it asks, far longer than a busy one", async () => {
    limits = ["40", "60"];
    await ping(open());
    expect(pauses).toEqual([40_000, 60_000]);
    expect(notes).toEqual([
      `${server.host} limits requests: continuing in 40 s`,
      `${server.host} limits requests: continuing in 1 min 0 s`,
    ]);
  });

  it.each([
    ["a moment in Unix seconds, as Docker Hub sends it", () => String(Math.floor(Date.now() / 1000) + 30)],
    ["a moment in milliseconds", () => String(Date.now() + 29_500)],
    ["a date", () => new Date(Date.now() + 30_000).toUTCString()],
  ])("is waited for until %s", async (_, moment) => {
    limits = [moment()];
    await ping(open());
    expect(pauses).toEqual([expect.any(Number)]);
    expect(pauses[0]).toBeGreaterThan(25_000);
    expect(pauses[0]).toBeLessThanOrEqual(31_000);
  });

  it("is not waited for where the moment is hours away, and that is said", async () => {
    limits = [String(Math.floor(Date.now() / 1000) + 5 * 3600)];
    await expect(ping(open())).rejects.toMatchObject({
      hint: expect.stringMatching(/run it again in (5 h 0|4 h 59) min/),
    });
    expect(pauses).toEqual([]);
  });

  it("is asked again soon where the moment is over", async () => {
    limits = [String(Math.floor(Date.now() / 1000) - 30)];
    await ping(open());
    expect(pauses[0]).toBeLessThan(1000);
  });

  it.each(["x-retry-after", "ratelimit-reset", "x-ratelimit-reset"])("is waited for as %s says", async (name) => {
    limits = [null];
    more = { [name]: String(Math.floor(Date.now() / 1000) + 40) };
    await ping(open());
    expect(pauses[0]).toBeGreaterThan(35_000);
  });

  it("is waited for where it is the one that gives tokens", async () => {
    const tokens = await serve((request, response) => {
      if (!request.url?.startsWith("/token")) {
        const realm = `Bearer realm="${tokens.url}/token",service="test"`;
        return request.headers.authorization === undefined
          ? refuse(response, 401, "UNAUTHORIZED", { "www-authenticate": realm })
          : reply(response, 200);
      }
      const limit = limits.shift();
      if (limit === undefined) reply(response, 200, {}, '{"token":"t"}');
      else refuse(response, 429, "TOOMANYREQUESTS", { "retry-after": "60" });
    });
    limits = ["60"];
    const connection = connect(parseRegistry(tokens.host), { env: {}, credential: null, wait });
    await ping(heedingLimits(connection, (note) => notes.push(note)));
    expect(limits).toEqual([]);
  });

  it("is waited for once by all that ask, not by each", async () => {
    isClosed = true;
    const connection = open();
    await Promise.all(Array.from({ length: 5 }, () => ping(connection)));
    expect(pauses).toEqual([30_000]);
  });

  it("is not waited for again when an answer comes late to what was asked before", async () => {
    limits = ["30", "30"];
    delays = [0, 200];
    const connection = open();
    await Promise.all([ping(connection), ping(connection)]);
    expect(pauses).toEqual([30_000]);
  });

  it("is not waited for where it asks for more than a quarter of an hour", async () => {
    limits = ["3600"];
    await expect(ping(open())).rejects.toMatchObject({
      kind: "unreachable",
      hint: expect.stringContaining("run it again in 1 h 0 min"),
    });
    expect(pauses).toEqual([]);
  });

  it("is given up where it lets nothing through", async () => {
    limits = Array.from({ length: 1000 }, () => null);
    await expect(ping(open())).rejects.toMatchObject({
      status: 429,
      hint: expect.stringContaining(`spacedock login ${server.host}`),
    });
    expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBeLessThanOrEqual(900_000);
  });
});
