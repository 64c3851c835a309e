import * as z from "zod";
import { actorForReaders, authorizeWithin } from "../auth/authorize.ts";
import type { Grant } from "../auth/grant.ts";
import type { RepositoryAction } from "../auth/scope.ts";
import type { SpaceCall } from "../call.ts";
import { repositoryReader, space } from "../guard.ts";
import { revertTag, type TagChange, undeleteManifest, undeleteRepository, undeleteTag } from "../management/undo.ts";
import { requireDigest } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";
import { type RepositoryName, requireRepositoryName } from "../oci/name.ts";
import { requireTag } from "../oci/reference.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, listAnswer, pageRequest } from "./answer.ts";
import { type Answer, defineOperation, type Unread } from "./operation.ts";
import { listOf, pageQuery, time } from "./shapes.ts";

const repository = z.string().max(255).meta({ description: "The path within the space, for example `web/api`." });
const tag = z.string().max(128);
const digest = z.string().max(200);
const actor = z.object({ id: z.string(), name: z.string() }).meta({
  description: "The token; `administrator`: the registry's administrator; `retention`: a rule.",
});
const until = time.meta({ description: "After this, it can no longer be restored." });

const deletedQuery = pageQuery.extend({ repository });

const changeOutput = z
  .object({
    id: z.string().meta({ description: "The event's id." }),
    type: z.enum(["tag.created", "tag.updated", "tag.deleted"]),
    tag,
    digest,
    previousDigest: digest.nullable(),
    actor,
    at: time,
    content: z
      .enum(["present", "deleted", "gone"])
      .meta({ description: "If the digest is stored, can be restored, or neither." }),
  })
  .meta({ id: "TagChange" });

const deletedTagOutput = changeOutput
  .extend({
    until: time.nullable().optional().meta({
      description: "It is kept until then; null: its manifest is gone. Older registries leave it out.",
    }),
  })
  .meta({ id: "DeletedTag" });

const deletedRepositoryOutput = z
  .object({ name: z.string(), fullName: z.string(), deletedAt: time, until })
  .meta({ id: "DeletedRepository" });

const deletedManifestOutput = z
  .object({
    digest,
    mediaType: z.string(),
    size: z.int().meta({ description: "Bytes of the manifest." }),
    artifactType: z.string().nullable(),
    tags: z.array(z.string()).meta({ description: "The first 500 of the tags that were deleted with it." }),
    actor,
    deletedAt: time,
    until,
  })
  .meta({ id: "DeletedManifest" });

const revertInput = z.strictObject({
  repository,
  tag,
  to: digest.optional().meta({ description: "The digest to move the tag to; by default, the one before." }),
});

const undeleteInput = z
  .strictObject({ repository, tag: tag.optional(), digest: digest.optional() })
  .refine((given) => given.tag === undefined || given.digest === undefined, "name a tag or a digest")
  .meta({ description: "A tag, a manifest by its digest, or, without either, the repository itself." });

export const getHistory = defineOperation({
  id: "getHistory",
  method: "GET",
  path: "/api/v1/spaces/:space/history",
  guard: repositoryReader,
  summary: "Show who moved a tag, and from which digest to which, newest first",
  query: pageQuery.extend({ repository, tag }),
  answer: listOf(changeOutput),
  async run({ query, registry, grant, manages }) {
    const page = await registry.undo.history(grant, requireTag(query.tag), pageRequest(query));
    const view = manages ? changeView : (change: TagChange) => changeView(forReaders(change));
    return listAnswer(found(page), view, ({ id }) => id);
  },
});

/** Points a tag back to an earlier digest. It is a push like any other, so it can deploy. */
export const revert = defineOperation({
  id: "revert",
  method: "POST",
  path: "/api/v1/spaces/:space/tags:revert",
  formerly: "/api/v1/spaces/:space/revert",
  guard: space,
  summary: "Move a tag back to what it pointed to before; this counts as a push",
  body: revertInput,
  answer: z.object({ repository, tag, digest, previousDigest: digest.nullable() }),
  async run(call) {
    const { body, registry } = call;
    const to = body.to === undefined ? null : requireDigest(body.to);
    const grant = grantIn(call, "push", body.repository);
    const undone = await revertTag(registry.undo, grant, requireTag(body.tag), to);
    const done = { repository: body.repository, reference: body.tag, detail: { to: undone.digest } };
    await noteInSpace(call, "tag.reverted", done);
    return { repository: body.repository, tag: body.tag, ...undone };
  },
});

