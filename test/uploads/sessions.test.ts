import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { IDLE_LIFETIME } from "../../src/storage/uploads/upload-session.ts";
import { bytesOf, digestOf, startSession } from "../support/content.ts";
import { ask, errorOf, makeSpace, makeToken } from "../support/registry.ts";
import { finish, isReadable, offsetOf, patch, sessionObject } from "../support/upload.ts";

const MIB = 1024 * 1024;
const REPOSITORY = "sessions/web";
let as: string;

beforeAll(async () => {
  as = await makeSpace("sessions");
});

beforeEach(() => {
  vi.useRealTimers();
});

describe("an evicted session", () => {
  it.each([
    { name: "small chunks", sizes: [100, 50, 1] },
    { name: "a tail and parts", sizes: [3 * MIB, 4 * MIB, 6 * MIB + 5] },
    { name: "exactly full parts", sizes: [5 * MIB, 5 * MIB, 5 * MIB] },
  ])("goes on where it stood: $name", async ({ sizes }) => {
    const bytes = bytesOf(
      sizes.reduce((sum, size) => sum + size, 0),
      sizes[0],
    );
    const session = await startSession(REPOSITORY, as);
    let offset = 0;
    for (const size of sizes) {
      expect((await patch(session, as, bytes.subarray(offset, offset + size), { at: offset })).status).toBe(202);
      offset += size;
      await evictDurableObject(sessionObject(session));
      expect(await offsetOf(session, as)).toBe(offset);
    }
    const digest = await digestOf(bytes);
    expect((await finish(session, as, digest)).status).toBe(201);
    expect(await isReadable(REPOSITORY, as, digest)).toBe(true);
  });

  it("still refuses a wrong digest, found by reading back", async () => {
    const session = await startSession(REPOSITORY, as);
    await patch(session, as, bytesOf(6 * MIB, 1));
    await evictDurableObject(sessionObject(session));
    const answer = await finish(session, as, await digestOf("something else"));
    expect(await errorOf(answer)).toBe("400 DIGEST_INVALID");
    expect(await offsetOf(session, as)).toBeNull();
  });
});

