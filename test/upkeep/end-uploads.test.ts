/** Tests that a session that does not answer delays no other, and that a failing step of upkeep delays no other step. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { d1OpenUploads } from "../../src/storage/d1/registry/open-uploads.ts";
import { durableUploads } from "../../src/storage/uploads/uploads.ts";
import { collectUnneeded } from "../../src/upkeep/collect.ts";
import { endDeadUploads, endUploads } from "../../src/upkeep/end-uploads.ts";
import { inTurn } from "../../src/upkeep/in-turn.ts";
import { r2Objects } from "../../src/storage/r2/objects.ts";
import { d1Collection } from "../../src/storage/d1/upkeep/collection.ts";
import { bytesOf, startSession } from "../support/content.ts";
import { countedEnv, disturbCalls } from "../support/counting.ts";
import { makeToken, manage, nextSpace, type TestToken } from "../support/registry.ts";
import { runUpkeep } from "../support/upkeep.ts";
import { patch, sessionObject } from "../support/upload.ts";

let space = "";
let uploader: TestToken;

beforeEach(async () => {
  ({ space } = await nextSpace("ended"));
  uploader = await makeToken(space);
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await env.DB.prepare("DELETE FROM open_uploads").run();
});

async function openIds(): Promise<readonly unknown[]> {
  const { results } = await env.DB.prepare("SELECT id FROM open_uploads ORDER BY id").all();
  return results.map(({ id }) => id);
}

/** Leaves sessions that hold something, of a token that was revoked without telling them. */
async function leaveOpen(count: number): Promise<readonly string[]> {
  const sessions: string[] = [];
  for (let index = 0; index < count; index++) {
    const session = await startSession(`${space}/web`, uploader.token);
    await patch(session, uploader.token, bytesOf(10));
    sessions.push(session);
  }
  await env.DB.prepare("UPDATE tokens SET revoked_at = 1 WHERE id = ?").bind(uploader.id).run();
  return sessions;
}

/** Fails the first call of this name. */
async function failFirst(name: string, act: () => Promise<void>): Promise<void> {
  let calls = 0;
  await disturbCalls((call, proceed) => {
    if (call.name !== name) return proceed();
    calls += 1;
    if (calls === 1) throw new Error(`injected: ${name}`);
    return proceed();
  }, act);
  expect(calls).toBeGreaterThan(1);
}

async function runLater(): Promise<void> {
  vi.useFakeTimers({ now: Date.now() + 10 * 60_000, toFake: ["Date"] });
  await runUpkeep(env);
}

async function expectEnded(sessions: readonly string[]): Promise<void> {
  for (const session of sessions) expect(await sessionObject(session).status()).toBeNull();
}

describe("where one session cannot be asked", () => {
  it("upkeep ends the others, reports it, and asks it again", async () => {
    const sessions = await leaveOpen(3);
    await failFirst("Durable Object cancel", () =>
      expect(runUpkeep(countedEnv(env))).rejects.toThrow("injected: Durable Object cancel"),
    );
    expect(await openIds()).toHaveLength(1);
    await runLater();
    expect(await openIds()).toEqual([]);
    await expectEnded(sessions);
  });

  it("a revocation ends the others, and upkeep that one", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const sessions = await leaveOpen(3);
    await env.DB.prepare("UPDATE tokens SET revoked_at = NULL WHERE id = ?").bind(uploader.id).run();
    await failFirst("Durable Object cancel", async () => {
      await manage("DELETE", `spaces/${space}/tokens/${uploader.id}`);
    });
    expect(await openIds()).toHaveLength(1);
    await runLater();
    await expectEnded(sessions);
  });
});

/** Adds rows of sessions that exist nowhere else; they are ordered by their names. */
async function fill(ids: readonly string[]): Promise<void> {
  const sql = `
    INSERT INTO open_uploads (credential_id, id, space_id, touched_at)
    SELECT 'tok_gone', value, (SELECT id FROM spaces WHERE name = ?1), 0 FROM json_each(?2)`;
  await env.DB.prepare(sql).bind(space, JSON.stringify(ids)).run();
}

const named = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(3, "0")}`);

describe("where more sessions than a step has can never be asked", () => {
  const stores = {
    openUploads: d1OpenUploads(env.DB),
    uploads: {
      ...durableUploads(env.UPLOADS),
      cancel: ({ id }: { readonly id: string }) =>
        id.startsWith("bad") ? Promise.reject(new Error(`injected: ${id.slice(0, 3)}`)) : Promise.resolve(true),
    },
  };
  const bad = named("bad", 100);

  beforeEach(() => fill([...bad, ...named("good", 5)]));

  it("upkeep comes to the others in its next run", async () => {
    await expect(endUploads(stores, 1000)).rejects.toThrow("100 failures: Error: injected: bad");
    await endUploads(stores, 300_000);
    expect(await openIds()).toEqual(bad);
    await expect(endUploads(stores, 600_000)).rejects.toThrow("100 failures");
    expect(await openIds()).toEqual(bad);
  });

  it("a revocation comes to the others at once", async () => {
    await expect(endDeadUploads(stores, 1000)).rejects.toThrow("100 failures: Error: injected: bad");
    expect(await openIds()).toEqual(bad);
  });
});

describe("where a step of upkeep fails", () => {
  it("those after it are made, and the failures are thrown together", async () => {
    const made: number[] = [];
    const step = (number: number, fault?: string) => async (): Promise<void> => {
      made.push(number);
      if (fault !== undefined) throw new Error(fault);
    };
    await expect(inTurn([step(1, "one"), step(2), step(3, "three"), step(4)])).rejects.toThrow(
      "2 failures: Error: one; Error: three",
    );
    expect(made).toEqual([1, 2, 3, 4]);
  });

  it("bytes that are condemned go, though objects cannot be listed", async () => {
    await env.BLOBS.put("condemned", "bytes");
    await env.DB.prepare("INSERT INTO condemned (key, condemned_at) VALUES ('condemned', 1)").run();
    const objects = { ...r2Objects(env.BLOBS), list: () => Promise.reject(new Error("injected: list")) };
    const collection = d1Collection(env.DB);
    const settings = { grace: 0, orphanGrace: 0, keepDeleted: 0, keepBytes: 0 };
    await expect(collectUnneeded({ collection, objects }, settings, Date.now())).rejects.toThrow("injected: list");
    expect(await env.BLOBS.head("condemned")).toBeNull();
  });
});