export const listDeletedRepositories = defineOperation({
  id: "listDeletedRepositories",
  method: "GET",
  path: "/api/v1/spaces/:space/deleted/repositories",
  guard: space,
  summary: "List the deleted repositories that can be restored",
  query: pageQuery,
  answer: listOf(deletedRepositoryOutput),
  async run(call) {
    const { query, grant } = call;
    const { undo, keepDeleted } = call.registry;
    const page = await undo.deletedRepositories(grant, since(call), pageRequest(query));
    const view = ({ path, deletedAt }: (typeof page.entries)[number]): Answer<typeof deletedRepositoryOutput> => ({
      name: path,
      fullName: `${grant.space}/${path}`,
      deletedAt: isoTime(deletedAt),
      until: isoTime(deletedAt + keepDeleted),
    });
    return listAnswer(page, view, ({ path }) => path);
  },
});

export const listDeletedManifests = defineOperation({
  id: "listDeletedManifests",
  method: "GET",
  path: "/api/v1/spaces/:space/deleted/manifests",
  guard: space,
  summary: "List a repository's deleted manifests",
  query: deletedQuery,
  answer: listOf(deletedManifestOutput),
  async run(call) {
    const { query } = call;
    const { undo, keepDeleted } = call.registry;
    const page = found(await undo.deletedManifests(grantIn(call, "pull", query.repository), pageRequest(query)));
    const view = ({ deletedAt, ...manifest }: (typeof page.entries)[number]): Answer<typeof deletedManifestOutput> => ({
      ...manifest,
      deletedAt: isoTime(deletedAt),
      until: isoTime(deletedAt + keepDeleted),
    });
    return listAnswer(page, view, (manifest) => manifest.digest);
  },
});

export const listDeletedTags = defineOperation({
  id: "listDeletedTags",
  method: "GET",
  path: "/api/v1/spaces/:space/deleted/tags",
  guard: space,
  summary: "List a repository's deleted tags, latest first",
  query: deletedQuery,
  answer: listOf(deletedTagOutput),
  async run(call) {
    const { query } = call;
    const { undo, keepDeleted } = call.registry;
    const grant = grantIn(call, "pull", query.repository);
    const page = found(await undo.deletedTags(grant, since(call), pageRequest(query)));
    const view = (change: TagChange): Answer<typeof deletedTagOutput> => ({
      ...changeView(change),
      until: change.content === "gone" ? null : isoTime(change.at + keepDeleted),
    });
    return listAnswer(page, view, ({ id }) => id);
  },
});

export const undelete = defineOperation({
  id: "undelete",
  method: "POST",
  path: "/api/v1/spaces/:space/deleted:undelete",
  formerly: "/api/v1/spaces/:space/undelete",
  guard: space,
  summary: "Restore a tag, a manifest with its tags, or a repository",
  body: undeleteInput,
  answer: z.object({
    repository,
    digest: digest.nullable().meta({ description: "Null for a repository." }),
    tags: z.array(z.string()).meta({ description: "The tags that were restored." }),
  }),
  async run(call) {
    const { undo } = call.registry;
    const { body } = call;
    const { repository: path } = body;
    if (body.tag !== undefined) {
      const undone = await undeleteTag(undo, grantIn(call, "push", path), requireTag(body.tag));
      await noteInSpace(call, "tag.undeleted", { repository: path, reference: body.tag });
      return { repository: path, digest: undone.digest, tags: [body.tag] };
    }
    if (body.digest !== undefined) {
      const tags = await undeleteManifest(undo, grantIn(call, "push", path), requireDigest(body.digest));
      await noteInSpace(call, "manifest.undeleted", { repository: path, reference: body.digest });
      return { repository: path, digest: body.digest, tags };
    }
    await undeleteRepository(undo, call.grant, nameIn(call, path).path, since(call));
    await noteInSpace(call, "repository.undeleted", { repository: path });
    return { repository: path, digest: null, tags: [] };
  },
});

/** Returns the time since which deletions can be undone. */
function since({ registry }: Unread<SpaceCall>): number {
  return Date.now() - registry.keepDeleted;
}

/** Returns the repository's full name. @param path the repository's path within the call's space */
function nameIn({ grant }: Unread<SpaceCall>, path: string): RepositoryName {
  return requireRepositoryName(`${grant.space}/${path}`);
}

function grantIn(call: Unread<SpaceCall>, action: RepositoryAction, path: string): Grant {
  return authorizeWithin(call.grant, action, nameIn(call, path));
}

function found<T>(page: T | null): T {
  if (page === null) throw new RegistryError("NAME_UNKNOWN");
  return page;
}

function forReaders(change: TagChange): TagChange {
  return { ...change, actor: actorForReaders(change.actor) };
}

function changeView({ at, ...change }: TagChange): Answer<typeof changeOutput> {
  return { ...change, at: isoTime(at) };
}
