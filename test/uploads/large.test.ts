import { evictDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { MIN_CHUNK_BYTES } from "../../src/registry/upload.ts";
import { MAX_SESSION_BYTES, PART_BYTES } from "../../src/storage/uploads/session-rows.ts";
import { bytesOf, digestOf, startSession } from "../support/content.ts";
import { countCalls } from "../support/counting.ts";
import { makeSpace } from "../support/registry.ts";
import { finish, isReadable, patch, sessionObject } from "../support/upload.ts";

/** R2's limit, which also holds locally. */
const MAX_PARTS = 10_000;
const GB = 1_000_000_000;
const REPOSITORY = "large/model";

/** No whole number of parts, as 90 MB are no whole number of 5 MiB. */
const CHUNK = 7 * 1024 * 1024 + 13;
let as: string;

beforeAll(async () => {
  as = await makeSpace("large");
});

describe("a large upload", () => {
  it("has fewer parts than R2 takes", () => {
    expect(Math.ceil((10 * GB) / PART_BYTES)).toBe(1908);
    expect(MAX_SESSION_BYTES).toBeGreaterThan(50 * GB);
    expect(Math.ceil(MAX_SESSION_BYTES / PART_BYTES)).toBeLessThanOrEqual(MAX_PARTS);
  });

  it("asks clients for chunks that fill a part", () => {
    expect(MIN_CHUNK_BYTES).toBe(PART_BYTES);
  });

  it.each([
    { evicted: false, reads: 0 },
    { evicted: true, reads: 1 },
  ])("in many chunks is read back only where its running hash was lost: $evicted", async ({ evicted, reads }) => {
    const bytes = bytesOf(5 * CHUNK + 1, evicted ? 3 : 4);
    const digest = await digestOf(bytes);
    const session = await startSession(REPOSITORY, as);
    const calls = await countCalls(async () => {
      for (let at = 0; at < bytes.length; at += CHUNK) {
        if (evicted && at === 2 * CHUNK) await evictDurableObject(sessionObject(session));
        expect((await patch(session, as, bytes.subarray(at, at + CHUNK), { at })).status).toBe(202);
      }
      expect((await finish(session, as, digest)).status).toBe(201);
    });
    expect(calls.filter(({ name }) => name === "R2 get")).toHaveLength(reads);
    expect(calls.filter(({ name }) => name === "R2 uploadPart")).toHaveLength(Math.ceil(bytes.length / PART_BYTES));
    expect(await isReadable(REPOSITORY, as, digest)).toBe(true);
  });
});
