import { z } from "zod";
import { formatBytes } from "../../oci/size.ts";
import { defineGroup } from "../command.ts";
import { LIMIT_OPTION, limitInput } from "../input/options.ts";
import type { StorageDay } from "../management/operations.ts";
import { type Columns, managementCommand, pageQuery, showList, SPACE, spaceName } from "./shapes.ts";

/** Days. */
const DEFAULT_LIMIT = 30;

const COLUMNS: Columns<StorageDay> = {
  day: ({ day }) => day,
  size: ({ bytes }) => formatBytes(bytes),
  repositories: ({ repositories }) => String(repositories),
};

const history = managementCommand({
  name: "history",
  summary: "Show what a space stored day by day, the last first",
  description: "Days are those of UTC, with the figures of their beginning. 400 of them are kept.",
  examples: ["storage history acme", "storage history acme --limit 400 --json"],
  arguments: SPACE,
  options: LIMIT_OPTION,
  input: z.intersection(spaceName, limitInput),
  run: async (scene, { space, limit = DEFAULT_LIMIT }) => {
    const days = scene.management.list("getStorageHistory", { path: { space }, query: pageQuery(limit) });
    const none = `nothing is noted of ${space} yet: its first day is, with the next night`;
    await showList(scene, days, COLUMNS, { limit, none });
  },
});

export const storage = defineGroup("storage", "Show what a space stored over time; what it stores: spaces storage", [
  history,
]);
