/** Tests that every kind of call is counted: a budget is easily kept if nothing is. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { countCalls, countedContext, countedEnv } from "../support/counting.ts";

const { DB, BLOBS, UPLOADS } = countedEnv(env);

async function namesOf(act: () => Promise<unknown>): Promise<readonly string[]> {
  const calls = await countCalls(async () => void (await act()));
  return calls.map(({ kind, name }) => `${kind}: ${name}`);
}

describe("counting", () => {
  it("sees each round trip to D1, a batch as one", async () => {
    const one = DB.prepare("SELECT ? AS one");
    expect(await namesOf(() => one.bind(1).first())).toEqual(["d1: D1 first"]);
    expect(await namesOf(() => DB.withSession().prepare("SELECT 1").all())).toEqual(["d1: D1 all"]);
    expect(await namesOf(() => DB.batch([one.bind(1), one.bind(2)]))).toEqual(["d1: D1 batch"]);
  });

  it("sees what R2 bills, and what it does for nothing", async () => {
    const upload = await BLOBS.createMultipartUpload("other");
    const resumed = BLOBS.resumeMultipartUpload("other", upload.uploadId);
    const calls = await namesOf(async () => {
      await BLOBS.put("key", "bytes");
      await (await BLOBS.get("key"))?.text();
      await BLOBS.head("key");
      await BLOBS.list();
      await BLOBS.delete("key");
      await upload.uploadPart(1, "bytes");
      await resumed.abort();
    });
    expect(calls).toEqual([
      "classA: R2 put",
      "classB: R2 get",
      "classB: R2 head",
      "classA: R2 list",
      "free: R2 delete",
      "classA: R2 uploadPart",
      "free: R2 abort",
    ]);
  });

  it("sees requests to Durable Objects, and the calls that they make", async () => {
    const terms = {
      id: "session",
      spaceId: 1,
      repositoryId: null,
      algorithm: "sha256",
      expiresAt: Date.now() + 60_000,
      room: null,
      confirmedAt: Date.now(),
    } as const;
    const session = UPLOADS.getByName("session");
    const body = new Blob([new Uint8Array(6 * 1024 * 1024)]).stream();
    expect(await namesOf(async () => session.append(terms, body, null))).toEqual([
      "durableObject: Durable Object append",
      "classA: R2 createMultipartUpload",
      "classA: R2 uploadPart",
    ]);
  });

  it("waits for what goes on after the answer", async () => {
    const context = countedContext(createExecutionContext());
    const after = scheduler.wait(20).then(() => BLOBS.delete("key"));
    expect(await namesOf(async () => context.waitUntil(after))).toEqual(["free: R2 delete"]);
  });
});
