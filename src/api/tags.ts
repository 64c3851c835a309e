import * as z from "zod";
import { actorForReaders, authorizeWithin } from "../auth/authorize.ts";
import { repositoryReader, space } from "../guard.ts";
import * as tags from "../management/tags.ts";
import { RegistryError } from "../oci/errors.ts";
import { requireRepositoryName } from "../oci/name.ts";
import { requireTag } from "../oci/reference.ts";
import { isoTime, isoTimeOrNull, listAnswer, pageRequest } from "./answer.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { contentSize, listOf, pageQuery, repositoryPath, time } from "./shapes.ts";

const TAG_ORDERS = ["name", "newest"] as const;

const tagsQuery = pageQuery.extend({
  order: z.enum(TAG_ORDERS).default("name").meta({ description: "`newest`: most recently set first." }),
});

const tagOutput = z
  .object({
    name: z.string(),
    digest: z.string(),
    mediaType: z.string(),
    artifactType: z.string().nullable(),
    platforms: z.array(z.string()).meta({
      description: "For example `linux/amd64`. For a single image it is read from the config, seconds after the push.",
    }),
    size: z.int().meta({ description: "Bytes of the manifest." }),
    contentSize,
    createdAt: time,
    updatedAt: time,
    pulledAt: time.nullable().meta({
      description: "The day of the last pull of the tag, or of its manifest by digest or another tag; null: never.",
    }),
    pushedBy: z
      .object({ id: z.string(), name: z.string() })
      .nullable()
      .meta({ description: "The token that set it; `administrator`: the registry's administrator." }),
    deployed: z
      .array(
        z.object({
          target: z.string(),
          name: z.string(),
          at: time,
          current: z
            .boolean()
            .meta({ description: "True if the target has received nothing else from the repository since." }),
          followed: z.boolean().meta({
            description:
              "True: the registry followed the deployment to its end, so the target runs it. False: the target was told, and nothing more is known.",
          }),
        }),
      )
      .meta({
        description: "The targets that received its manifest, under this tag or another; latest first.",
      }),
    signed: z.boolean().meta({ description: "True if it has a signature. The registry does not verify it." }),
    immutable: z.boolean().meta({ description: "True if nobody can move or delete it." }),
  })
  .meta({ id: "Tag" });

/** The most tags in one request: the transaction that deletes them looks at each. */
const MAX_TAGS = 1000;

const tagsDeletionInput = z.strictObject({
  repository: repositoryPath,
  tags: z.array(z.string().max(128)).min(1).max(MAX_TAGS),
  keepManifests: z
    .boolean()
    .default(false)
    .meta({ description: "Keep manifests that are left without a tag, and what they need." }),
  dryRun: z.boolean().default(false).meta({ description: "Only show what would be deleted." }),
});

const tagsDeletionOutput = z
  .object({
    repository: z.string(),
    tags: z.array(z.object({ name: z.string(), digest: z.string() })).meta({ description: "The deleted tags." }),
    immutable: z.array(z.string()).meta({ description: "Tags that are kept because they are immutable." }),
    absent: z.array(z.string()).meta({ description: "Tags that do not exist." }),
    manifests: z.array(z.object({ digest: z.string(), mediaType: z.string(), size: z.int() })).meta({
      description: "Manifests deleted with them: left without a tag, and not needed by anything that is kept.",
    }),
    bytes: z.int().meta({ description: "Bytes that are freed, some time after `until`." }),
    until: time.meta({ description: "After this, the deletion can no longer be undone." }),
  })
  .meta({ id: "TagsDeletion" });

/**
 * Shows the tags with the actors who pushed them and the targets that run them, to everyone who may pull:
 * users must know what they get.
 */
export const listRepositoryTags = defineOperation({
  id: "listRepositoryTags",
  method: "GET",
  path: "/api/v1/spaces/:space/repositories/:name+/tags",
  guard: repositoryReader,
  summary: "List a repository's tags",
  query: tagsQuery,
  answer: listOf(tagOutput),
  async run({ query, registry, grant, manages }) {
    const list = { name: "byName", newest: "newestFirst" } as const;
    const page = await registry.management.tags[list[query.order]](grant, pageRequest(query));
    if (page === null) throw new RegistryError("NAME_UNKNOWN");
    const view = manages ? tagView : (tag: tags.TaggedManifest) => tagView(forReaders(tag));
    return listAnswer(page, view, query.order === "newest" ? tags.placeOf : ({ name }) => name);
  },
});

/** Deletes tags of a repository, or only shows the effect. Immutable and absent tags are listed apart and are no error. */
export const deleteTags = defineOperation({
  id: "deleteTags",
  method: "POST",
  path: "/api/v1/spaces/:space/tags:delete",
  guard: space,
  summary: "Delete tags, with manifests that are left without a tag, or preview that",
  body: tagsDeletionInput,
  answer: tagsDeletionOutput,
  async run({ body, registry, grant: spaceGrant }) {
    const { management, stores, keepDeleted } = registry;
    const { repository, tags: names, ...terms } = body;
    const wanted = [...new Set(names)].map(requireTag);
    const grant = authorizeWithin(spaceGrant, "delete", requireRepositoryName(`${spaceGrant.space}/${repository}`));
    const done = await tags.deleteTags({ ...management, memory: stores.memory }, grant, wanted, terms);
    const found = new Set(done.tags.map(({ name }) => name));
    return {
      repository,
      tags: done.tags.filter(({ immutable }) => !immutable).map(({ name, digest }) => ({ name, digest })),
      immutable: done.tags.filter(({ immutable }) => immutable).map(({ name }) => name),
      absent: wanted.filter((name) => !found.has(name)),
      manifests: done.manifests.map(({ digest, mediaType, size }) => ({ digest, mediaType, size })),
      bytes: done.bytes,
      until: isoTime(Date.now() + keepDeleted),
    };
  },
});

function forReaders(tag: tags.TaggedManifest): tags.TaggedManifest {
  return { ...tag, pushedBy: tag.pushedBy && actorForReaders(tag.pushedBy) };
}

function tagView({ createdAt, updatedAt, pulledAt, deployed, ...tag }: tags.TaggedManifest): Answer<typeof tagOutput> {
  return {
    ...tag,
    createdAt: isoTime(createdAt),
    updatedAt: isoTime(updatedAt),
    pulledAt: isoTimeOrNull(pulledAt),
    deployed: deployed.map(({ at, ...one }) => ({ ...one, at: isoTime(at) })),
  };
}
