import type fc from "fast-check";
import { expectInvariants } from "./invariants.ts";
import type { Model } from "./model.ts";
import type { World } from "./world.ts";

export type Step = fc.AsyncCommand<Model, World>;

/** Milliseconds that a step takes. */
const TICK = 1000;

/** One step of a sequence: does the same to the registry and to the model, compares what it is answered, and then all the rest. */
export function step(name: string, run: (model: Model, world: World) => Promise<void>): Step {
  return {
    check: () => true,
    toString: () => name,
    async run(model, world) {
      world.clock.advance(TICK);
      await run(model, world);
      await expectInvariants(model, world);
    },
  };
}
