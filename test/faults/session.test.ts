import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bytesOf, digestOf, startSession } from "../support/content.ts";
import { makeSpace } from "../support/registry.ts";
import { finish, isReadable, offsetOf, patch } from "../support/upload.ts";
import { failCall, TIME_LIMIT, WHEN } from "./fail-call.ts";

const LARGE = 6 * 1024 * 1024;
let as: string;

beforeAll(async () => {
  as = await makeSpace("faults");
  // Each injected fault is logged, as it should be.
  vi.spyOn(console, "error").mockReturnValue(undefined);
});

afterAll(() => {
  vi.restoreAllMocks();
});

describe.each(WHEN)("when one call fails $when", ({ takesEffect }) => {
  it(
    "a chunked upload goes on in the same session from the offset that GET reports",
    { timeout: TIME_LIMIT },
    async () => {
      let count = 0;
      for (let goesOn = true; goesOn;) {
        count += 1;
        const bytes = bytesOf(2 * LARGE, 100 + 2 * count + Number(takesEffect));
        const digest = await digestOf(bytes);
        const session = await startSession("faults/session", as);
        goesOn = await failCall(count, takesEffect, async () => {
          await patch(session, as, bytes.subarray(0, LARGE));
          await finish(session, as, digest, bytes.subarray(LARGE), { at: LARGE });
        });
        // Null means that the finish took effect, so only its answer is missing.
        const offset = (await offsetOf(session, as)) ?? bytes.length;
        if (offset < bytes.length) await patch(session, as, bytes.subarray(offset), { at: offset });
        expect((await finish(session, as, digest)).status, `call ${count}, from ${offset}`).toBe(201);
        expect(await isReadable("faults/session", as, digest)).toBe(true);
      }
      expect(count).toBeGreaterThan(6);
    },
  );
});
