import { z } from "zod";
import { DELIVERY_STATUSES } from "../events/stores.ts";
import { checkGroup, triggerMatch, triggerRuleFields } from "../events/trigger.ts";
import { pageQuery } from "./schemas.ts";

const name = z.string();
const time = z.iso.datetime();

const repositoryPath = z.string().max(255).meta({ description: "The path within the space." });
const tag = z.string().max(128);

export const previewInput = z
  .strictObject({
    ...triggerRuleFields,
    match: triggerMatch.optional(),
    trigger: z.string().max(100).optional().meta({ description: "The id of a trigger, instead of `match`." }),
    repository: repositoryPath,
    tag: tag.meta({
      description: "If the tag exists, its manifest is checked; otherwise an ordinary image is assumed.",
    }),
  })
  .refine(({ match, trigger }) => (match === undefined) !== (trigger === undefined), "give either match or trigger");

/** What could never be saved has no preview either. */
export const pushesPreviewInput = z
  .strictObject({
    ...triggerRuleFields,
    match: triggerMatch.optional(),
    trigger: z.string().max(100).optional().meta({ description: "The id of a trigger, instead of `match`." }),
  })
  .refine(({ match, trigger }) => (match === undefined) !== (trigger === undefined), "give either match or trigger")
  .superRefine(({ match, ...rules }, context) => {
    if (match !== undefined) checkGroup({ match, ...rules }, context);
  });

export const testInput = z
  .strictObject({ repository: repositoryPath.optional(), tag: tag.optional() })
  .refine(
    (test) => (test.repository === undefined) === (test.tag === undefined),
    "give both repository and tag, or neither",
  );

export const testOutput = z.object({
  event: z.looseObject({ type: z.string() }).meta({ description: "What was sent." }),
  results: z.array(
    z.object({
      target: z.string(),
      name,
      outcome: z.string(),
      status: z.int().nullable(),
      milliseconds: z.int(),
      detail: z.string().meta({ description: "The beginning of the answer, or what went wrong." }),
    }),
  ),
});

export const previewOutput = z.object({
  fires: z.boolean(),
  reason: z.string().optional().meta({ description: "Why not." }),
});

export const pushesPreviewOutput = z.object({
  pushes: z
    .array(
      z.object({
        event: z.string(),
        type: z.string(),
        timestamp: time,
        repository: z.string().meta({ description: "With its space." }),
        tag: z.string().nullable(),
        digest: z.string(),
        fires: z.boolean(),
        reason: z.string().nullable().meta({ description: "Why not." }),
      }),
    )
    .meta({ description: "Newest first, 20 at most: pushes, and whatever else the trigger takes." }),
});

export const eventQuery = pageQuery.extend({
  kind: z.enum(["push"]).optional().meta({ description: "`push`: only pushes of tags." }),
});

export const eventOutput = z
  .object({
    id: z.string(),
    type: z.string(),
    timestamp: time,
    data: z.looseObject({
      repository: z.string(),
      tag: z.string().nullable(),
      digest: z.string(),
      previousDigest: z.string().nullable(),
      mediaType: z.string(),
      size: z.int(),
      platforms: z.array(z.string()),
      image: z.string(),
      actor: z.looseObject({ name: z.string() }),
    }),
    triggers: z
      .array(z.object({ trigger: z.string(), fires: z.boolean(), reason: z.string().nullable() }))
      .nullable()
      .meta({ description: "Which triggers fired, and why others did not; null until they have been evaluated." }),
  })
  .meta({ id: "Event" });

export const deployedQuery = pageQuery.extend({
  target: z.string().max(100).optional(),
  repository: z.string().max(255).optional().meta({ description: "With its space." }),
  current: z.enum(["true", "false"]).optional().meta({
    description: "`true`: only what each target received last from a repository.",
  }),
});

const FOLLOWED =
  "True: the registry followed the deployment to its end, so the target runs it. False: the target was told, and nothing more is known.";

export const deployedOutput = z
  .object({
    target: z.string(),
    repository: z.string(),
    tag: z.string().meta({ description: "The tag under which it was last delivered." }),
    digest: z.string(),
    delivery: z.string(),
    deployedAt: time,
    current: z
      .boolean()
      .meta({ description: "True if the target has received nothing else from the repository since." }),
    followed: z.boolean().meta({ description: FOLLOWED }),
  })
  .meta({ id: "Deployed" });

export const deliveryQuery = pageQuery.extend({
  event: z.string().max(100).optional(),
  status: z.enum(DELIVERY_STATUSES).optional(),
  trigger: z.string().max(100).optional(),
  target: z.string().max(100).optional(),
});

export const deliveryOutput = z
  .object({
    id: z.string().meta({ description: "The webhook-id that receivers get, the same for every attempt." }),
    event: z.string(),
    trigger: z.string(),
    target: z.string(),
    repository: z.string(),
    tag: z.string().nullable(),
    status: z.enum(DELIVERY_STATUSES),
    reason: z.string().nullable().meta({ description: "Why it has not arrived, or how it is going or ended." }),
    attempts: z.int(),
    nextAttemptAt: time.nullable(),
    createdAt: time,
    finishedAt: time.nullable(),
    canceledBy: z
      .object({ id: z.string(), name: z.string() })
      .nullable()
      .meta({ description: "Who canceled it, alone or with its trigger or target." }),
  })
  .meta({ id: "Delivery" });

export const deliveryDetailOutput = deliveryOutput
  .omit({ attempts: true })
  .extend({
    redelivery: z
      .array(
        z.object({
          repository: z.string(),
          tag: z.string(),
          digest: z.string(),
          deploys: z.boolean().meta({ description: "False: the target only notifies." }),
          followed: z.boolean().meta({ description: FOLLOWED }),
          current: z
            .object({ tag: z.string(), digest: z.string(), delivery: z.string(), deployedAt: time })
            .nullable()
            .meta({ description: "What the target received last from the repository; null: nothing is known." }),
        }),
      )
      .meta({ description: "What the target would get instead of what, if the delivery were sent again." }),
    attempts: z.array(
      z.object({
        number: z.int(),
        at: time,
        milliseconds: z.int(),
        status: z.int().nullable(),
        outcome: z.string(),
        detail: z.string().meta({ description: "The beginning of the answer, or what went wrong." }),
      }),
    ),
  })
  .meta({ id: "DeliveryDetail" });
