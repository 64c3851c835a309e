import { z } from "zod";
import { LIMIT_OPTION, limitInput, SPACE_OPTION, spaceInput } from "../input/options.ts";
import { type Activity, operations } from "../management/operations.ts";
import { spaceOf } from "../management/space.ts";
import { age, shortDigest } from "../output/words.ts";
import { type Columns, managementCommand, pageQuery, showList } from "./shapes.ts";

/** As many as one sees at once: there is no end to what was done. */
const DEFAULT_LIMIT = 20;

const { kind } = operations.listActivity.query.shape;

const COLUMNS: Columns<Activity> = {
  when: ({ at }) => age(at),
  who: ({ actor }) => actor.name,
  what: ({ action }) => action,
  "to what": subjectOf,
};

export const activity = managementCommand({
  name: "activity",
  summary: "Show who did what, the newest first",
  description:
    "In a space: pushes, deletions and whatever was changed. With --installation, as the registry's administrator: spaces that came and went, and who signed in. What was asked for is in what --json prints.",
  examples: ["activity --space acme", "activity --kind token --limit 100 --json", "activity --installation"],
  options: {
    "--kind <kind>": `only what was done to this: ${kind.unwrap().options.join(", ")}`,
    "--actor <id>": "only what one did: a token's id, administrator, or an e-mail address",
    "--installation": "of the registry, in place of a space",
    ...LIMIT_OPTION,
    ...SPACE_OPTION,
  },
  input: spaceInput
    .extend({ kind, actor: z.string().optional(), installation: z.boolean().default(false), ...limitInput.shape })
    .refine(({ space, installation }) => !installation || space === undefined, {
      error: "--installation or --space: which of them?",
    }),
  run: async (scene, { space, installation, limit = DEFAULT_LIMIT, ...filter }) => {
    const { management } = scene;
    const query = { ...pageQuery(limit), ...filter };
    const acts = installation
      ? management.list("listInstallationActivity", { path: {}, query })
      : management.list("listActivity", { path: { space: await spaceOf(scene, space) }, query });
    await showList(scene, acts, COLUMNS, { limit, none: "nothing like that was done" });
  },
});

/** As in "web:1.0", "web@sha256:4f53cda18c2b" or "releases". */
function subjectOf({ repository, reference, name, subject }: Activity): string {
  if (repository === null) return name ?? subject ?? "-";
  if (reference === null) return repository;
  return `${repository}${reference.includes(":") ? `@${shortDigest(reference)}` : `:${reference}`}`;
}
