import * as z from "zod";
import { type Command, type CommandDeclaration, defineCommand } from "../command.ts";
import type { RepositoryName } from "../../oci/name.ts";
import { parseManagedRepository } from "./reference.ts";
import { type Scene, withManagement } from "./shapes.ts";

/** The parameters that name a repository in the API's path. */
export interface RepositoryPath {
  readonly space: string;
  readonly name: string;
}

export function repositoryPath({ space, path }: RepositoryName): RepositoryPath {
  return { space, name: path };
}

type RepositoryDeclaration<I extends z.ZodType> = Omit<CommandDeclaration<I>, "run" | "arguments"> & {
  readonly run: (scene: Scene, path: RepositoryPath, input: z.output<I>) => Promise<void>;
};

/** Declares a command about one repository, given by its full name. */
export function repositoryCommand<I extends z.ZodType>({ run, input, ...rest }: RepositoryDeclaration<I>): Command {
  return defineCommand({
    ...rest,
    arguments: { "<repository>": "the repository with its space, for example acme/web" },
    input: z.intersection(z.object({ repository: z.string() }), input),
    run: async (context, given) => {
      const { registry, name } = await parseManagedRepository(context, given.repository);
      await withManagement(context, (scene) => run(scene, repositoryPath(name), given), registry);
    },
  });
}
