import { z } from "zod";
import { retentionKeep, retentionRepositories } from "../registry/retention.ts";
import { givenName } from "../oci/plain-text.ts";
import { SOMETHING, time } from "./schemas.ts";

const confirm = z.boolean().optional().meta({ description: "Needed for a rule that keeps nothing by itself." });
const enabled = z.boolean().meta({ description: "A rule that is switched off covers nothing." });
const keep = retentionKeep.meta({
  description:
    "A tag stays if any of the conditions of any rule that covers its repository holds for it. Immutable tags stay in any case, so does what is deployed or about to be, and what was pushed within the grace of collection.",
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
  cursor: z.string().max(300).optional().meta({ description: "`next` of the page before." }),
});

/** A rule as for its creation, or nothing. */
export const retentionPreviewInput = z
  .strictObject({
    ...retentionRuleInput.partial().shape,
    repositories: retentionRepositories.optional(),
    afterGrace: z.boolean().optional().meta({
      description:
        "True: what would go if the grace of all that is there had ended. What was pushed within it is judged by the rules like all else.",
    }),
    replaces: z.string().max(100).optional().meta({ description: "The id of a rule that this one would stand for." }),
  })
  .refine((rule) => rule.keep !== undefined || rule.repositories === undefined, {
    path: ["keep"],
    message: "a rule needs keep; without any rule, those that are saved are shown",
  })
  .meta({ description: "A rule as for its creation, beside those that are saved; or nothing, for those as they are." });

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
          bytes: z
            .int()
            .meta({ description: "Of manifests, and of blobs that nothing else needs, here or elsewhere." }),
          complete: z
            .boolean()
            .meta({ description: "False where it has more than could be looked at in one request." }),
        }),
      )
      .meta({ description: "The repositories of this page in which something would go." }),
    totals: z
      .object({ repositories: z.int(), tags: z.int(), manifests: z.int(), bytes: z.int() })
      .meta({ description: "Of this page; `repositories` has those that a rule covers." }),
    next: z.string().nullable().meta({ description: "The next page's cursor; null on the last." }),
  })
  .meta({ id: "RetentionPreview" });
