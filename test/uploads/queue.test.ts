import { beforeAll, describe, expect, it } from "vitest";
import { bytesOf, digestOf, startSession } from "../support/content.ts";
import { ask, makeSpace } from "../support/registry.ts";
import { finish, isReadable, offsetOf, patch } from "../support/upload.ts";

const MIB = 1024 * 1024;
const REPOSITORY = "queue/web";
const SIZE = 6 * MIB;
let as: string;

beforeAll(async () => {
  as = await makeSpace("queue");
});

interface SlowChunk {
  readonly answered: Promise<Response>;
  /** Sends the rest of the chunk. */
  readonly goOn: () => Promise<void>;
  readonly breakOff: () => Promise<void>;
}

/** Starts a session's first chunk, and holds back its second half. */
async function sendSlowly(session: string, bytes: Uint8Array): Promise<SlowChunk> {
  const { readable, writable } = new IdentityTransformStream();
  const answered = ask(session, {
    method: "PATCH",
    as,
    headers: { "Content-Range": `0-${bytes.length - 1}` },
    body: readable,
  });
  const writer = writable.getWriter();
  await writer.write(bytes.slice(0, bytes.length / 2));
  return {
    answered,
    goOn: async () => {
      await writer.write(bytes.slice(bytes.length / 2));
      await writer.close();
    },
    breakOff: () => writer.abort(new Error("the connection broke")),
  };
}

describe("a chunk that is sent before the last one is acknowledged", () => {
  const bytes = bytesOf(3 * SIZE);
  const part = (index: number): Uint8Array => bytes.subarray(index * SIZE, (index + 1) * SIZE);

  it("waits its turn", async () => {
    const session = await startSession(REPOSITORY, as);
    const first = await sendSlowly(session, part(0));
    const second = patch(session, as, part(1), { at: SIZE });
    await first.goOn();
    expect((await first.answered).status).toBe(202);
    expect((await second).status).toBe(202);
    expect((await patch(session, as, part(2), { at: 2 * SIZE })).status).toBe(202);
    const digest = await digestOf(bytes);
    expect((await finish(session, as, digest)).status).toBe(201);
    expect(await isReadable(REPOSITORY, as, digest)).toBe(true);
  });

  it("may even come first", async () => {
    const session = await startSession(REPOSITORY, as);
    const second = patch(session, as, part(1), { at: SIZE });
    await new Promise((wake) => setTimeout(wake, 100));
    expect((await patch(session, as, part(0), { at: 0 })).status).toBe(202);
    expect((await second).status).toBe(202);
    expect(await offsetOf(session, as)).toBe(2 * SIZE);
  });

  it("is refused where it is not the next one", async () => {
    const session = await startSession(REPOSITORY, as);
    const first = await sendSlowly(session, part(0));
    expect((await patch(session, as, part(1), { at: SIZE + 1 })).status).toBe(416);
    expect((await patch(session, as, part(1))).status).toBe(416);
    await first.goOn();
    expect((await first.answered).status).toBe(202);
  });

  it("is refused where the last one breaks off", async () => {
    const session = await startSession(REPOSITORY, as);
    const first = await sendSlowly(session, part(0));
    const second = patch(session, as, part(1), { at: SIZE });
    await first.breakOff();
    await first.answered.catch(() => undefined);
    expect((await second).status).toBe(416);
    expect(await offsetOf(session, as)).toBe(SIZE / 2);
  });

  it("is taken once, however often it is sent", async () => {
    const session = await startSession(REPOSITORY, as);
    const first = await sendSlowly(session, part(0));
    const tries = [0, 1].map(() => patch(session, as, part(1), { at: SIZE }));
    await first.goOn();
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([202, 416]);
    expect(await offsetOf(session, as)).toBe(2 * SIZE);
  });
});
