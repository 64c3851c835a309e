/** Tests open uploads: how many a credential may have, the room that they take, and their end with their owner. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { authorize } from "../../src/auth/authorize.ts";
import type { AccessClaims } from "../../src/auth/claims.ts";
import { signSession, verifySession } from "../../src/auth/session-token.ts";
import { signingKeys } from "../../src/auth/keys.ts";
import { requireRepositoryName } from "../../src/oci/name.ts";
import { bearerOf } from "../support/bearer.ts";
import { bytesOf, digestOf, pushBlob, startSession } from "../support/content.ts";
import { ask, errorOf, makeToken, manage, nextSpace, type TestToken } from "../support/registry.ts";
import { runUpkeep } from "../support/upkeep.ts";
import { finish, offsetOf, patch, sessionObject } from "../support/upload.ts";

const MIB = 1024 * 1024;
let space = "";
let uploader: TestToken;

beforeEach(async () => {
  ({ space } = await nextSpace("open"));
  uploader = await makeToken(space);
});

afterEach(async () => {
  vi.useRealTimers();
  await env.DB.prepare("DELETE FROM open_uploads").run();
});

function waitSeconds(seconds: number): void {
  vi.useFakeTimers({ now: Date.now() + seconds * 1000, toFake: ["Date"] });
}

const setQuota = (bytes: number | null) => manage("PATCH", `spaces/${space}`, { quota: { bytes } });
const begin = (as: string, path = "web"): Promise<Response> =>
  ask(`/v2/${space}/${path}/blobs/uploads/`, { method: "POST", as });
const told = z.object({ errors: z.tuple([z.object({ code: z.string(), message: z.string() })]) });

async function openRows(): Promise<readonly unknown[]> {
  const sql = "SELECT u.id, u.bytes FROM open_uploads u JOIN spaces s ON s.id = u.space_id WHERE s.name = ?";
  return (await env.DB.prepare(sql).bind(space).all()).results;
}

/** Returns the statuses of each kind of request to a session that holds these bytes, sent with this Authorization. */
async function answersOf(session: string, authorization: string, held: Uint8Array): Promise<readonly number[]> {
  const headers = { Authorization: authorization };
  const digest = await digestOf(held);
  const answers = [
    await ask(session, { headers }),
    await ask(session, { method: "PATCH", headers, body: bytesOf(10) }),
    await ask(`${session}?digest=${digest}`, { method: "PUT", headers }),
  ];
  return answers.map(({ status }) => status);
}

