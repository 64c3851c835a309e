import { type Arbitrary, array, assert, asyncProperty, constantFrom, nat, record } from "fast-check";
import { it } from "vitest";
import { type Act, ACTS, SOURCE } from "./acts.ts";
import { type Before, expectNothingLost } from "./at-once.ts";
import { IMAGES } from "./content.ts";
import { SETTINGS, TIME_LIMIT } from "./settings.ts";

const act = (kinds: readonly Act["kind"][]): Arbitrary<Act> =>
  record({
    kind: constantFrom(...kinds),
    repository: constantFrom("north/web", SOURCE),
    image: constantFrom(...IMAGES),
  });

const anyBefore: Arbitrary<Before> = record({
  acts: array(act(["push", "push", "blob", "unpush", "untag", "retain"]), { minLength: 1, maxLength: 5, size: "max" }),
  runs: nat({ max: 2 }),
});

/** Pushes and upkeep come more often than anything else. */
const atOnce = array(act([...ACTS, "push", "push", "upkeep", "upkeep"]), { minLength: 2, maxLength: 4, size: "max" });

/** The choices among the waiting works; once they are used up, the first continues. */
const picks = array(nat({ max: 11 }), { maxLength: 120, size: "max" });

it(
  "operations that run at once, in any order of their calls, lose nothing that was acknowledged",
  { timeout: TIME_LIMIT },
  async () => {
    await assert(
      asyncProperty(anyBefore, atOnce, picks, async (before, acts, order) => {
        const rest = [...order];
        await expectNothingLost(before, acts, (waiting) => waiting[(rest.shift() ?? 0) % waiting.length]);
      }),
      { numRuns: 4 * SETTINGS.runs, seed: SETTINGS.seed },
    );
  },
);
