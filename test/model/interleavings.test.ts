import { type Arbitrary, array, assert, asyncProperty, constantFrom, nat, record } from "fast-check";
import { expect, it } from "vitest";
import { DAY } from "../support/clock.ts";
import { interleave } from "../support/interleave.ts";
import { expectOnlyReferenced, runUntilQuiet, runUpkeep } from "../support/upkeep.ts";
import { type Act, ACTS, type Done, runAct, SOURCE } from "./acts.ts";
import { IMAGES } from "./content.ts";
import { expectAcknowledged, expectAnswers, expectWhole } from "./outcome.ts";
import { SETTINGS, TIME_LIMIT } from "./settings.ts";
import { closeWorld, openWorld, type World } from "./world.ts";

const REPOSITORIES = ["north/web", SOURCE] as const;

/** How the repositories stand before: what was done in them, and how often upkeep has run since, a day apart. */
interface Before {
  readonly acts: readonly Act[];
  readonly runs: number;
}

const act = (kinds: readonly Act["kind"][]): Arbitrary<Act> =>
  record({
    kind: constantFrom(...kinds),
    repository: constantFrom(...REPOSITORIES),
    image: constantFrom(...IMAGES),
  });

const before: Arbitrary<Before> = record({
  acts: array(act(["push", "blob", "unpush", "untag"]), { minLength: 1, maxLength: 4, size: "max" }),
  runs: nat({ max: 2 }),
});

/** Upkeep comes more often than anything else, since it takes the most steps. */
const atOnce = array(act([...ACTS, "push", "push", "upkeep", "upkeep"]), { minLength: 2, maxLength: 4, size: "max" });

/** Which goes on, of those that wait; when they have been used up, the first. */
const picks = array(nat({ max: 11 }), { maxLength: 120, size: "max" });

it(
  "operations that run at once, in any order of their calls, lose nothing that was acknowledged",
  { timeout: TIME_LIMIT },
  async () => {
    await assert(
      asyncProperty(before, atOnce, picks, async (state, acts, order) => {
        const world = await openWorld();
        try {
          await prepare(state, world);
          const done = await runAtOnce(acts, order, world);
          expectAnswers(done);
          const snapshot = await expectWhole(world);
          expectAcknowledged(done, snapshot);
          await runUntilQuiet(world.clock, world.bindings);
          const { tags, manifests } = await expectWhole(world);
          expect({ tags, manifests }).toEqual({ tags: snapshot.tags, manifests: snapshot.manifests });
          await expectOnlyReferenced();
        } finally {
          closeWorld(world);
        }
      }),
      { numRuns: 6 * SETTINGS.runs, seed: SETTINGS.seed },
    );
  },
);

async function prepare({ acts, runs }: Before, world: World): Promise<void> {
  for (const one of acts) await runAct(one, world);
  for (let run = 0; run < runs; run++) {
    await runUpkeep(world.bindings);
    world.clock.advance(DAY + 1);
  }
}

async function runAtOnce(acts: readonly Act[], order: readonly number[], world: World): Promise<readonly Done[]> {
  const done: Done[] = [];
  const rest = [...order];
  await interleave(
    acts.map((one) => async () => void done.push(await runAct(one, world))),
    (waiting) => (rest.shift() ?? 0) % waiting,
  );
  return done;
}
