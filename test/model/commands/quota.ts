import { constantFrom, record } from "fast-check";
import { manage } from "../../support/registry.ts";
import { expectAnswer, step } from "../step.ts";
import { SPACES } from "../world.ts";

/** Draws a limit: mostly none; else too little for one image, for two, or for the long one beside others. */
const anyBytes = constantFrom(null, null, 60, 1500, 901_500);
const anyNumber = constantFrom(null, null, 0, 1);

export const setQuota = record({ space: constantFrom(...SPACES), bytes: anyBytes, repositories: anyNumber }).map(
  ({ space, ...quota }) =>
    step(`let ${space} have ${JSON.stringify(quota)}`, async ({ quotas }) => {
      expectAnswer((await manage("PATCH", `spaces/${space}`, { quota })).status, 200);
      quotas.set(space, quota);
    }),
);
