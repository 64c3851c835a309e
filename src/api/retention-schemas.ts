import { z } from "zod";
import { retentionKeep, retentionRepositories } from "../management/retention.ts";
import { givenName } from "../oci/plain-text.ts";
import { SOMETHING, time } from "./schemas.ts";

const confirm = z.boolean().optional().meta({ description: "Required for a rule that keeps nothing." });
const enabled = z.boolean().meta({ description: "A disabled rule covers nothing." });
const keep = retentionKeep.meta({
  description:
    "A tag is kept if it meets any condition of any rule that covers its repository. Immutable tags, what is deployed or about to be, and what was pushed within the grace period of garbage collection are always kept.",
});

export const retentionRuleInput = z.strictObject({
  name: givenName.default("retention"),
  repositories: retentionRepositories.default(["**"]),
  keep,
  enabled: enabled.default(true),
  confirm,
});

export const retentionRuleChanges = z
  .strictObject({
    name: givenName.optional(),
    repositories: retentionRepositories.optional(),
    keep: keep.optional(),
    enabled: enabled.optional(),
    confirm,
  })
  .refine((changes) => Object.keys(changes).some((key) => key !== "confirm"), SOMETHING);

export const retentionRuleOutput = z
  .object({
    id: z.string(),
    name: z.string(),
    repositories: z.array(z.string()),
    keep: z.object({
      newest: z.int().optional(),
      newerThanDays: z.int().optional(),
      pulledWithinDays: z.int().optional(),
      tags: z.array(z.string()).optional(),
      previouslyDeployed: z.int(),
    }),
    enabled: z.boolean(),
    createdAt: time,
  })
  .meta({ id: "RetentionRule" });

const SHOWN = "The first 1,000; the count has all.";

export const retentionPreviewQuery = z.strictObject({
  cursor: z.string().max(600).optional().meta({ description: "`next` of the previous page." }),
});

/** A rule as for its creation, or nothing. */
export const retentionPreviewInput = z
  .strictObject({
    ...retentionRuleInput.partial().shape,
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

export const retentionPreviewOutput = z
  .object({
    items: z
      .array(
        z.object({
          repository: z.string().meta({ description: "The path within the space." }),
          tags: z.array(z.string()).meta({ description: SHOWN }),
          manifests: z.array(z.string()).meta({ description: `Digests. ${SHOWN}` }),
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
        }),
      )
      .meta({
        description: "The repositories of this page that would lose something, and the one that the page before began.",
      }),
    totals: z.object({ repositories: z.int(), tags: z.int(), manifests: z.int(), bytes: z.int() }).meta({
      description: "Totals of this page; `repositories` counts those that a rule covers, each on its first page.",
    }),
    next: z.string().nullable().meta({ description: "The next page's cursor; null on the last." }),
  })
  .meta({ id: "RetentionPreview" });
