import * as z from "zod";
import { LIMIT_OPTION, limitInput, SPACE_OPTION, spaceInput } from "../input/options.ts";
import { type Activity, operations } from "../../contract/operations.ts";
import { spaceOf } from "../managed/space.ts";
import { age, shortDigest } from "../output/words.ts";
import { type Columns, managementCommand, pageQuery, showList } from "../managed/shapes.ts";

/** Entries that fit on a screen; the list has no end. */
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
  summary: "Show who did what, newest first",
  description:
    "In a space: pushes, deletions and changes to settings. With --installation, for the registry's administrator: spaces created and deleted, and sign-ins. --json also prints the details of each request.",
  examples: ["activity --space acme", "activity --kind token --limit 100 --json", "activity --installation"],
  options: {
    "--kind <kind>": `only activity of this kind: ${kind.unwrap().options.join(", ")}`,
    "--actor <id>": "only activity of this actor: a token's id, administrator, or an e-mail address",
    "--installation": "show the registry's activity instead of a space's",
    ...LIMIT_OPTION,
    ...SPACE_OPTION,
  },
  input: spaceInput
    .extend({ kind, actor: z.string().optional(), installation: z.boolean().default(false), ...limitInput.shape })
    .refine(({ space, installation }) => !installation || space === undefined, {
      error: "use either --installation or --space, not both",
    }),
  run: async (scene, { space, installation, limit = DEFAULT_LIMIT, ...filter }) => {
    const { management } = scene;
    const query = { ...pageQuery(limit), ...filter };
    const acts = installation
      ? management.list("listInstallationActivity", { path: {}, query })
      : management.list("listActivity", { path: { space: await spaceOf(scene, space) }, query });
    await showList(scene, acts, COLUMNS, { limit, none: "no matching activity" });
  },
});

/** Formats the subject: "web:1.0", "web@sha256:4f53cda18c2b" or "releases". */
function subjectOf({ repository, reference, name, subject }: Activity): string {
  if (repository === null) return name ?? subject ?? "-";
  if (reference === null) return repository;
  return `${repository}${reference.includes(":") ? `@${shortDigest(reference)}` : `:${reference}`}`;
}
