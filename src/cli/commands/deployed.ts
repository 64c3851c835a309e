import * as z from "zod";
import { LIMIT_OPTION, limitInput } from "../input/options.ts";
import type { Deployed } from "../../contract/operations.ts";
import { age, shortDigest } from "../output/words.ts";
import { TARGETS } from "../managed/kinds.ts";
import { idOf, namesOf } from "../managed/named.ts";
import { type Columns, pageQuery, showList, spaceCommand } from "../managed/shapes.ts";

const columns = (targetName: (id: string) => string): Columns<Deployed> => ({
  target: ({ target }) => targetName(target),
  state,
  reference: ({ repository, tag }) => `${repository}:${tag}`,
  digest: ({ digest }) => shortDigest(digest),
  when: ({ deployedAt }) => age(deployedAt),
});

/** Describes the state. Only a deployment that was followed to its end is known to run. */
function state({ current, followed }: Deployed): string {
  if (followed) return current ? "runs" : "ran";
  return current ? "was told" : "was told before";
}

export const deployed = spaceCommand({
  name: "deployed",
  summary: "Show what each target received last from each repository",
  description:
    "Where the registry follows a deployment to its end, the target runs it. Other targets were told; the registry does not know if they deployed it. Targets that only notify are not listed.",
  examples: ["deployed --space acme", "deployed --target hook --before", "deployed --repository acme/web --json"],
  options: {
    "--target <target>": "only this target, by name or id",
    "--repository <repository>": "only this repository, with its space",
    "--before": "also show earlier deployments that retention counts",
    ...LIMIT_OPTION,
  },
  input: limitInput.extend({
    target: z.string().optional(),
    repository: z.string().optional(),
    before: z.boolean().default(false),
  }),
  run: async (scene, { limit, target, repository, before }) => {
    const { management, space, output } = scene;
    const only = target === undefined ? undefined : await idOf(scene, TARGETS, target);
    const current = before ? undefined : ("true" as const);
    const query = { ...pageQuery(limit), target: only, repository, current };
    const found = management.list("listDeployed", { path: { space }, query });
    const named = output.isJson ? String : await namesOf(scene, TARGETS);
    const none = `nothing has been deployed from ${space} yet`;
    await showList(scene, found, columns(named), { limit, none, detail: ({ delivery }) => delivery });
  },
});
