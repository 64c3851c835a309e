import { constantFrom, option, record } from "fast-check";
import * as z from "zod";
import { manage } from "../../support/registry.ts";
import { expectAnswer, step } from "../step.ts";
import { SPACES } from "../world.ts";

const anyRule = record({
  repositories: constantFrom<string[][]>(["**"], ["web"]),
  keep: constantFrom<object[]>({}, { newest: 1 }, { tags: ["1.*"] }, { newest: 1, tags: ["1.*"] }),
});

const saved = z.object({ id: z.string() });

/** Sets a space's rule, in place of the one that it had. */
export const setRetention = record({ space: constantFrom(...SPACES), rule: option(anyRule, { freq: 3 }) }).map(
  ({ space, rule }) =>
    step(`retain ${JSON.stringify(rule)} in ${space}`, async ({ rules }) => {
      const path = `spaces/${space}/retention-rules`;
      const before = rules.get(space);
      if (before !== undefined) expectAnswer((await manage("DELETE", `${path}/${before.id}`)).status, 204);
      rules.delete(space);
      if (rule === null) return;
      const keepsNothing = Object.keys(rule.keep).length === 0;
      const answer = await manage("POST", path, rule);
      expectAnswer(answer.status, keepsNothing ? 409 : 201);
      const made = keepsNothing ? await manage("POST", path, { ...rule, confirm: true }) : answer;
      expectAnswer(made.status, 201);
      rules.set(space, { ...rule, id: saved.parse(await made.json()).id });
    }),
);
