import * as z from "zod";
import { space } from "../guard.ts";
import { previewRetention as previewOf, type RepositoryPreview } from "../management/retention-preview.ts";
import { retentionRepositories } from "../management/retention.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { ruleInput } from "./retention.ts";

/** The most names in one list of an answer. */
const SHOWN = 1000;
const SHOWN_ONLY = "The first 1,000; the count has all.";

const previewQuery = z.strictObject({
  cursor: z.string().max(600).optional().meta({ description: "`next` of the previous page." }),
});

/** A rule as for its creation. Without one, the preview is of the saved rules. */
const previewInput = z
  .strictObject({
    ...ruleInput.partial().shape,
    repositories: retentionRepositories.optional(),
    afterGrace: z.boolean().optional().meta({
      description:
        "True: show what would be deleted once the grace period has ended. Recent pushes are then judged by the rules as well.",
    }),
    replaces: z.string().max(100).optional().meta({ description: "The id of a rule that this one would replace." }),
  })
  .refine((rule) => rule.keep !== undefined || rule.repositories === undefined, {
    path: ["keep"],
    message: "a rule needs keep; to preview the saved rules, leave the rule out",
  })
  .meta({ description: "A rule to preview beside the saved ones; nothing, to preview the saved ones." });

const repositoryOutput = z.object({
  repository: z.string().meta({ description: "The path within the space." }),
  tags: z.array(z.string()).meta({ description: SHOWN_ONLY }),
  manifests: z.array(z.string()).meta({ description: `Digests. ${SHOWN_ONLY}` }),
  tagCount: z.int(),
  manifestCount: z.int(),
  bytes: z.int().meta({
    description:
      "Bytes of manifests, and of blobs that nothing else needs, here or elsewhere. Blobs that manifests of two pages share are left out.",
  }),
  complete: z.boolean().meta({
    description:
      "False if the next page goes on with this repository: add up its items. False on its last page if it has manifests with too many tags to check; the counts are then a minimum.",
  }),
});

const previewOutput = z
  .object({
    items: z.array(repositoryOutput).meta({
      description: "The repositories of this page that would lose something, and the one that the page before began.",
    }),
    totals: z.object({ repositories: z.int(), tags: z.int(), manifests: z.int(), bytes: z.int() }).meta({
      description: "Totals of this page; `repositories` counts those that a rule covers, each on its first page.",
    }),
    next: z.string().nullable().meta({ description: "The next page's cursor; null on the last." }),
  })
  .meta({ id: "RetentionPreview" });

export const previewRetention = defineOperation({
  id: "previewRetention",
  method: "POST",
  path: "/api/v1/spaces/:space/retention-rules:preview",
  formerly: "/api/v1/spaces/:space/retention:preview",
  guard: space,
  summary: "Show exactly what the rules would delete now, or with a rule that is not saved yet",
  query: previewQuery,
  body: previewInput,
  answer: previewOutput,
  async run({ query, body, registry, grant }) {
    const { keep, repositories = ["**"], enabled = true, replaces = null, afterGrace: graceIsOver = false } = body;
    const rule = keep === undefined || !enabled ? null : { repositories, keep };
    const proposal = { rule, replaces, graceIsOver };
    const cursor = query.cursor ?? null;
    const preview = await previewOf(registry.management.retention, grant, proposal, cursor, Date.now());
    const seen = preview.repositories;
    return { items: seen.filter(isShown).map(view), totals: totalsOf(seen), next: preview.next };
  },
});

function isShown({ tags, manifests, isResumed }: RepositoryPreview): boolean {
  return isResumed || tags.length + manifests.length > 0;
}

function totalsOf(seen: readonly RepositoryPreview[]): Answer<typeof previewOutput>["totals"] {
  const sum = (of: (one: RepositoryPreview) => number): number => seen.reduce((total, one) => total + of(one), 0);
  return {
    repositories: seen.filter(({ isResumed }) => !isResumed).length,
    tags: sum(({ tags }) => tags.length),
    manifests: sum(({ manifests }) => manifests.length),
    bytes: sum(({ bytes }) => bytes),
  };
}

function view(preview: RepositoryPreview): Answer<typeof repositoryOutput> {
  const { repository, tags, manifests, bytes, complete } = preview;
  return {
    repository,
    tags: tags.slice(0, SHOWN).map(({ name }) => name),
    manifests: manifests.slice(0, SHOWN).map(({ digest }) => digest),
    tagCount: tags.length,
    manifestCount: manifests.length,
    bytes,
    complete,
  };
}
