import * as z from "zod";
import { repositoryReader, space, spaceReader } from "../guard.ts";
import type { Repository } from "../management/stores.ts";
import { RegistryError } from "../oci/errors.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, isoTimeOrNull, pageRequest } from "./answer.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { changesSomething, immutableTags, isPublic, listOf, pageQuery, SOMETHING, time } from "./shapes.ts";

const ownImmutableTags = immutableTags
  .nullable()
  .meta({ description: "Tags that nobody can move or delete; null: same as the space." });

const repositoryChanges = z
  .strictObject({ public: isPublic.optional(), immutableTags: ownImmutableTags.optional() })
  .refine(changesSomething, SOMETHING);

const repositoryOutput = z
  .object({
    name: z.string().meta({ description: "The path within the space." }),
    fullName: z.string().meta({ description: "The name that clients use after the host." }),
    public: z.boolean(),
    immutableTags: ownImmutableTags,
    createdAt: time,
    bytes: z.int().meta({ description: "Bytes of its blobs and manifests." }),
    tags: z.int(),
    pushedAt: time.nullable().meta({ description: "When one of its tags was last set; null: it has no tags." }),
    pulledAt: time.nullable().meta({ description: "The day of the last pull from it; null: never." }),
  })
  .meta({ id: "Repository" });

export const listRepositories = defineOperation({
  id: "listRepositories",
  method: "GET",
  path: "/api/v1/spaces/:space/repositories",
  guard: spaceReader,
  summary:
    "List the repositories of a space that the caller may see; a page may be short or empty before the end of the list",
  query: pageQuery,
  answer: listOf(repositoryOutput),
  async run({ query, registry, grant }) {
    const { entries, next } = await registry.management.directory.list(grant, pageRequest(query));
    return { items: entries.map((repository) => view(grant.space, repository)), next };
  },
});

export const getRepository = defineOperation({
  id: "getRepository",
  method: "GET",
  path: "/api/v1/spaces/:space/repositories/:name+",
  guard: repositoryReader,
  summary: "Show a repository",
  answer: repositoryOutput,
  async run({ registry, grant }) {
    return required(grant.name.space, await registry.management.directory.find(grant));
  },
});

export const updateRepository = defineOperation({
  id: "updateRepository",
  method: "PATCH",
  path: "/api/v1/spaces/:space/repositories/:name+",
  guard: space,
  summary: "Change a repository: who may pull, and which tags are immutable",
  body: repositoryChanges,
  answer: repositoryOutput,
  async run(call) {
    const { body: changes, registry, grant, params } = call;
    const repository = await registry.management.directory.update(grant, params["name"] ?? "", changes);
    if (repository !== null) {
      await noteInSpace(call, "repository.changed", { repository: repository.path, detail: changes });
    }
    return required(grant.space, repository);
  },
});

export const deleteRepository = defineOperation({
  id: "deleteRepository",
  method: "DELETE",
  path: "/api/v1/spaces/:space/repositories/:name+",
  guard: space,
  summary: "Delete a repository with everything in it",
  async run(call) {
    const { registry, grant, params } = call;
    const path = params["name"] ?? "";
    if (!(await registry.management.directory.delete(grant, path))) throw new RegistryError("NAME_UNKNOWN");
    registry.endDeadUploads();
    await noteInSpace(call, "repository.deleted", { repository: path });
  },
});

type RepositoryAnswer = Answer<typeof repositoryOutput>;

function required(spaceName: string, repository: Repository | null): RepositoryAnswer {
  if (repository === null) throw new RegistryError("NAME_UNKNOWN");
  return view(spaceName, repository);
}

function view(spaceName: string, repository: Repository): RepositoryAnswer {
  const { path, createdAt, pushedAt, pulledAt, ...rest } = repository;
  return {
    name: path,
    fullName: `${spaceName}/${path}`,
    ...rest,
    createdAt: isoTime(createdAt),
    pushedAt: isoTimeOrNull(pushedAt),
    pulledAt: isoTimeOrNull(pulledAt),
  };
}
