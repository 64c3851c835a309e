import type { SpaceCall } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";
import type { Repository } from "../registry/management.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, isoTimeOrNull, listResponse, pageRequest, readBody, readQuery } from "./operation.ts";
import { pageQuery, repositoryChanges } from "./schemas.ts";

export async function listRepositories(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const page = await registry.management.directory.list(grant.space, pageRequest(readQuery(pageQuery, call)));
  if (page === null) throw new RegistryError("SPACE_UNKNOWN");
  return listResponse(
    page,
    (repository) => view(grant.space, repository),
    ({ path }) => path,
  );
}

export async function getRepository({ registry, grant, params }: SpaceCall): Promise<Response> {
  const repository = await registry.management.directory.find(grant.space, params["name"] ?? "");
  return repositoryResponse(grant.space, repository);
}

export async function updateRepository(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const changes = await readBody(repositoryChanges, call);
  const repository = await registry.management.directory.update(grant.space, params["name"] ?? "", changes);
  if (repository !== null) {
    await noteInSpace(call, "repository.changed", { repository: repository.path, detail: changes });
  }
  return repositoryResponse(grant.space, repository);
}

export async function deleteRepository(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const path = params["name"] ?? "";
  if (!(await registry.management.directory.delete(grant.space, path))) throw new RegistryError("NAME_UNKNOWN");
  await noteInSpace(call, "repository.deleted", { repository: path });
  return new Response(null, { status: 204 });
}

function repositoryResponse(space: string, repository: Repository | null): Response {
  if (repository === null) throw new RegistryError("NAME_UNKNOWN");
  return Response.json(view(space, repository));
}

function view(space: string, repository: Repository): object {
  const { path, createdAt, pushedAt, ...rest } = repository;
  return {
    name: path,
    fullName: `${space}/${path}`,
    ...rest,
    createdAt: isoTime(createdAt),
    pushedAt: isoTimeOrNull(pushedAt),
  };
}
