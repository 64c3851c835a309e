import type { Call, SpaceCall } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";
import type { Space } from "../registry/management.ts";
import { isoTime, listResponse, pageRequest, readBody, readQuery } from "./operation.ts";
import { pageQuery, spaceChanges, spaceInput } from "./schemas.ts";

export async function createSpace(call: Call): Promise<Response> {
  const input = await readBody(spaceInput, call);
  const space = await call.registry.management.spaces.create(input.name, input.public);
  if (space === null) throw new RegistryError("SPACE_EXISTS");
  return Response.json(view(space), { status: 201, headers: { Location: `/api/v1/spaces/${space.name}` } });
}

export async function listSpaces(call: Call): Promise<Response> {
  const page = await call.registry.management.spaces.list(pageRequest(readQuery(pageQuery, call)));
  return listResponse(page, view, ({ name }) => name);
}

export async function getSpace({ registry, grant }: SpaceCall): Promise<Response> {
  return spaceResponse(await registry.management.spaces.find(grant.space));
}

export async function updateSpace(call: SpaceCall): Promise<Response> {
  const changes = await readBody(spaceChanges, call);
  return spaceResponse(await call.registry.management.spaces.update(call.grant.space, changes));
}

export async function deleteSpace({ registry, grant }: SpaceCall): Promise<Response> {
  if (!(await registry.management.spaces.delete(grant.space))) throw new RegistryError("SPACE_UNKNOWN");
  return new Response(null, { status: 204 });
}

function spaceResponse(space: Space | null): Response {
  if (space === null) throw new RegistryError("SPACE_UNKNOWN");
  return Response.json(view(space));
}

function view(space: Space): object {
  const { name, immutableTags, createdAt } = space;
  return { name, public: space.public, immutableTags, createdAt: isoTime(createdAt) };
}
