import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { connect, type Connection } from "../../../src/cli/client/connection.ts";
import { ping } from "../../../src/cli/client/ping.ts";
import { parseRegistry } from "../../../src/cli/client/reference.ts";
import { heedingLimits } from "../../../src/cli/import/rate-limit.ts";
import { refuse, reply, serve } from "../support/server.ts";

/** Retry-After of the answers to come; null: none. */
let limits: (string | null)[] = [];
/** Whether everybody is refused until a pause has passed. */
let isClosed = false;
/** Milliseconds that each answer takes. */
let delays: number[] = [];
let notes: string[] = [];
let pauses: number[] = [];

const server = await serve((_, response) => {
  const limit = isClosed ? "30" : limits.shift();
  setTimeout(() => {
    if (limit === undefined) reply(response, 200);
    else refuse(response, 429, "TOOMANYREQUESTS", limit === null ? {} : { "retry-after": limit });
  }, delays.shift() ?? 0);
});

beforeEach(() => {
  limits = [];
  notes = [];
  pauses = [];
  isClosed = false;
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
      `${server.host} asks to slow down: going on in 40 s`,
      `${server.host} asks to slow down: going on in 1 min 0 s`,
    ]);
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
