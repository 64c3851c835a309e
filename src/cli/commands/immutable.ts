import { z } from "zod";
import { words } from "../input/options.ts";
import { repositoryCommand } from "./repository-command.ts";
import { managementCommand, SPACE, spaceName } from "./shapes.ts";

/** Which tags of a space or a repository neither move nor go. */

const OPTIONS = {
  "--tags <pattern...>": "these: * any characters, ? any one, ! excludes; in the place of those before",
  "--none": "no tags any more",
} as const;

const DESCRIPTION =
  "No push, deletion, retention or undo moves or takes such a tag, and a repository that has one cannot be deleted. Without an option, the patterns are shown.";

const tags = words.refine((given) => given.length > 0, "at least one pattern; --none, for no tags").optional();
const flag = z.boolean().default(false);

const spaceChoice = z
  .object({ tags, none: flag })
  .refine((given) => isOneAtMost(given), { error: "either --tags or --none" })
  .transform((given) => ({ immutableTags: given.none ? [] : given.tags }));

const repositoryChoice = z
  .object({ tags, none: flag, inherit: flag })
  .refine((given) => isOneAtMost(given), { error: "one of --tags, --none and --inherit" })
  .transform((given) => ({ immutableTags: given.inherit ? null : given.none ? [] : given.tags }));

function isOneAtMost(given: object): boolean {
  return Object.values(given).filter(Boolean).length <= 1;
}

export const spaceImmutable = managementCommand({
  name: "immutable",
  summary: "Show or set which tags of a space neither move nor go",
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
  summary: "Show or set which tags of a repository neither move nor go",
  description: `${DESCRIPTION} A repository's own patterns count in the place of its space's.`,
  examples: ["repos immutable acme/web", "repos immutable acme/web --tags '*'", "repos immutable acme/web --inherit"],
  options: { ...OPTIONS, "--inherit": "those of its space" },
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

/** As in "v*, !*-rc*". */
export function immutableTagsOf(patterns: readonly string[] | null): string {
  if (patterns === null) return "those of its space";
  return patterns.length === 0 ? "none" : patterns.join(", ");
}
