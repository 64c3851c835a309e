import { z } from "zod";
import { type Command, type CommandDeclaration, defineCommand, defineGroup } from "../command.ts";
import { LIMIT_OPTION, limitInput, YES_OPTION, yesInput } from "../input/options.ts";
import { confirm } from "../input/prompt.ts";
import { parseManagedRepository } from "../managed-reference.ts";
import type { Repository } from "../management/operations.ts";
import { fields } from "../output/fields.ts";
import { age, visibility } from "../output/words.ts";
import { type Columns, pageQuery, type Scene, showList, spaceCommand, withManagement } from "./shapes.ts";

const COLUMNS: Columns<Repository> = {
  repository: ({ fullName }) => fullName,
  visibility: (repository) => visibility(repository.public),
  created: ({ createdAt }) => age(createdAt),
};

/** What the API's path says of a repository. */
interface RepositoryPath {
  readonly space: string;
  readonly name: string;
}

type RepositoryDeclaration<I extends z.ZodType> = Omit<CommandDeclaration<I>, "run" | "arguments"> & {
  readonly run: (scene: Scene, path: RepositoryPath, input: z.output<I>) => Promise<void>;
};

/** A command about one repository, which is named in full. */
function repositoryCommand<I extends z.ZodType>({ run, input, ...rest }: RepositoryDeclaration<I>): Command {
  return defineCommand({
    ...rest,
    arguments: { "<repository>": "its name with its space, as acme/web" },
    input: z.intersection(z.object({ repository: z.string() }), input),
    run: async (context, given) => {
      const { registry, name } = await parseManagedRepository(context, given.repository);
      await withManagement(context, (scene) => run(scene, { space: name.space, name: name.path }, given), registry);
    },
  });
}

const list = spaceCommand({
  name: "list",
  summary: "List a space's repositories",
  examples: ["repos list --space acme"],
  options: LIMIT_OPTION,
  input: limitInput,
  run: async (scene, { limit }) => {
    const { management, space } = scene;
    const repositories = management.list("listRepositories", { path: { space }, query: pageQuery(limit) });
    const none = `${space} has no repositories: the first push makes one`;
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
      fields({
        repository: `${management.host}/${fullName}`,
        visibility: visibility(repository.public),
        created: age(createdAt),
      }),
    );
  },
});

const publish = (["public", "private"] as const).map((name) =>
  repositoryCommand({
    name,
    summary: name === "public" ? "Let anybody pull from a repository" : "Let only tokens pull from a repository",
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
    const question = `Delete the repository ${fullName} at ${management.host}, with all its tags?`;
    await confirm(context, { question, typed: fullName, yes });
    await management.call("deleteRepository", { path });
    output.show({ deleted: fullName }, () => `deleted ${fullName}`);
  },
});

export const repos = defineGroup("repos", "Show, publish and delete repositories", [list, show, ...publish, remove]);
