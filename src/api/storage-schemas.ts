import { z } from "zod";
import { listOf, pageQuery } from "./schemas.ts";

const bytes = z.int().meta({
  description: "Bytes of its blobs and manifests; a blob counts in each repository that has it.",
});
const stored = {
  bytes,
  sharedBytes: z.int().meta({ description: "Bytes of these that another repository of the space has too." }),
  reclaimableBytes: z.int().meta({
    description: "Bytes of these that only deleted manifests or none need; garbage collection frees them later.",
  }),
};

/** A page reads all links of its repositories. */
export const storageQuery = pageQuery.extend({ limit: z.coerce.number().int().min(1).max(100).default(100) });

export const storageOutput = listOf(
  z
    .object({ name: z.string().meta({ description: "The repository's path within the space." }), ...stored })
    .meta({ id: "RepositoryStorage" }),
).extend({
  total: z.object(stored).nullable().meta({ description: "Totals of the space; null on all pages but the first." }),
});

export const storageDayOutput = z
  .object({
    day: z.iso.date().meta({ description: "In UTC; figures are those at the start of the day." }),
    bytes,
    repositories: z.int(),
  })
  .meta({ id: "StorageDay" });

export const collectableOutput = z
  .object({
    repository: z.string().meta({ description: "The repository's path within the space." }),
    digest: z.string().nullable().meta({
      description: "The blob that no manifest of the repository needs; null: the whole repository was deleted.",
    }),
    bytes: z.int(),
    keptUntil: z.iso.datetime().nullable().meta({
      description:
        "It is kept at least until then. Null: garbage collection has not found it yet, so its grace period has not begun.",
    }),
  })
  .meta({ id: "Collectable" });