describe("the bytes of open uploads", () => {
  beforeEach(async () => {
    await pushBlob(`${space}/web`, uploader.token, bytesOf(400, 1));
    await setQuota(1000);
  });

  it.each([
    ["with their range", { at: 0 }],
    ["with their length", {}],
    ["of unknown length", { chunked: true }],
  ])("take room from other uploads, when they come %s", async (_name, wish) => {
    const [first, second] = [
      await startSession(`${space}/web`, uploader.token),
      await startSession(`${space}/web`, uploader.token),
    ];
    expect((await patch(first, uploader.token, bytesOf(400), wish)).status).toBe(202);
    const refused = await patch(second, uploader.token, bytesOf(400, 2), wish);
    expect(refused.status).toBe(403);
    expect(told.parse(await refused.json()).errors[0].message).toContain("400 B and 400 B in open uploads of 1.0 kB");
    // The refused session has ended and holds nothing.
    expect(await offsetOf(second, uploader.token)).toBeNull();
    const whole = bytesOf(300, 3);
    const push = { method: "POST", as: uploader.token, body: whole };
    expect((await ask(`/v2/${space}/web/blobs/uploads/?digest=${await digestOf(whole)}`, push)).status).toBe(403);
    const third = await startSession(`${space}/web`, uploader.token);
    expect((await finish(third, uploader.token, await digestOf(whole), whole)).status).toBe(403);
    expect((await patch(third, uploader.token, bytesOf(200, 3), wish)).status).toBe(202);
    expect((await begin(uploader.token)).status).toBe(403);
  });

  it("take it across tokens and repositories, and no more when they have ended", async () => {
    const other = (await makeToken(space)).token;
    const bytes = bytesOf(600, 5);
    for (const end of [
      (session: string) => ask(session, { method: "DELETE", as: uploader.token }),
      async (session: string) => finish(session, uploader.token, await digestOf(bytes)),
    ]) {
      const session = await startSession(`${space}/web`, uploader.token);
      await patch(session, uploader.token, bytes);
      expect((await begin(other, "api")).status).toBe(403);
      expect((await end(session)).status).toBeLessThan(300);
      expect(await openRows()).toEqual([]);
    }
    expect((await begin(other, "api")).status).toBe(403);
    await setQuota(1001);
    expect((await begin(other, "api")).status).toBe(202);
  });

  it("are those that came: a chunk out of its place leaves what was there", async () => {
    const session = await startSession(`${space}/web`, uploader.token);
    await patch(session, uploader.token, bytesOf(100), { at: 0 });
    expect((await patch(session, uploader.token, bytesOf(100), { at: 300 })).status).toBe(416);
    expect(await openRows()).toMatchObject([{ bytes: 100 }]);
  });

  it("are none of a session that has ended, whatever a chunk for it announced", async () => {
    const session = await startSession(`${space}/web`, uploader.token);
    expect((await patch(session, uploader.token, bytesOf(100), { at: 0 })).status).toBe(202);
    waitSeconds(25 * 3600);
    expect(await runDurableObjectAlarm(sessionObject(session))).toBe(true);
    expect((await patch(session, uploader.token, bytesOf(100), { at: 100 })).ok).toBe(false);
    expect(await openRows()).toEqual([]);
  });

  it("that two bring at once have room together, or one is refused", async () => {
    const sessions = await Promise.all([1, 2, 3].map(() => startSession(`${space}/web`, uploader.token)));
    const answers = await Promise.all(sessions.map((session) => patch(session, uploader.token, bytesOf(250))));
    expect(answers.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([202, 202, 403]);
  });
});

/** Opens 198 uploads that hold so many bytes. */
async function fill(credential: string, bytes: number): Promise<void> {
  const sql = `
    INSERT INTO open_uploads (credential_id, id, space_id, bytes, touched_at)
    SELECT ?1, 'filler' || value, (SELECT id FROM spaces WHERE name = ?2), ?3, ?4 FROM json_each(?5)`;
  const numbers = JSON.stringify(Array.from({ length: 198 }, (_, index) => index));
  await env.DB.prepare(sql).bind(credential, space, bytes, Date.now(), numbers).run();
}

describe("the number of uploads that a token has open", () => {
  it("is 200 at most, and the answer says what to do", async () => {
    await fill(uploader.id, 0);
    expect((await begin(uploader.token)).status).toBe(202);
    const session = await startSession(`${space}/web`, uploader.token);
    const refused = await begin(uploader.token);
    expect(refused.headers.get("Retry-After")).toBe("60");
    const { code, message } = told.parse(await refused.json()).errors[0];
    expect([refused.status, code]).toEqual([429, "TOOMANYREQUESTS"]);
    expect(message).toContain("200");
    // Another credential's uploads do not count, a whole upload in one request is never open, and one that ends makes room.
    expect((await begin((await makeToken(space)).token)).status).toBe(202);
    await pushBlob(`${space}/web`, uploader.token, bytesOf(10));
    await ask(session, { method: "DELETE", as: uploader.token });
    expect((await begin(uploader.token)).status).toBe(202);
    expect((await begin(uploader.token)).status).toBe(429);
  });

  it.each([
    [0, 202],
    [1, 429],
  ])("counts those that hold %i bytes for a quarter of an hour or for longer: %i", async (bytes, status) => {
    await fill(uploader.id, bytes);
    await begin(uploader.token);
    await begin(uploader.token);
    expect((await begin(uploader.token)).status).toBe(429);
    waitSeconds(16 * 60);
    await begin(uploader.token);
    await begin(uploader.token);
    expect((await begin(uploader.token)).status).toBe(status);
  });
});

/** The steps after a session has lost its owner, so that it ends. */
const WAYS = {
  "at once": () => Promise.resolve(),
  "by upkeep": async (session: string) => {
    expect(await sessionObject(session).status()).toBe(6 * MIB);
    await runUpkeep(env);
  },
};

describe("an upload whose token is revoked", () => {
  it.each(["Basic", "Bearer"])("is of no use within a minute, with %s authorization", async (scheme) => {
    const session = await startSession(`${space}/web`, uploader.token);
    const bearer = await bearerOf(uploader.token, `repository:${space}/web:pull,push`);
    const authorization = scheme === "Basic" ? `Basic ${btoa(`u:${uploader.token}`)}` : `Bearer ${bearer}`;
    const held = bytesOf(10, 9);
    await patch(session, uploader.token, held);
    await manage("DELETE", `spaces/${space}/tokens/${uploader.id}`);
    waitSeconds(45);
    // The session itself is already gone if the request comes to it first.
    expect([
      [401, 401, 401],
      [401, 401, 404],
    ]).toContainEqual(await answersOf(session, authorization, held));
  });

  it.each<readonly [string, keyof typeof WAYS, () => Promise<unknown>]>([
    [
      "the token expires",
      "by upkeep",
      () => env.DB.prepare("UPDATE tokens SET expires_at = 1 WHERE id = ?").bind(uploader.id).run(),
    ],
    ["the space is deleted", "at once", () => manage("DELETE", `spaces/${space}`)],
    ["the repository is deleted", "at once", () => manage("DELETE", `spaces/${space}/repositories/web`)],
    [
      "the repository is deleted and made again",
      "at once",
      async () => {
        await manage("DELETE", `spaces/${space}/repositories/web`);
        await pushBlob(`${space}/web`, uploader.token, bytesOf(5));
      },
    ],
  ])("ends likewise once %s, and its bytes go %s", async (_name, when, happen) => {
    await pushBlob(`${space}/web`, uploader.token, bytesOf(3));
    const session = await startSession(`${space}/web`, uploader.token);
    const bearer = await bearerOf(uploader.token, `repository:${space}/web:pull,push`);
    const held = bytesOf(6 * MIB, 9);
    await patch(session, uploader.token, held);
    await happen();
    waitSeconds(45);
    const headers = { Authorization: `Bearer ${bearer}` };
    expect((await ask(session, { headers })).status).toBe(401);
    expect((await ask(session, { method: "PATCH", headers, body: bytesOf(10) })).status).toBe(401);
    await WAYS[when](session);
    await vi.waitFor(async () => expect(await openRows()).toEqual([]));
    expect(await sessionObject(session).status()).toBeNull();
    const put = await ask(`${session}?digest=${await digestOf(held)}`, { method: "PUT", headers });
    expect(put.status).toBeOneOf([401, 404]);
  });

  it("goes with its bytes at once", async () => {
    const session = await startSession(`${space}/web`, uploader.token);
    await patch(session, uploader.token, bytesOf(6 * MIB, 9));
    expect(await sessionObject(session).status()).toBe(6 * MIB);
    await manage("DELETE", `spaces/${space}/tokens/${uploader.id}`);
    await vi.waitFor(async () => expect(await openRows()).toEqual([]));
    expect(await sessionObject(session).status()).toBeNull();
  });

  it("goes with all others that the token and those that it made have open, and no other's", async () => {
    const other = await makeToken(space);
    const kept = await startSession(`${space}/web`, other.token);
    const held = await startSession(`${space}/web`, uploader.token);
    await patch(held, uploader.token, bytesOf(10));
    await fill(uploader.id, 1);
    const made = await makeToken(space);
    await env.DB.prepare("UPDATE tokens SET created_by = ? WHERE id = ?").bind(uploader.id, made.id).run();
    await fill(made.id, 0);
    expect(await openRows()).toHaveLength(398);
    await manage("DELETE", `spaces/${space}/tokens/${uploader.id}?descendants=true`);
    await vi.waitFor(async () => expect(await openRows()).toHaveLength(1), 10_000);
    expect(await sessionObject(held).status()).toBeNull();
    expect((await patch(kept, other.token, bytesOf(10))).status).toBe(202);
  });

  it("of a repository that was made again is unknown to a token that is good there", async () => {
    await pushBlob(`${space}/web`, uploader.token, bytesOf(3));
    const session = await startSession(`${space}/web`, uploader.token);
    await manage("DELETE", `spaces/${space}/repositories/web`);
    await pushBlob(`${space}/web`, uploader.token, bytesOf(5));
    waitSeconds(45);
    const held = bytesOf(0);
    expect(await answersOf(session, `Basic ${btoa(`u:${uploader.token}`)}`, held)).toEqual([404, 404, 404]);
    const bearer = await bearerOf(uploader.token, `repository:${space}/web:pull,push`);
    expect(await answersOf(session, `Bearer ${bearer}`, held)).toEqual([404, 404, 404]);
  });
});

describe("upkeep", () => {
  it("forgets sessions that ended or hold nothing, keeps those that hold something, and knows then how much", async () => {
    const [empty, ended, held] = await Promise.all([1, 2, 3].map(() => startSession(`${space}/web`, uploader.token)));
    await patch(ended ?? "", uploader.token, bytesOf(10));
    await patch(held ?? "", uploader.token, bytesOf(20));
    await sessionObject(ended ?? "").cancel({
      id: "any",
      spaceId: 0,
      repositoryId: null,
      algorithm: "sha256",
      expiresAt: Date.now() + 1000,
      room: null,
      confirmedAt: 0,
    });
    await runUpkeep(env);
    expect(await openRows()).toHaveLength(3);
    waitSeconds(16 * 60);
    await runUpkeep(env);
    expect(await openRows()).toMatchObject([{ bytes: 20 }]);
    // The address is still valid.
    expect((await patch(empty ?? "", uploader.token, bytesOf(5))).status).toBe(202);
    expect((await patch(held ?? "", uploader.token, bytesOf(5), { at: 20 })).status).toBe(202);
  });
});

it("goes on at an address that an older version gave", async () => {
  const session = await startSession(`${space}/web`, uploader.token);
  const keys = await signingKeys(env.SIGNING_KEYS);
  const name = requireRepositoryName(`${space}/web`);
  const claims: AccessClaims = {
    sub: uploader.id,
    access: [{ type: "repository", name: name.full, actions: ["push"] }],
  };
  const grant = authorize({ kind: "bearer", claims }, "push", name);
  const terms = await verifySession(keys, grant, session.slice(session.lastIndexOf("/") + 1), new Date());
  const older = await signSession(keys, grant, { ...terms, repositoryId: null, confirmedAt: 0 });
  expect(older).toMatch(/^[0-9a-f]{32}-\d+-sha256-\d+-[0-9a-f]{64}$/);
  const address = session.slice(0, session.lastIndexOf("/") + 1) + older;
  const answer = await patch(address, uploader.token, bytesOf(10));
  expect(answer.status).toBe(202);
  expect(answer.headers.get("Location")).not.toContain(older);
  expect((await finish(answer.headers.get("Location") ?? "", uploader.token, await digestOf(bytesOf(10)))).status).toBe(
    201,
  );
  expect(await errorOf(await ask(address, { as: (await makeToken(space)).token }))).toBe("404 BLOB_UPLOAD_UNKNOWN");
});
