import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import { pushImage } from "../support/content.ts";
import { DAY, type MovedClock, startClock } from "../support/clock.ts";
import { ask, makeSpace } from "../support/registry.ts";
import { bindingsInTime, expectOnlyReferenced, runUntilQuiet, runUpkeep } from "../support/upkeep.ts";
import { isReadable } from "../support/upload.ts";
import { failCall, TIME_LIMIT, WHEN } from "./fail-call.ts";
import { litter } from "./litter.ts";
import { OPERATIONS, type Place } from "./operations.ts";

/** Each call to a binding fails, one at a time, in everything that changes storage. Then the same is done again, and upkeep runs. */

const SPACE = "matrix";
/** An image that nothing here touches, and that must survive everything. */
const BYSTANDER = `${SPACE}/bystander`;

let as: string;
let clock: MovedClock;
let bindings: Env;
let bystander = "";
let places = 0;

beforeAll(async () => {
  clock = startClock();
  // Condemned bytes go at once, so that one run shows everything that it takes.
  bindings = { ...bindingsInTime(clock), KEEP_BYTES_DAYS: "0" };
  as = await makeSpace(SPACE);
  bystander = (await pushImage(BYSTANDER, as, "latest", 1)).text;
  // Each injected fault is logged, as it should be.
  vi.spyOn(console, "error").mockReturnValue(undefined);
});

afterAll(() => {
  clock.stop();
  vi.restoreAllMocks();
});

function freshPlace(): Place {
  places += 1;
  const path = `app${places}`;
  return { space: SPACE, path, name: `${SPACE}/${path}`, as, seed: 1000 + places };
}

/** Expects that the image under the tag is whole, whichever it is. */
async function expectWhole(name: string): Promise<void> {
  const answer = await ask(`/v2/${name}/manifests/latest`, { as });
  if (answer.status === 404) return;
  const text = await answer.text();
  const digests = new Set(text.match(/sha256:[0-9a-f]{64}/g));
  expect(digests.size).toBeGreaterThan(1);
  for (const digest of digests) expect(await ask(`/v2/${name}/blobs/${digest}`, { as })).toMatchObject({ status: 200 });
}

async function expectBystander(): Promise<void> {
  expect(await (await ask(`/v2/${BYSTANDER}/manifests/latest`, { as })).text()).toBe(bystander);
  await expectWhole(BYSTANDER);
}

describe.each(WHEN)("when one call fails $when", ({ takesEffect }) => {
  it.each(OPERATIONS)(
    "$name: no answer is a lie, the next try succeeds, and nothing is left over",
    { timeout: TIME_LIMIT },
    async (operation) => {
      let count = 0;
      for (let goesOn = true; goesOn;) {
        count += 1;
        const place = freshPlace();
        const { act, expectDone } = await operation.prepare(place);
        let answer = new Response();
        goesOn = await failCall(count, takesEffect, async () => {
          answer = await act();
        });
        expect([true, 500, 429], `call ${count}`).toContain(answer.ok || answer.status);
        if (answer.ok) await expectDone();
        await expectWhole(place.name);
        const again = await act();
        expect([true, ...operation.doneBefore], `call ${count}`).toContain(again.ok || again.status);
        await expectDone();
        await expectWhole(place.name);
      }
      // No call failed in the last round.
      expect(count).toBeGreaterThan(1);
      await runUntilQuiet(clock, bindings);
      await expectOnlyReferenced();
      await expectBystander();
    },
  );

  it("upkeep: the next run does what was left, and nothing else is lost", { timeout: TIME_LIMIT }, async () => {
    let count = 0;
    for (let goesOn = true; goesOn;) {
      count += 1;
      const { kept, expectTaken } = await litter(freshPlace(), clock);
      let failed = false;
      goesOn = await failCall(count, takesEffect, () =>
        runUpkeep(bindings).catch(() => {
          failed = true;
        }),
      );
      if (!failed) await expectTaken();
      for (const digest of kept.digests) expect(await isReadable(kept.name, as, digest), `call ${count}`).toBe(true);
      clock.advance(DAY + 1);
      await runUpkeep(bindings);
      await expectTaken();
    }
    expect(count).toBeGreaterThan(20);
    await runUntilQuiet(clock, bindings);
    await expectOnlyReferenced();
    await expectBystander();
  });
});
