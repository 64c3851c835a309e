import fc from "fast-check";
import { it } from "vitest";
import { STEPS } from "./commands/index.ts";
import { emptyModel } from "./model.ts";
import { expectExactStorage } from "./quiet.ts";
import { closeWorld, openWorld } from "./world.ts";

it("whatever is done in whatever order, the registry holds what the model says, and in the end nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands([...STEPS], { maxCommands: 60, size: "max" }), async (steps) => {
      const world = await openWorld();
      const model = emptyModel();
      try {
        await fc.asyncModelRun(() => ({ model, real: world }), steps);
        await expectExactStorage(model, world);
      } finally {
        closeWorld(world);
      }
    }),
    { numRuns: 3, verbose: 1 },
  );
});
