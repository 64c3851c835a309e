import type { RepositoryReaderCall, SpaceCall, SpaceReaderCall } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";
import type { Repository } from "../management/stores.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, isoTimeOrNull, pageRequest } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { pageQuery, repositoryChanges } from "./schemas.ts";

/** Those that whoever asks may look at. */
export async function listRepositories(call: SpaceReaderCall): Promise<Response> {
  const { grant } = call;
  const { directory } = call.registry.management;
  const { entries, next } = await directory.list(grant, pageRequest(readQuery(pageQuery, call)));
  return Response.json({ items: entries.map((repository) => view(grant.space, repository)), next });
}

export async function getRepository({ registry, grant }: RepositoryReaderCall): Promise<Response> {
  return repositoryResponse(grant.name.space, await registry.management.directory.find(grant));
}

export async function updateRepository(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const changes = await readBody(repositoryChanges, call);
  const repository = await registry.management.directory.update(grant, params["name"] ?? "", changes);
  if (repository !== null) {
    await noteInSpace(call, "repository.changed", { repository: repository.path, detail: changes });
  }
  return repositoryResponse(grant.space, repository);
}

export async function deleteRepository(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const path = params["name"] ?? "";
  if (!(await registry.management.directory.delete(grant, path))) throw new RegistryError("NAME_UNKNOWN");
  registry.endDeadUploads();
  await noteInSpace(call, "repository.deleted", { repository: path });
  return new Response(null, { status: 204 });
}

function repositoryResponse(space: string, repository: Repository | null): Response {
  if (repository === null) throw new RegistryError("NAME_UNKNOWN");
  return Response.json(view(space, repository));
}

function view(space: string, repository: Repository): object {
  const { path, createdAt, pushedAt, pulledAt, ...rest } = repository;
  return {
    name: path,
    fullName: `${space}/${path}`,
    ...rest,
    createdAt: isoTime(createdAt),
    pushedAt: isoTimeOrNull(pushedAt),
    pulledAt: isoTimeOrNull(pulledAt),
  };
}
