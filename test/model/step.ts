import type { AsyncCommand } from "fast-check";
import { expect } from "vitest";
import { expectInvariants } from "./invariants.ts";
import { expectCountersToBeRight } from "../support/recount.ts";
import type { Model } from "./model.ts";
import { renewHeld } from "./retention.ts";
import type { World } from "./world.ts";

export type Step = AsyncCommand<Model, World>;

/** Milliseconds for each step. */
const TICK = 1000;

/** Makes a step of a sequence: does the same to the registry and to the model, compares the answers, and then everything else. */
export function step(
  name: string,
  run: (model: Model, world: World) => Promise<void>,
  check: Step["check"] = () => true,
): Step {
  return {
    check,
    toString: () => name,
    async run(model, world) {
      world.clock.advance(TICK);
      model.steps += 1;
      renewHeld(model, world.clock.now());
      await run(model, world);
      await expectInvariants(model, world);
      await expectCountersToBeRight();
    },
  };
}

/** Expects the same answer of the registry as of the model. */
export function expectAnswer<T extends number | boolean>(actual: T, expected: T): void {
  expect(actual).toBe(expected);
}
