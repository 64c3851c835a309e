import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { DAY } from "../support/clock.ts";
import { interleave, type Pick } from "../support/interleave.ts";
import { expectOnlyReferenced, runUntilQuiet, runUpkeep } from "../support/upkeep.ts";
import { type Act, type Done, runAct } from "./acts.ts";
import { expectAcknowledged, expectAnswers, expectWhole } from "./outcome.ts";
import { takeSnapshot } from "./snapshot.ts";
import { closeWorld, openWorld, type World } from "./world.ts";

/** The state of the repositories before: the acts in them, and the number of runs of upkeep since, a day apart. */
export interface Before {
  readonly acts: readonly Act[];
  readonly runs: number;
}

/** Does the acts at once, in a world of their own. Nothing that was acknowledged may be lost, at once or after all grace. */
export async function expectNothingLost(before: Before, acts: readonly Act[], pick: Pick): Promise<void> {
  const world = await openWorld();
  try {
    await prepare(before, world);
    const done: Done[] = [];
    await interleave(
      acts.map((one) => async () => void done.push(await runAct(one, world))),
      pick,
    );
    expectAnswers(done);
    // Only rows are looked at so far: a pull would unmark a blob that is marked by mistake.
    const { tags, manifests, ...rest } = await takeSnapshot();
    expectAcknowledged(done, { tags, manifests, ...rest });
    // Everything that is left now stays.
    await env.DB.prepare("DELETE FROM retention_rules").run();
    await runUntilQuiet(world.clock, world.bindings);
    await expectOnlyReferenced();
    const after = await expectWhole(world);
    expect({ tags: after.tags, manifests: after.manifests }).toEqual({ tags, manifests });
  } finally {
    closeWorld(world);
  }
}

async function prepare({ acts, runs }: Before, world: World): Promise<void> {
  for (const one of acts) await runAct(one, world);
  for (let run = 0; run < runs; run++) {
    await runUpkeep(world.bindings);
    world.clock.advance(DAY + 1);
  }
}
