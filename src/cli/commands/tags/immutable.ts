import * as z from "zod";
import { words } from "../../input/options.ts";
import { repositoryCommand } from "../../managed/repository-command.ts";
import { managementCommand, SPACE, spaceName } from "../../managed/shapes.ts";

/** The options for the immutable tags of a space or a repository. */

const OPTIONS = {
  "--tags <pattern...>": "set these patterns, replacing the current ones: * matches any characters, ? one, ! excludes",
  "--none": "make no tags immutable",
} as const;

const DESCRIPTION =
  "Nobody can move or delete an immutable tag, and retention keeps it. A repository that has one cannot be deleted. Without an option, the command shows the patterns.";

const tags = words.refine((given) => given.length > 0, "give at least one pattern, or --none for no tags").optional();
const flag = z.boolean().default(false);

const spaceChoice = z
  .object({ tags, none: flag })
  .refine((given) => isOneAtMost(given), { error: "use either --tags or --none, not both" })
  .transform((given) => ({ immutableTags: given.none ? [] : given.tags }));

const repositoryChoice = z
  .object({ tags, none: flag, inherit: flag })
  .refine((given) => isOneAtMost(given), { error: "use only one of --tags, --none and --inherit" })
  .transform((given) => ({ immutableTags: given.inherit ? null : given.none ? [] : given.tags }));

function isOneAtMost(given: object): boolean {
  return Object.values(given).filter(Boolean).length <= 1;
}

export const spaceImmutable = managementCommand({
  name: "immutable",
  summary: "Show or set which tags of a space are immutable",
  description: DESCRIPTION,
  examples: ["spaces immutable acme", "spaces immutable acme --tags 'v*,!*-rc*'", "spaces immutable acme --none"],
  arguments: SPACE,
  options: OPTIONS,
  input: z.intersection(spaceName, spaceChoice),
  run: async ({ management, output }, { space, immutableTags }) => {
    const shown =
      immutableTags === undefined
        ? await management.call("getSpace", { path: { space } })
        : await management.call("updateSpace", { path: { space }, body: { immutableTags } });
    output.show({ immutableTags: shown.immutableTags }, () => sentence(space, shown.immutableTags));
  },
});

export const repositoryImmutable = repositoryCommand({
  name: "immutable",
  summary: "Show or set which tags of a repository are immutable",
  description: `${DESCRIPTION} A repository's own patterns replace those of its space.`,
  examples: ["repos immutable acme/web", "repos immutable acme/web --tags '*'", "repos immutable acme/web --inherit"],
  options: { ...OPTIONS, "--inherit": "use the space's patterns" },
  input: repositoryChoice,
  run: async ({ management, output }, path, { immutableTags }) => {
    const shown =
      immutableTags === undefined
        ? await management.call("getRepository", { path })
        : await management.call("updateRepository", { path, body: { immutableTags } });
    output.show({ immutableTags: shown.immutableTags }, () => sentence(shown.fullName, shown.immutableTags));
  },
});

function sentence(name: string, patterns: readonly string[] | null): string {
  return `immutable tags of ${name}: ${immutableTagsOf(patterns)}`;
}

/** Formats the patterns: "v*, !*-rc*". */
export function immutableTagsOf(patterns: readonly string[] | null): string {
  if (patterns === null) return "same as the space";
  return patterns.length === 0 ? "none" : patterns.join(", ");
}
