import { z } from "zod";
import { DAMAGES } from "../registry/damage.ts";
import { CONTENT_KINDS } from "../management/stores.ts";
import { tagPatterns } from "../oci/tag-patterns.ts";

/** What comes in is strict: an unknown field is refused, not ignored (mass assignment). */

export const time = z.iso.datetime();

export const isPublic = z.boolean().meta({ description: "True if anyone may pull without logging in." });
export const immutableTags = tagPatterns.meta({
  description: "Tags that nobody can move or delete. `*` matches any characters, `?` one; a leading `!` excludes.",
});
const ownImmutableTags = immutableTags
  .nullable()
  .meta({ description: "Tags that nobody can move or delete; null: same as the space." });

export const SOMETHING = "name at least one change";
export const changesSomething = (changes: object): boolean => Object.keys(changes).length > 0;

export const repositoryChanges = z
  .strictObject({ public: isPublic.optional(), immutableTags: ownImmutableTags.optional() })
  .refine(changesSomething, SOMETHING);

export const repositoryOutput = z
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

export const contentSize = z.int().meta({
  description: "Bytes of the manifest and everything it needs; content shared by platforms counts for each.",
});

export const tagOutput = z
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

/** Tags in one request: each is looked at in the transaction that deletes them. */
const MAX_TAGS = 1000;

export const tagsDeletionInput = z.strictObject({
  repository: z.string().max(255).meta({ description: "The path within the space, for example `web/api`." }),
  tags: z.array(z.string().max(128)).min(1).max(MAX_TAGS),
  keepManifests: z
    .boolean()
    .default(false)
    .meta({ description: "Keep manifests that are left without a tag, and what they need." }),
  dryRun: z.boolean().default(false).meta({ description: "Only show what would be deleted." }),
});

export const tagsDeletionOutput = z
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

export const damagedOutput = z
  .object({
    kind: z.enum(CONTENT_KINDS),
    digest: z.string(),
    repository: z.string(),
    size: z.int().meta({ description: "The size that it should have, in bytes." }),
    damage: z
      .enum(DAMAGES)
      .meta({ description: "`missing`: the object is gone. `corrupt`: its bytes do not match its digest." }),
    since: time.meta({ description: "When the damage was found." }),
    tags: z.array(z.string()).meta({ description: "At most ten of the tags that need it." }),
  })
  .meta({ id: "Damaged" });

const TAG_ORDERS = ["name", "newest"] as const;

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(300).optional().meta({ description: "`next` of the previous page." }),
});

export const tagsQuery = pageQuery.extend({
  order: z.enum(TAG_ORDERS).default("name").meta({ description: "`newest`: most recently set first." }),
});

/** Makes the shape of a page of a list. */
export function listOf<I extends z.ZodType>(item: I) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().meta({ description: "The next page's cursor; null on the last." }),
  });
}

export const problemOutput = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    errors: z.unknown().optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457." });
