import { z } from "zod";
import { listOf, pageQuery } from "./schemas.ts";

const bytes = z.int().meta({
  description: "Of the blobs that it links and of its manifests: a blob counts in each repository that links it.",
});
const stored = {
  bytes,
  sharedBytes: z.int().meta({ description: "Of these, what another repository of the space links too." }),
  reclaimableBytes: z
    .int()
    .meta({ description: "Of these, what no manifest needs, but for deleted ones: collection takes it in time." }),
};

/** A page reads all links of its repositories. */
export const storageQuery = pageQuery.extend({ limit: z.coerce.number().int().min(1).max(100).default(100) });

export const storageOutput = listOf(
  z
    .object({ name: z.string().meta({ description: "The repository's path within the space." }), ...stored })
    .meta({ id: "RepositoryStorage" }),
  {
    total: z.object(stored).nullable().meta({ description: "Of the whole space; null on all pages but the first." }),
  },
);

export const storageDayOutput = z
  .object({
    day: z.iso.date().meta({ description: "In UTC; its figures are those of the day's beginning." }),
    bytes,
    repositories: z.int(),
  })
  .meta({ id: "StorageDay" });

export const collectableOutput = z
  .object({
    repository: z.string().meta({ description: "Its path within the space." }),
    digest: z.string().nullable().meta({
      description:
        "The blob that no manifest of the repository needs; null: the repository was deleted, with all in it.",
    }),
    bytes: z.int(),
    keptUntil: z.iso.datetime().nullable().meta({
      description:
        "It stays until then at least. Null: collection has not noticed it yet, and its grace has not begun.",
    }),
  })
  .meta({ id: "Collectable" });
