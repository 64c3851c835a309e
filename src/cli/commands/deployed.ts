import { z } from "zod";
import { LIMIT_OPTION, limitInput } from "../input/options.ts";
import type { Deployed } from "../management/operations.ts";
import { age, shortDigest } from "../output/words.ts";
import { TARGETS } from "./kinds.ts";
import { idOf, namesOf } from "./named.ts";
import { type Columns, pageQuery, showList, spaceCommand } from "./shapes.ts";

const columns = (targetName: (id: string) => string): Columns<Deployed> => ({
  target: ({ target }) => targetName(target),
  reference: ({ repository, tag }) => `${repository}:${tag}`,
  digest: ({ digest }) => shortDigest(digest),
  deployed: ({ deployedAt }) => age(deployedAt),
  delivery: ({ delivery }) => delivery,
});

export const deployed = spaceCommand({
  name: "deployed",
  summary: "Show what each target was given last, and with that what it runs",
  examples: ["deployed --space acme", "deployed --target hook --json"],
  options: { "--target <target>": "only this one, by name or id", ...LIMIT_OPTION },
  input: limitInput.extend({ target: z.string().optional() }),
  run: async (scene, { limit, target }) => {
    const { management, space, output } = scene;
    const only = target === undefined ? undefined : await idOf(scene, TARGETS, target);
    const found = management.list("listDeployed", { path: { space }, query: { ...pageQuery(limit), target: only } });
    const named = output.isJson ? String : await namesOf(scene, TARGETS);
    await showList(scene, found, columns(named), { limit, none: `nothing was delivered in ${space} yet` });
  },
});
