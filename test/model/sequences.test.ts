import { assert, asyncModelRun, asyncProperty, commands } from "fast-check";
import { it } from "vitest";
import { hideLog } from "../support/damage.ts";
import { STEPS } from "./commands/index.ts";
import { emptyModel } from "./model.ts";
import { expectExactStorage, expectRetained } from "./quiet.ts";
import { SETTINGS, TIME_LIMIT } from "./settings.ts";
import { mendAll } from "./mend.ts";
import { closeWorld, openWorld } from "./world.ts";

hideLog();

it(
  "whatever is done in whatever order, the registry holds what the model says, and in the end nothing else",
  { timeout: TIME_LIMIT },
  async () => {
    await assert(
      asyncProperty(commands([...STEPS], { maxCommands: SETTINGS.steps, size: "max" }), async (steps) => {
        const world = await openWorld();
        const model = emptyModel();
        try {
          await asyncModelRun(() => ({ model, real: world }), steps);
          await mendAll(model, world);
          await expectRetained(model, world);
          await expectExactStorage(model, world);
        } finally {
          closeWorld(world);
        }
      }),
      { numRuns: SETTINGS.runs, seed: SETTINGS.seed },
    );
  },
);
