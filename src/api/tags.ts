import { actorForReaders, authorizeWithin } from "../auth/authorize.ts";
import type { RepositoryReaderCall, SpaceCall } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";
import { requireRepositoryName } from "../oci/name.ts";
import { requireTag } from "../oci/reference.ts";
import * as tags from "../management/tags.ts";
import { isoTime, isoTimeOrNull, listResponse, pageRequest } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { tagsDeletionInput, tagsQuery } from "./schemas.ts";

/** Who pushed and where it is deployed is told to all who may pull: they have to know what they get. */
export async function listTags(call: RepositoryReaderCall): Promise<Response> {
  const query = readQuery(tagsQuery, call);
  const list = { name: "byName", newest: "newestFirst" } as const;
  const page = await call.registry.management.tags[list[query.order]](call.grant, pageRequest(query));
  if (page === null) throw new RegistryError("NAME_UNKNOWN");
  const view = call.manages ? tagView : (tag: tags.TaggedManifest) => tagView(forReaders(tag));
  return listResponse(page, view, query.order === "newest" ? tags.placeOf : ({ name }) => name);
}

/** Deletes tags of a repository, or only says what that would take. What is immutable or not there is told apart, and no error. */
export async function deleteTags(call: SpaceCall): Promise<Response> {
  const { management, stores, keepDeleted } = call.registry;
  const { repository, tags: names, ...terms } = await readBody(tagsDeletionInput, call);
  const wanted = [...new Set(names)].map(requireTag);
  const grant = authorizeWithin(call.grant, "delete", requireRepositoryName(`${call.grant.space}/${repository}`));
  const done = await tags.deleteTags({ ...management, memory: stores.memory }, grant, wanted, terms);
  const found = new Set(done.tags.map(({ name }) => name));
  return Response.json({
    repository,
    tags: done.tags.filter(({ immutable }) => !immutable).map(({ name, digest }) => ({ name, digest })),
    immutable: done.tags.filter(({ immutable }) => immutable).map(({ name }) => name),
    absent: wanted.filter((name) => !found.has(name)),
    manifests: done.manifests.map(({ digest, mediaType, size }) => ({ digest, mediaType, size })),
    bytes: done.bytes,
    until: isoTime(Date.now() + keepDeleted),
  });
}

function forReaders(tag: tags.TaggedManifest): tags.TaggedManifest {
  return { ...tag, pushedBy: tag.pushedBy && actorForReaders(tag.pushedBy) };
}

function tagView({ createdAt, updatedAt, pulledAt, deployed, ...tag }: tags.TaggedManifest): object {
  return {
    ...tag,
    createdAt: isoTime(createdAt),
    updatedAt: isoTime(updatedAt),
    pulledAt: isoTimeOrNull(pulledAt),
    deployed: deployed.map(({ at, ...one }) => ({ ...one, at: isoTime(at) })),
  };
}
