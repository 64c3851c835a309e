import * as z from "zod";
import { defineGroup } from "../../command.ts";
import { LIMIT_OPTION, limitInput, words, YES_OPTION, yesInput } from "../../input/options.ts";
import { confirm } from "../../input/prompt.ts";
import type { Space } from "../../../contract/operations.ts";
import { fields } from "../../output/fields.ts";
import { age, visibility } from "../../output/words.ts";
import { damaged } from "../damaged.ts";
import { immutableTagsOf, spaceImmutable } from "../tags/immutable.ts";
import { type Columns, managementCommand, pageQuery, showList, SPACE, spaceName } from "../../managed/shapes.ts";
import { spaceStorage, usageOf } from "./space-storage.ts";

const COLUMNS: Columns<Space> = {
  space: ({ name }) => name,
  visibility: (space) => visibility(space.public),
  created: ({ createdAt }) => age(createdAt),
};

const list = managementCommand({
  name: "list",
  summary: "List the spaces of the registry",
  examples: ["spaces list", "spaces list --json --registry registry.example.com"],
  options: LIMIT_OPTION,
  input: limitInput,
  run: async (scene, { limit }) => {
    const spaces = scene.management.list("listSpaces", { path: {}, query: pageQuery(limit) });
    await showList(scene, spaces, COLUMNS, { limit, none: "no spaces yet: spacedock spaces create <name>" });
  },
});

const create = managementCommand({
  name: "create",
  summary: "Create a space for a team",
  examples: ["spaces create acme", "spaces create images --public"],
  arguments: SPACE,
  options: { "--public": "let anyone pull from it without logging in" },
  input: spaceName.extend({ public: z.boolean().default(false) }),
  run: async ({ management, output }, { space, public: isPublic }) => {
    const created = await management.call("createSpace", { path: {}, body: { name: space, public: isPublic } });
    output.show(created, () => `created ${space}`);
    output.note(`Next, create a token: spacedock tokens create ci --space ${space} --actions pull,push`);
  },
});

const show = managementCommand({
  name: "show",
  summary: "Show a space",
  examples: ["spaces show acme"],
  arguments: SPACE,
  input: spaceName,
  run: async ({ management, output }, { space }) => {
    output.show(...description(await management.call("getSpace", { path: { space } }), output.width));
  },
});

const publish = (["public", "private"] as const).map((name) =>
  managementCommand({
    name,
    summary: name === "public" ? "Let anyone pull from a space" : "Require a token to pull from a space",
    examples: [`spaces ${name} acme`],
    arguments: SPACE,
    input: spaceName,
    run: async ({ management, output }, { space }) => {
      const body = { public: name === "public" };
      const changed = await management.call("updateSpace", { path: { space }, body });
      output.show(changed, () => `${space} is ${visibility(changed.public)}`);
    },
  }),
);

const namespaces = managementCommand({
  name: "namespaces",
  summary: "Show or set the registries that a space stands for",
  description:
    "A container engine that uses this registry as a mirror names the registry that it wants. It gets 404 unless the space stands for that registry; then the space's own repositories answer. Without an option, the command shows the registries.",
  examples: [
    "spaces namespaces acme",
    "spaces namespaces acme --registries docker.io,ghcr.io",
    "spaces namespaces acme --none",
  ],
  arguments: SPACE,
  options: {
    "--registries <host...>": "set these registries, replacing the current ones",
    "--none": "stand for no other registry",
  },
  input: z.intersection(
    spaceName,
    z
      .object({ registries: words.optional(), none: z.boolean().default(false) })
      .refine(({ registries, none }) => registries === undefined || !none, {
        error: "use either --registries or --none, not both",
      })
      .refine(({ registries }) => registries?.length !== 0, { error: "give at least one registry, or --none" }),
  ),
  run: async ({ management, output }, { space, registries, none }) => {
    const wanted = none ? [] : registries;
    const shown =
      wanted === undefined
        ? await management.call("getSpace", { path: { space } })
        : await management.call("updateSpace", { path: { space }, body: { namespaces: wanted } });
    output.show({ namespaces: shown.namespaces ?? [] }, () => `${space} stands for: ${namespacesOf(shown)}`);
  },
});

function namespacesOf({ namespaces: hosts = [] }: Space): string {
  return hosts.join(", ") || "no other registry";
}

const remove = managementCommand({
  name: "delete",
  summary: "Delete a space with everything in it, and revoke its tokens",
  examples: ["spaces delete acme", "spaces delete acme --yes"],
  arguments: SPACE,
  options: YES_OPTION,
  input: z.intersection(spaceName, yesInput),
  run: async ({ management, context, output }, { space, yes }) => {
    const question = `Delete space ${space} at ${management.host} with all its repositories, triggers and tokens?`;
    await confirm(context, { question, typed: space, yes });
    await management.call("deleteSpace", { path: { space } });
    output.show({ deleted: space }, () => `deleted ${space}`);
  },
});

function description(space: Space, width: number): [Space, () => string] {
  const shown = {
    space: space.name,
    visibility: visibility(space.public),
    "immutable tags": immutableTagsOf(space.immutableTags),
    "stands for": namespacesOf(space),
    stores: usageOf(space),
    created: age(space.createdAt),
  };
  return [space, () => fields(shown, width)];
}

export const spaces = defineGroup("spaces", "Show and change spaces", [
  list,
  create,
  show,
  ...publish,
  spaceImmutable,
  namespaces,
  ...spaceStorage,
  damaged,
  remove,
]);
