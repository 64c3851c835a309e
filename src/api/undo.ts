import { actorForReaders, authorizeWithin } from "../auth/authorize.ts";
import type { Grant } from "../auth/grant.ts";
import type { RepositoryAction } from "../auth/scope.ts";
import type { RepositoryReaderCall, SpaceCall } from "../call.ts";
import { requireDigest } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";
import { type RepositoryName, requireRepositoryName } from "../oci/name.ts";
import { requireTag } from "../oci/reference.ts";
import {
  type DeletedManifest,
  revertTag,
  type TagChange,
  undeleteManifest,
  undeleteRepository,
  undeleteTag,
} from "../management/undo.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, listResponse, pageRequest } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { pageQuery } from "./schemas.ts";
import { deletedQuery, historyQuery, revertInput, undeleteInput } from "./undo-schemas.ts";

/** Who moved a tag from what to what, and when. */
export async function getHistory(call: RepositoryReaderCall): Promise<Response> {
  const query = readQuery(historyQuery, call);
  const page = await call.registry.undo.history(call.grant, requireTag(query.tag), pageRequest(query));
  const view = call.manages ? changeView : (change: TagChange) => changeView(forReaders(change));
  return listResponse(found(page), view, ({ id }) => id);
}

export async function listDeletedRepositories(call: SpaceCall): Promise<Response> {
  const { undo, keepDeleted } = call.registry;
  const page = await undo.deletedRepositories(call.grant, since(call), pageRequest(readQuery(pageQuery, call)));
  if (page === null) throw new RegistryError("SPACE_UNKNOWN");
  const view = ({ path, deletedAt }: (typeof page.entries)[number]): object => ({
    name: path,
    fullName: `${call.grant.space}/${path}`,
    deletedAt: isoTime(deletedAt),
    until: isoTime(deletedAt + keepDeleted),
  });
  return listResponse(page, view, ({ path }) => path);
}

export async function listDeletedManifests(call: SpaceCall): Promise<Response> {
  const query = readQuery(deletedQuery, call);
  const page = await call.registry.undo.deletedManifests(grantIn(call, "pull", query.repository), pageRequest(query));
  const view = ({ deletedAt, ...manifest }: DeletedManifest): object => ({
    ...manifest,
    deletedAt: isoTime(deletedAt),
    until: isoTime(deletedAt + call.registry.keepDeleted),
  });
  return listResponse(found(page), view, ({ digest }) => digest);
}

export async function listDeletedTags(call: SpaceCall): Promise<Response> {
  const query = readQuery(deletedQuery, call);
  const page = await call.registry.undo.deletedTags(
    grantIn(call, "pull", query.repository),
    since(call),
    pageRequest(query),
  );
  const { keepDeleted } = call.registry;
  const view = (change: TagChange): object => ({
    ...changeView(change),
    until: change.content === "gone" ? null : isoTime(change.at + keepDeleted),
  });
  return listResponse(found(page), view, ({ id }) => id);
}

/** Moves a tag back: a push like any other, so that it can deploy. */
export async function revert(call: SpaceCall): Promise<Response> {
  const { repository, tag, to } = await readBody(revertInput, call);
  const digest = to === undefined ? null : requireDigest(to);
  const undone = await revertTag(call.registry.undo, grantIn(call, "push", repository), requireTag(tag), digest);
  await noteInSpace(call, "tag.reverted", { repository, reference: tag, detail: { to: undone.digest } });
  return Response.json({ repository, tag, ...undone });
}

/** Brings back a repository, a tag or a manifest with its tags. */
export async function undelete(call: SpaceCall): Promise<Response> {
  const { undo } = call.registry;
  const { repository, tag, digest } = await readBody(undeleteInput, call);
  if (tag !== undefined) {
    const undone = await undeleteTag(undo, grantIn(call, "push", repository), requireTag(tag));
    await noteInSpace(call, "tag.undeleted", { repository, reference: tag });
    return Response.json({ repository, digest: undone.digest, tags: [tag] });
  }
  if (digest !== undefined) {
    const tags = await undeleteManifest(undo, grantIn(call, "push", repository), requireDigest(digest));
    await noteInSpace(call, "manifest.undeleted", { repository, reference: digest });
    return Response.json({ repository, digest, tags });
  }
  await undeleteRepository(undo, call.grant, nameIn(call, repository).path, since(call));
  await noteInSpace(call, "repository.undeleted", { repository });
  return Response.json({ repository, digest: null, tags: [] });
}

/** What was deleted after this can be brought back. */
function since({ registry }: SpaceCall): number {
  return Date.now() - registry.keepDeleted;
}

/** @param path the repository's, within the call's space. */
function nameIn({ grant }: SpaceCall, path: string): RepositoryName {
  return requireRepositoryName(`${grant.space}/${path}`);
}

function grantIn(call: SpaceCall, action: RepositoryAction, path: string): Grant {
  return authorizeWithin(call.grant, action, nameIn(call, path));
}

function found<T>(page: T | null): T {
  if (page === null) throw new RegistryError("NAME_UNKNOWN");
  return page;
}

function forReaders(change: TagChange): TagChange {
  return { ...change, actor: actorForReaders(change.actor) };
}

function changeView({ at, ...change }: TagChange): object {
  return { ...change, at: isoTime(at) };
}
