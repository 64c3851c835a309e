import * as z from "zod";
import { formatBytes } from "../../oci/size.ts";
import { defineGroup } from "../command.ts";
import { LIMIT_OPTION, limitInput } from "../input/options.ts";
import type { StorageDay } from "../../contract/operations.ts";
import { type Columns, managementCommand, pageQuery, showList, SPACE, spaceName } from "../managed/shapes.ts";

/** Days. */
const DEFAULT_LIMIT = 30;

const COLUMNS: Columns<StorageDay> = {
  day: ({ day }) => day,
  size: ({ bytes }) => formatBytes(bytes),
  repositories: ({ repositories }) => String(repositories),
};

const history = managementCommand({
  name: "history",
  summary: "Show what a space stored day by day, latest first",
  description: "Figures are taken at the start of each day (UTC) and kept for 400 days.",
  examples: ["storage history acme", "storage history acme --limit 400 --json"],
  arguments: SPACE,
  options: LIMIT_OPTION,
  input: z.intersection(spaceName, limitInput),
  run: async (scene, { space, limit = DEFAULT_LIMIT }) => {
    const days = scene.management.list("getStorageHistory", { path: { space }, query: pageQuery(limit) });
    const none = `no figures for ${space} yet; the first are recorded after the next midnight (UTC)`;
    await showList(scene, days, COLUMNS, { limit, none });
  },
});

export const storage = defineGroup("storage", "Show what a space stored over time; for today, see spaces storage", [
  history,
]);
