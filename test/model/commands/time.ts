import { constant, constantFrom } from "fast-check";
import { IDLE_LIFETIME } from "../../../src/storage/uploads/upload-session.ts";
import { DAY, HOUR } from "../../support/clock.ts";
import { runUpkeep } from "../../support/upkeep.ts";
import { adoptUpkeep } from "../adopt.ts";
import type { SessionModel } from "../model.ts";
import { step } from "../step.ts";
import { wake } from "../world.ts";

/** Lets time pass. Upload sessions that lie idle for too long are given up meanwhile. */
export const wait = constantFrom(HOUR, 13 * HOUR, 13 * HOUR, 25 * HOUR, 8 * DAY).map((time) =>
  step(`wait ${time / HOUR} hours`, async ({ sessions }, { clock }) => {
    clock.advance(time);
    for (const session of sessions.filter((one) => isIdle(one, clock.now()))) {
      await wake(session.address);
      session.ended = true;
    }
  }),
);

function isIdle({ touchedAt, ended }: SessionModel, now: number): boolean {
  return !ended && touchedAt !== null && now >= touchedAt + IDLE_LIFETIME;
}

export const upkeep = constant(null).map(() =>
  step("run upkeep", async (model, world) => {
    await runUpkeep(world.bindings);
    await adoptUpkeep(model, world.clock.now());
  }),
);
