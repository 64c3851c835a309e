import * as z from "zod";
import { space } from "../guard.ts";
import type { Collectable, StoredInRepository } from "../management/storage-report.ts";
import { isoTimeOrNull, listAnswer, pageRequest } from "./answer.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { listOf, pageQuery } from "./shapes.ts";

const storedBytes = z.int().meta({
  description: "Bytes of its blobs and manifests; a blob counts in each repository that has it.",
});
const figures = {
  bytes: storedBytes,
  sharedBytes: z.int().meta({ description: "Bytes of these that another repository of the space has too." }),
  reclaimableBytes: z.int().meta({
    description: "Bytes of these that only deleted manifests or none need; garbage collection frees them later.",
  }),
};

/** A page is shorter than in other lists, because it reads all links of its repositories. */
const storageQuery = pageQuery.extend({ limit: z.coerce.number().int().min(1).max(100).default(100) });

const repositoryStorageOutput = z
  .object({ name: z.string().meta({ description: "The repository's path within the space." }), ...figures })
  .meta({ id: "RepositoryStorage" });

const storageOutput = listOf(repositoryStorageOutput).extend({
  total: z.object(figures).nullable().meta({ description: "Totals of the space; null on all pages but the first." }),
});

const storageDayOutput = z
  .object({
    day: z.iso.date().meta({ description: "In UTC; figures are those at the start of the day." }),
    bytes: storedBytes,
    repositories: z.int(),
  })
  .meta({ id: "StorageDay" });

const collectableOutput = z
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

export const getStorage = defineOperation({
  id: "getStorage",
  method: "GET",
  path: "/api/v1/spaces/:space/storage",
  guard: space,
  summary: "Show what a space stores, in total and by repository",
  query: storageQuery,
  answer: storageOutput,
  async run({ query, registry, grant }) {
    const { storage } = registry.management;
    const request = pageRequest(query);
    const [total, page] = await Promise.all([
      request.last === null ? storage.total(grant) : null,
      storage.byRepository(grant, request),
    ]);
    return { total, ...listAnswer(page, repositoryView, ({ path }) => path) };
  },
});

export const getStorageHistory = defineOperation({
  id: "getStorageHistory",
  method: "GET",
  path: "/api/v1/spaces/:space/storage/history",
  guard: space,
  summary: "Show what a space stored day by day, latest first; 400 days are kept",
  query: pageQuery,
  answer: listOf(storageDayOutput),
  async run({ query, registry, grant }) {
    const page = await registry.management.storageHistory.days(grant, pageRequest(query));
    return listAnswer(
      page,
      (day) => day,
      ({ day }) => day,
    );
  },
});

export const previewCollection = defineOperation({
  id: "previewCollection",
  method: "POST",
  path: "/api/v1/spaces/:space/gc:preview",
  guard: space,
  summary:
    "List what garbage collection would delete from a space, and when; a page may be short or empty before the end of the list",
  query: pageQuery,
  answer: listOf(collectableOutput),
  async run({ query, registry, grant }) {
    const part = await registry.management.storage.collectable(grant, pageRequest(query));
    return { items: part.entries.map(collectableView), next: part.next };
  },
});

function repositoryView({ path, ...stored }: StoredInRepository): Answer<typeof repositoryStorageOutput> {
  return { name: path, ...stored };
}

function collectableView({ path, digest, bytes, keptUntil }: Collectable): Answer<typeof collectableOutput> {
  return { repository: path, digest, bytes, keptUntil: isoTimeOrNull(keptUntil) };
}
