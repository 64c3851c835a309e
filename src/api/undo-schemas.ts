import { z } from "zod";
import { pageQuery } from "./schemas.ts";

const time = z.iso.datetime();
const repository = z.string().max(255).meta({ description: "The path within the space, for example `web/api`." });
const tag = z.string().max(128);
const digest = z.string().max(200);
const actor = z.object({ id: z.string(), name: z.string() }).meta({
  description: "The token; `administrator`: the registry's administrator; `retention`: a rule.",
});
const until = time.meta({ description: "After this, it can no longer be restored." });

export const historyQuery = pageQuery.extend({ repository, tag });
export const deletedQuery = pageQuery.extend({ repository });

export const tagChangeOutput = z
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

export const deletedTagOutput = tagChangeOutput
  .extend({
    until: time.nullable().optional().meta({
      description: "It is kept until then; null: its manifest is gone. Older registries leave it out.",
    }),
  })
  .meta({ id: "DeletedTag" });

export const deletedRepositoryOutput = z
  .object({ name: z.string(), fullName: z.string(), deletedAt: time, until })
  .meta({ id: "DeletedRepository" });

export const deletedManifestOutput = z
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

export const revertInput = z.strictObject({
  repository,
  tag,
  to: digest.optional().meta({ description: "The digest to move the tag to; by default, the one before." }),
});

export const revertOutput = z.object({ repository, tag, digest, previousDigest: digest.nullable() });

export const undeleteInput = z
  .strictObject({ repository, tag: tag.optional(), digest: digest.optional() })
  .refine(({ tag: name, digest: manifest }) => name === undefined || manifest === undefined, "name a tag or a digest")
  .meta({ description: "A tag, a manifest by its digest, or, without either, the repository itself." });

export const undeleteOutput = z.object({
  repository,
  digest: digest.nullable().meta({ description: "Null for a repository." }),
  tags: z.array(z.string()).meta({ description: "The tags that were restored." }),
});