describe("finishing twice", () => {
  it.each([10, 6 * MIB])("gives the same answer to a client that lost the first, %i bytes", async (size) => {
    const bytes = bytesOf(size, size + 1);
    const digest = await digestOf(bytes);
    const session = await startSession(REPOSITORY, as);
    await patch(session, as, bytes);
    expect((await finish(session, as, digest)).status).toBe(201);
    await evictDurableObject(sessionObject(session));
    expect((await finish(session, as, digest)).status).toBe(201);
    expect(await isReadable(REPOSITORY, as, digest)).toBe(true);
  });

  it("is the same for a client whose content was known before, so that its bytes were dropped", async () => {
    const bytes = bytesOf(100, 21);
    const digest = await digestOf(bytes);
    await ask(`/v2/sessions/first/blobs/uploads/?digest=${digest}`, { method: "POST", as, body: bytes });
    const session = await startSession(REPOSITORY, as);
    await patch(session, as, bytes);
    expect((await finish(session, as, digest)).status).toBe(201);
    expect((await finish(session, as, digest)).status).toBe(201);
    expect(await isReadable(REPOSITORY, as, digest)).toBe(true);
  });

  it("at once is one finish", async () => {
    const bytes = bytesOf(11 * MIB, 22);
    const digest = await digestOf(bytes);
    const session = await startSession(REPOSITORY, as);
    await patch(session, as, bytes);
    const answers = await Promise.all([finish(session, as, digest), finish(session, as, digest)]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(await isReadable(REPOSITORY, as, digest)).toBe(true);
  });

  it("ends the session for everything else", async () => {
    const bytes = bytesOf(10, 23);
    const session = await startSession(REPOSITORY, as);
    await patch(session, as, bytes);
    await finish(session, as, await digestOf(bytes));
    expect(await errorOf(await patch(session, as, bytes))).toBe("404 BLOB_UPLOAD_UNKNOWN");
    expect(await errorOf(await ask(session, { as }))).toBe("404 BLOB_UPLOAD_UNKNOWN");
    expect(await errorOf(await finish(session, as, await digestOf("else")))).toBe("404 BLOB_UPLOAD_UNKNOWN");
  });

  it("after a single PUT ends the session for chunks", async () => {
    const bytes = bytesOf(10, 24);
    const session = await startSession(REPOSITORY, as);
    expect((await finish(session, as, await digestOf(bytes), bytes)).status).toBe(201);
    expect(await errorOf(await patch(session, as, bytes))).toBe("404 BLOB_UPLOAD_UNKNOWN");
    expect(await offsetOf(session, as)).toBeNull();
  });
});

describe("an untouched session", () => {
  it("leaves nothing behind in its object, whether looked at or passed by in a single PUT", async () => {
    const session = await startSession(REPOSITORY, as);
    expect(await offsetOf(session, as)).toBe(0);
    await finish(session, as, await digestOf(bytesOf(10, 25)), bytesOf(10, 25));
    const left = await runInDurableObject(sessionObject(session), async (_instance, { storage }) => ({
      tables: storage.sql.exec("SELECT name FROM sqlite_master").toArray(),
      alarm: await storage.getAlarm(),
    }));
    expect(left).toEqual({ tables: [], alarm: null });
  });
});

describe("cancelling", () => {
  it.each([0, 10, 6 * MIB])("ends a session that holds %i bytes, and leaves nothing in the bucket", async (size) => {
    const session = await startSession(REPOSITORY, as);
    if (size > 0) await patch(session, as, bytesOf(size, 30));
    expect((await ask(session, { method: "DELETE", as })).status).toBe(204);
    expect(await offsetOf(session, as)).toBeNull();
    expect(await errorOf(await ask(session, { method: "DELETE", as }))).toBe("404 BLOB_UPLOAD_UNKNOWN");
    expect(await errorOf(await patch(session, as, bytesOf(5)))).toBe("404 BLOB_UPLOAD_UNKNOWN");
    await evictDurableObject(sessionObject(session));
    expect(await offsetOf(session, as)).toBeNull();
  });
});

interface Multipart {
  readonly key: string;
  readonly uploadId: string;
}

async function multipartOf(session: string): Promise<Multipart> {
  const found = await runInDurableObject(sessionObject(session), (_instance, state) =>
    state.storage.sql.exec("SELECT key, uploadId FROM session").one(),
  );
  return z.object({ key: z.string(), uploadId: z.string() }).parse(found);
}

/** True if a multipart upload is open. R2 does not list them, but an open one takes a part, and an aborted one does not. */
async function isOpen({ key, uploadId }: Multipart): Promise<boolean> {
  const upload = env.BLOBS.resumeMultipartUpload(key, uploadId);
  return upload.uploadPart(9999, bytesOf(1)).then(
    () => true,
    () => false,
  );
}

describe("a session left alone", () => {
  it("is given up when it was idle too long: its parts are aborted and its rows dropped", async () => {
    const session = await startSession(REPOSITORY, as);
    await patch(session, as, bytesOf(6 * MIB, 40));
    const multipart = await multipartOf(session);
    expect(await isOpen(multipart)).toBe(true);
    vi.useFakeTimers({ now: Date.now() + IDLE_LIFETIME + 1000, toFake: ["Date"] });
    expect(await runDurableObjectAlarm(sessionObject(session))).toBe(true);
    vi.useRealTimers();
    expect(await isOpen(multipart)).toBe(false);
    expect(await offsetOf(session, as)).toBeNull();
    const left = await runInDurableObject(sessionObject(session), (_instance, { storage }) => ({
      parts: storage.sql.exec("SELECT COUNT(*) AS n FROM parts").one()["n"],
      tail: storage.sql.exec("SELECT COUNT(*) AS n FROM tail").one()["n"],
    }));
    expect(left).toEqual({ parts: 0, tail: 0 });
  });

  it("is kept while it is used, however long ago it began", async () => {
    const session = await startSession(REPOSITORY, as);
    await patch(session, as, bytesOf(10, 41));
    expect(await runDurableObjectAlarm(sessionObject(session))).toBe(true);
    expect(await offsetOf(session, as)).toBe(10);
    const next = await runInDurableObject(sessionObject(session), (_instance, { storage }) => storage.getAlarm());
    expect(next).toBeGreaterThan(Date.now());
  });

  it("is forgotten altogether when its address has expired, and the address answers 404", async () => {
    const session = await startSession(REPOSITORY, as);
    await patch(session, as, bytesOf(10, 42));
    vi.useFakeTimers({ now: Date.now() + 7 * 24 * 3_600_000, toFake: ["Date"] });
    await runDurableObjectAlarm(sessionObject(session));
    const tables = await runInDurableObject(sessionObject(session), (_instance, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master").toArray(),
    );
    expect(tables).toEqual([]);
    expect(await errorOf(await ask(session, { as: (await makeToken("sessions")).token }))).toBe(
      "404 BLOB_UPLOAD_UNKNOWN",
    );
    vi.useRealTimers();
  });
});

describe("somebody else's session", () => {
  it("does not exist for another token, repository or space, by any method", async () => {
    const other = (await makeToken("sessions")).token;
    const stranger = await makeSpace("strangers");
    const session = await startSession(REPOSITORY, as);
    await patch(session, as, bytesOf(10, 50));
    const elsewhere = session.replace(REPOSITORY, "sessions/other");
    const foreign = session.replace(REPOSITORY, "strangers/web");
    for (const [path, secret] of [
      [session, other],
      [elsewhere, as],
      [foreign, stranger],
    ] as const) {
      for (const method of ["GET", "PATCH", "PUT", "DELETE"]) {
        const body = method === "PATCH" || method === "PUT" ? bytesOf(5) : null;
        const query = method === "PUT" ? `?digest=${await digestOf(bytesOf(5))}` : "";
        const answer = await ask(path + query, { method, as: secret, body });
        expect(await errorOf(answer), `${method} ${path}`).toBe("404 BLOB_UPLOAD_UNKNOWN");
      }
    }
    expect(await offsetOf(session, as)).toBe(10);
  });

  it("cannot be made up: any change to its address makes it unknown", async () => {
    const session = await startSession(REPOSITORY, as);
    const [path, token] = [session.slice(0, session.lastIndexOf("/")), session.slice(session.lastIndexOf("/") + 1)];
    const fields = token.split("-");
    const changed = fields.map((field, index) =>
      [
        ...fields.slice(0, index),
        field.replace(/.$/, (end) => (end === "1" ? "2" : "1")),
        ...fields.slice(index + 1),
      ].join("-"),
    );
    for (const one of [...changed, "x", fields.slice(0, 4).join("-")]) {
      expect(await errorOf(await ask(`${path}/${one}`, { as })), one).toBe("404 BLOB_UPLOAD_UNKNOWN");
    }
  });
});
