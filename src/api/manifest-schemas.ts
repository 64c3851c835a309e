import { z } from "zod";
import { DAMAGES } from "../registry/damage.ts";
import { OMISSIONS } from "../management/manifest-report.ts";
import { contentSize, pageQuery, time } from "./schemas.ts";

const repository = z.string().max(255).meta({ description: "The path within the space, for example `web/api`." });
const digest = z.string().max(200);
const annotations = z.record(z.string(), z.string()).nullable();
const damage = z
  .enum(DAMAGES)
  .nullable()
  .meta({ description: "The damage of the stored bytes, until they are pushed again; null: none is known." });
const omitted = z.enum(OMISSIONS).nullable().meta({ description: "Why it is left out; null: it is included." });
const someTags = z.array(z.string()).meta({ description: "Five at most." });

export const manifestQuery = z.strictObject({
  repository,
  reference: z.string().min(1).max(200).meta({ description: "A tag or a digest." }),
});

export const manifestOutput = z
  .object({
    digest,
    mediaType: z.string(),
    size: z.int().meta({ description: "Bytes of the manifest itself." }),
    artifactType: z.string().nullable(),
    subject: digest.nullable(),
    annotations,
    platforms: z.array(z.string()),
    contentSize,
    tags: z.array(z.string()).meta({ description: "The first hundred of the tags on it." }),
    hasMoreTags: z.boolean(),
    usedBy: z
      .array(z.object({ digest, mediaType: z.string(), tags: someTags }))
      .meta({ description: "Manifests that need it, newest first: fifty at most." }),
    attached: z
      .array(z.object({ tag: z.string(), digest }))
      .meta({ description: "Content attached by tags made from the digest: `.sig`, `.att` and `.sbom`." }),
    attestations: z
      .array(
        z.object({
          digest: digest.meta({ description: "The manifest with the statements." }),
          subject: digest.meta({ description: "The image that the statements are about." }),
          platform: z.string().nullable().meta({ description: "The image's platform, for example `linux/amd64`." }),
          predicateTypes: z
            .array(z.string())
            .meta({ description: "What the statements are, as `https://spdx.dev/Document`; empty: it is not said." }),
        }),
      )
      .meta({
        description:
          "SBOM and provenance that a builder like buildx attached in this index, or in an index with this image. A hundred at most.",
      }),
    needs: z
      .array(
        z.object({
          digest,
          kind: z.enum(["blob", "manifest"]).nullable().meta({ description: "Null: it is missing." }),
          size: z.int().nullable().meta({ description: "Bytes of the thing itself." }),
          contentSize: z
            .int()
            .nullable()
            .meta({ description: "For a manifest, bytes of everything it needs; otherwise null." }),
          damage,
          sharedWith: someTags.meta({ description: "Other tags whose content needs it too: five at most." }),
        }),
      )
      .meta({ description: "Everything it needs, a thousand at most, unordered; `raw` has the order." }),
    pushedAt: time,
    pulledAt: time.nullable().meta({ description: "The day of the last pull; null: never." }),
    damage,
    raw: z.string().nullable().meta({ description: "The exact text as pushed; null if it is damaged." }),
    config: z
      .object({
        mediaType: z.string(),
        digest,
        size: z.int(),
        json: z.unknown().meta({ description: "The config as it was pushed." }),
        omitted,
      })
      .nullable()
      .meta({ description: "Null if the manifest has none, like an index." }),
  })
  .meta({ id: "Manifest" });

export const referrersQuery = pageQuery.extend({
  repository,
  digest,
  artifactType: z.string().max(255).optional(),
});

export const referrerOutput = z
  .object({
    digest,
    mediaType: z.string(),
    size: z.int().meta({ description: "Bytes of the manifest itself." }),
    artifactType: z.string().nullable(),
    annotations,
  })
  .meta({ id: "Referrer" });

export const blobTextQuery = z.strictObject({ repository, digest });

export const blobTextOutput = z
  .object({
    digest,
    size: z.int().nullable().meta({ description: "Bytes; null if the repository does not have all of it." }),
    text: z.string().nullable().meta({ description: "The blob's UTF-8 text, of 4 MiB at most." }),
    omitted,
  })
  .meta({ id: "BlobText" });
