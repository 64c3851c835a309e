import * as z from "zod";
import { repositoryReader } from "../guard.ts";
import { OMISSIONS, readBlobText, type ShownManifest, showManifest } from "../management/manifest-report.ts";
import { requireDigest } from "../oci/digest.ts";
import { DAMAGES } from "../registry/damage.ts";
import { listReferrers as findReferrers } from "../registry/pull.ts";
import type { Referrer } from "../registry/stores.ts";
import { isoTime, isoTimeOrNull, listAnswer, pageRequest } from "./answer.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { contentSize, listOf, pageQuery, repositoryPath, time } from "./shapes.ts";

const digestText = z.string().max(200);
const annotationMap = z.record(z.string(), z.string()).nullable();
const damage = z
  .enum(DAMAGES)
  .nullable()
  .meta({ description: "The damage of the stored bytes, until they are pushed again; null: none is known." });
const omitted = z.enum(OMISSIONS).nullable().meta({ description: "Why it is left out; null: it is included." });
const someTags = z.array(z.string()).meta({ description: "Five at most." });

const manifestQuery = z.strictObject({
  repository: repositoryPath,
  reference: z.string().min(1).max(200).meta({ description: "A tag or a digest." }),
});

const manifestOutput = z
  .object({
    digest: digestText,
    mediaType: z.string(),
    size: z.int().meta({ description: "Bytes of the manifest itself." }),
    artifactType: z.string().nullable(),
    subject: digestText.nullable(),
    annotations: annotationMap,
    platforms: z.array(z.string()),
    contentSize,
    tags: z.array(z.string()).meta({ description: "The first hundred of the tags on it." }),
    hasMoreTags: z.boolean(),
    usedBy: z
      .array(z.object({ digest: digestText, mediaType: z.string(), tags: someTags }))
      .meta({ description: "Manifests that need it, newest first: fifty at most." }),
    attached: z
      .array(z.object({ tag: z.string(), digest: digestText }))
      .meta({ description: "Content attached by tags made from the digest: `.sig`, `.att` and `.sbom`." }),
    attestations: z
      .array(
        z.object({
          digest: digestText.meta({ description: "The manifest with the statements." }),
          subject: digestText.meta({ description: "The image that the statements are about." }),
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
          digest: digestText,
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
        digest: digestText,
        size: z.int(),
        json: z.unknown().meta({ description: "The config as it was pushed." }),
        omitted,
      })
      .nullable()
      .meta({ description: "Null if the manifest has none, like an index." }),
  })
  .meta({ id: "Manifest" });

const referrersQuery = pageQuery.extend({
  repository: repositoryPath,
  digest: digestText,
  artifactType: z.string().max(255).optional(),
});

const referrerOutput = z
  .object({
    digest: digestText,
    mediaType: z.string(),
    size: z.int().meta({ description: "Bytes of the manifest itself." }),
    artifactType: z.string().nullable(),
    annotations: annotationMap,
  })
  .meta({ id: "Referrer" });

const blobTextQuery = z.strictObject({ repository: repositoryPath, digest: digestText });

const blobTextOutput = z
  .object({
    digest: digestText,
    size: z.int().nullable().meta({ description: "Bytes; null if the repository does not have all of it." }),
    text: z.string().nullable().meta({ description: "The blob's UTF-8 text, of 4 MiB at most." }),
    omitted,
  })
  .meta({ id: "BlobText" });

/** Shows a manifest. Its path is not below the repository's own, since a repository's name may have components like this path's. */
export const getManifest = defineOperation({
  id: "getManifest",
  method: "GET",
  path: "/api/v1/spaces/:space/manifest",
  guard: repositoryReader,
  summary: "Show a manifest: its text, its config, what it needs and what needs it; this does not count as a pull",
  query: manifestQuery,
  answer: manifestOutput,
  async run({ query, registry, grant }) {
    const { stores, management } = registry;
    return manifestView(await showManifest(stores, management.manifests, grant, query.reference));
  },
});

export const listReferrers = defineOperation({
  id: "listReferrers",
  method: "GET",
  path: "/api/v1/spaces/:space/referrers",
  guard: repositoryReader,
  summary: "List what refers to a digest: signatures, SBOMs, attestations; a page may be shorter than requested",
  query: referrersQuery,
  answer: listOf(referrerOutput),
  async run({ query, registry, grant }) {
    const subject = requireDigest(query.digest);
    const artifactType = query.artifactType ?? null;
    const page = await findReferrers(registry.stores, grant, subject, artifactType, pageRequest(query));
    return listAnswer(page, referrerView, (referrer) => referrer.digest);
  },
});

export const getBlobText = defineOperation({
  id: "getBlobText",
  method: "GET",
  path: "/api/v1/spaces/:space/blob-text",
  guard: repositoryReader,
  summary: "Read a small text blob, for example an SBOM",
  query: blobTextQuery,
  answer: blobTextOutput,
  async run({ query, registry, grant }) {
    const blob = await readBlobText(registry.stores, grant, requireDigest(query.digest));
    return { digest: query.digest, ...blob };
  },
});

function manifestView({ stored, pushedAt, pulledAt, ...manifest }: ShownManifest): Answer<typeof manifestOutput> {
  const { digest, mediaType, size } = stored;
  return { digest, mediaType, size, ...manifest, pushedAt: isoTime(pushedAt), pulledAt: isoTimeOrNull(pulledAt) };
}

function referrerView({ digest, mediaType, size, artifactType, annotations }: Referrer): Answer<typeof referrerOutput> {
  return { digest, mediaType, size, artifactType, annotations };
}
