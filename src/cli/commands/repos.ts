import * as z from "zod";
import { defineGroup } from "../command.ts";
import { LIMIT_OPTION, limitInput, YES_OPTION, yesInput } from "../input/options.ts";
import { confirm } from "../input/prompt.ts";
import type { Repository } from "../../contract/operations.ts";
import { fields } from "../output/fields.ts";
import { age, visibility } from "../output/words.ts";
import { immutableTagsOf, repositoryImmutable } from "./tags/immutable.ts";
import { repositoryCommand } from "../managed/repository-command.ts";
import { type Columns, pageQuery, showList, spaceCommand } from "../managed/shapes.ts";

const COLUMNS: Columns<Repository> = {
  repository: ({ fullName }) => fullName,
  visibility: (repository) => visibility(repository.public),
  created: ({ createdAt }) => age(createdAt),
};

const list = spaceCommand({
  name: "list",
  summary: "List a space's repositories",
  examples: ["repos list --space acme"],
  options: LIMIT_OPTION,
  input: limitInput,
  run: async (scene, { limit }) => {
    const { management, space } = scene;
    const repositories = management.list("listRepositories", { path: { space }, query: pageQuery(limit) });
    const none = `${space} has no repositories yet; the first push creates one`;
    await showList(scene, repositories, COLUMNS, { limit, none });
  },
});

const show = repositoryCommand({
  name: "show",
  summary: "Show a repository",
  examples: ["repos show acme/web"],
  input: z.object({}),
  run: async ({ management, output }, path) => {
    const repository = await management.call("getRepository", { path });
    const { fullName, createdAt } = repository;
    output.show(repository, () =>
      fields(
        {
          repository: `${management.host}/${fullName}`,
          visibility: visibility(repository.public),
          "immutable tags": immutableTagsOf(repository.immutableTags),
          created: age(createdAt),
        },
        output.width,
      ),
    );
  },
});

const publish = (["public", "private"] as const).map((name) =>
  repositoryCommand({
    name,
    summary: name === "public" ? "Let anyone pull from a repository" : "Require a token to pull from a repository",
    examples: [`repos ${name} acme/web`],
    input: z.object({}),
    run: async ({ management, output }, path) => {
      const body = { public: name === "public" };
      const changed = await management.call("updateRepository", { path, body });
      output.show(changed, () => `${changed.fullName} is ${visibility(changed.public)}`);
    },
  }),
);

const remove = repositoryCommand({
  name: "delete",
  summary: "Delete a repository with everything in it",
  examples: ["repos delete acme/web", "repos delete acme/web --yes"],
  options: YES_OPTION,
  input: yesInput,
  run: async ({ management, context, output }, path, { yes }) => {
    const fullName = `${path.space}/${path.name}`;
    const question = `Delete repository ${fullName} at ${management.host} with all its tags? You can restore it for some days.`;
    await confirm(context, { question, typed: fullName, yes });
    await management.call("deleteRepository", { path });
    output.show({ deleted: fullName }, () => `deleted ${fullName}`);
  },
});

export const repos = defineGroup("repos", "Show, publish and delete repositories", [
  list,
  show,
  ...publish,
  repositoryImmutable,
  remove,
]);
