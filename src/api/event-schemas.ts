import { z } from "zod";
import { DELIVERY_STATUSES } from "../events/stores.ts";
import { pageQuery } from "./schemas.ts";

const time = z.iso.datetime();

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
