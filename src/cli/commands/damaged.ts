import * as z from "zod";
import { formatBytes } from "../../oci/size.ts";
import { LIMIT_OPTION, limitInput } from "../input/options.ts";
import type { Damaged } from "../../contract/operations.ts";
import { age, shortDigest } from "../output/words.ts";
import { type Columns, managementCommand, pageQuery, showList, SPACE, spaceName } from "../managed/shapes.ts";

const COLUMNS: Columns<Damaged> = {
  repository: ({ repository }) => repository,
  what: ({ kind }) => kind,
  digest: ({ digest }) => shortDigest(digest),
  size: ({ size }) => formatBytes(size),
  damage: ({ damage }) => damage,
  found: ({ since }) => age(since),
  "needed by": ({ tags }) => (tags.length === 0 ? "no tag" : tags.join(", ")),
};

export const damaged = managementCommand({
  name: "damaged",
  summary: "List content that cannot be pulled from a space because its stored bytes are missing or damaged",
  description:
    "To repair it, push the affected images again with any client. That repairs a blob in all repositories, and a manifest in its own.",
  examples: ["spaces damaged acme", "spaces damaged acme --json"],
  arguments: SPACE,
  options: LIMIT_OPTION,
  input: z.intersection(spaceName, limitInput),
  run: async (scene, { space, limit }) => {
    const found = scene.management.list("listDamaged", { path: { space }, query: pageQuery(limit) });
    const shown = await showList(scene, found, COLUMNS, {
      limit,
      none: `no damage found in ${space}`,
    });
    if (shown.length > 0) scene.output.note("Push the affected images again to repair them.");
  },
});
