import { formatBytes } from "../../../oci/size.ts";
import * as z from "zod";
import { byteSize, LIMIT_OPTION, limitInput, NONE, orNone } from "../../input/options.ts";
import type { Collectable, RepositoryStorage, Space } from "../../../contract/operations.ts";
import { ageOrUntil, plural, shortDigest } from "../../output/words.ts";
import { type Columns, managementCommand, showList, SPACE, spaceName } from "../../managed/shapes.ts";

/** The columns for the storage of a space's repositories. */

const STORAGE: Columns<RepositoryStorage> = {
  repository: ({ name }) => name,
  size: ({ bytes }) => formatBytes(bytes),
  shared: ({ sharedBytes }) => formatBytes(sharedBytes),
  reclaimable: ({ reclaimableBytes }) => formatBytes(reclaimableBytes),
};

const COLLECTABLE: Columns<Collectable> = {
  repository: ({ repository }) => repository,
  what: ({ digest }) => (digest === null ? "deleted repository" : shortDigest(digest)),
  size: ({ bytes }) => formatBytes(bytes),
  "kept until": ({ keptUntil }) => (keptUntil === null ? "not known yet" : ageOrUntil(keptUntil)),
};

const repositoryCount = z
  .string()
  .regex(/^\d{1,9}$/, "give a number of repositories")
  .transform(Number);

const quota = managementCommand({
  name: "quota",
  summary: "Set a space's limits, as the registry's administrator",
  examples: ["spaces quota acme --bytes 50GB --repositories 20", "spaces quota acme --bytes none"],
  arguments: SPACE,
  options: {
    "--bytes <size>": `most that the space may store, for example 50GB; ${NONE}: no limit`,
    "--repositories <count>": `most repositories in the space; ${NONE}: no limit`,
  },
  input: spaceName
    .extend({
      bytes: orNone(byteSize).optional(),
      repositories: orNone(repositoryCount).optional(),
    })
    .refine(({ bytes, repositories }) => bytes !== undefined || repositories !== undefined, {
      error: "name at least one limit: --bytes or --repositories",
    }),
  run: async ({ management, output }, { space, ...limits }) => {
    const changed = await management.call("updateSpace", { path: { space }, body: { quota: limits } });
    output.show(changed, () => `${space} uses ${usageOf(changed)}`);
  },
});

const storage = managementCommand({
  name: "storage",
  summary: "Show what each repository of a space stores, shares with others and no longer needs",
  examples: ["spaces storage acme"],
  arguments: SPACE,
  options: LIMIT_OPTION,
  input: z.intersection(spaceName, limitInput),
  run: async (scene, { space, limit }) => {
    const repositories = scene.management.list("getStorage", { path: { space } });
    await showList(scene, repositories, STORAGE, { limit, none: "no repositories yet; the first push creates one" });
  },
});

const collectable = managementCommand({
  name: "collectable",
  summary: "Show what garbage collection would delete from a space, and when",
  examples: ["spaces collectable acme --limit 20"],
  arguments: SPACE,
  options: LIMIT_OPTION,
  input: z.intersection(spaceName, limitInput),
  run: async (scene, { space, limit }) => {
    const found = scene.management.list("previewCollection", { path: { space } });
    await showList(scene, found, COLLECTABLE, { limit, none: "nothing to collect: everything stored is needed" });
  },
});

/** Formats usage and limits: "1.2 GB of 50.0 GB, 3 of 20 repositories: near its limit". */
export function usageOf({ usage, quota: limits, nearLimit }: Space): string {
  const bytes = `${formatBytes(usage.bytes)}${limits.bytes === null ? "" : ` of ${formatBytes(limits.bytes)}`}`;
  const repositories =
    limits.repositories === null
      ? plural(usage.repositories, "repository", "repositories")
      : `${usage.repositories} of ${plural(limits.repositories, "repository", "repositories")}`;
  return `${bytes}, ${repositories}${nearLimit ? ": near its limit" : ""}`;
}

export const spaceStorage = [quota, storage, collectable];
