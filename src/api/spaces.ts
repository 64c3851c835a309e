import { authorizeQuota } from "../auth/authorize.ts";
import type { InstallationCall, SpaceCall } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";
import type { Space } from "../management/stores.ts";
import { nearLimit } from "../registry/usage.ts";
import { noteInInstallation, noteInSpace } from "./activity.ts";
import { isoTime, listResponse, pageRequest, readBody, readQuery } from "./operation.ts";
import { pageQuery, spaceChanges, spaceInput } from "./schemas.ts";

export async function createSpace(call: InstallationCall): Promise<Response> {
  const input = await readBody(spaceInput, call);
  const space = await call.registry.management.spaces.create(call.grant, input.name, input.public);
  if (space === null) throw new RegistryError("SPACE_EXISTS");
  await noteInInstallation(call, "space.created", { name: space.name, detail: { public: space.public } });
  return Response.json(view(space), { status: 201, headers: { Location: `/api/v1/spaces/${space.name}` } });
}

export async function listSpaces(call: InstallationCall): Promise<Response> {
  const page = await call.registry.management.spaces.list(call.grant, pageRequest(readQuery(pageQuery, call)));
  return listResponse(page, view, ({ name }) => name);
}

export async function getSpace({ registry, grant }: SpaceCall): Promise<Response> {
  return Response.json(view(await registry.management.spaces.find(grant)));
}

export async function updateSpace(call: SpaceCall): Promise<Response> {
  const changes = await readBody(spaceChanges, call);
  if (changes.quota !== undefined) authorizeQuota(call.grant);
  const space = await call.registry.management.spaces.update(call.grant, changes);
  await noteInSpace(call, "space.changed", { name: space.name, detail: changes });
  return Response.json(view(space));
}

export async function deleteSpace(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  await registry.management.spaces.delete(grant);
  // What was done in it goes out of sight with it.
  await noteInInstallation(call, "space.deleted", { name: grant.space });
  return new Response(null, { status: 204 });
}

function view(space: Space): object {
  const { name, immutableTags, namespaces, createdAt } = space;
  const { quota, bytes, repositories } = space.usage;
  const limits = { usage: { bytes, repositories }, quota, nearLimit: nearLimit(space.usage) !== null };
  return { name, public: space.public, immutableTags, namespaces, ...limits, createdAt: isoTime(createdAt) };
}
