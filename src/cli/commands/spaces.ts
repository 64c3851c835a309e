import { z } from "zod";
import { defineGroup } from "../command.ts";
import { LIMIT_OPTION, limitInput, YES_OPTION, yesInput } from "../input/options.ts";
import { confirm } from "../input/prompt.ts";
import type { Space } from "../management/operations.ts";
import { fields } from "../output/fields.ts";
import { age, visibility } from "../output/words.ts";
import { damaged } from "./damaged.ts";
import { immutableTagsOf, spaceImmutable } from "./immutable.ts";
import { type Columns, managementCommand, pageQuery, showList, SPACE, spaceName } from "./shapes.ts";
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
  options: { "--public": "anybody may pull what is in it" },
  input: spaceName.extend({ public: z.boolean().default(false) }),
  run: async ({ management, output }, { space, public: isPublic }) => {
    const created = await management.call("createSpace", { path: {}, body: { name: space, public: isPublic } });
    output.show(created, () => `created ${space}`);
    output.note(`Next, a token for it: spacedock tokens create ci --space ${space} --actions pull,push`);
  },
});

const show = managementCommand({
  name: "show",
  summary: "Show a space",
  examples: ["spaces show acme"],
  arguments: SPACE,
  input: spaceName,
  run: async ({ management, output }, { space }) => {
    output.show(...description(await management.call("getSpace", { path: { space } })));
  },
});

const publish = (["public", "private"] as const).map((name) =>
  managementCommand({
    name,
    summary: name === "public" ? "Let anybody pull what is in a space" : "Let only tokens pull what is in a space",
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

const remove = managementCommand({
  name: "delete",
  summary: "Delete a space with all that is in it, and revoke its tokens",
  examples: ["spaces delete acme", "spaces delete acme --yes"],
  arguments: SPACE,
  options: YES_OPTION,
  input: z.intersection(spaceName, yesInput),
  run: async ({ management, context, output }, { space, yes }) => {
    const question = `Delete the space ${space} at ${management.host}, with all repositories, triggers and tokens in it?`;
    await confirm(context, { question, typed: space, yes });
    await management.call("deleteSpace", { path: { space } });
    output.show({ deleted: space }, () => `deleted ${space}`);
  },
});

function description(space: Space): [Space, () => string] {
  const shown = {
    space: space.name,
    visibility: visibility(space.public),
    "immutable tags": immutableTagsOf(space.immutableTags),
    stores: usageOf(space),
    created: age(space.createdAt),
  };
  return [space, () => fields(shown)];
}

export const spaces = defineGroup("spaces", "Show and change the teams' spaces", [
  list,
  create,
  show,
  ...publish,
  spaceImmutable,
  ...spaceStorage,
  damaged,
  remove,
]);
