import { z } from "zod";
import { DELIVERY_STATUSES } from "../events/stores.ts";
import { MIN_SECRET } from "../events/target.ts";
import { checkGroup, triggerMatch, triggerRuleFields } from "../events/trigger.ts";
import { boundedRecord } from "../oci/bounds.ts";
import { givenName, PLAIN_THROUGHOUT, plainText } from "../oci/plain-text.ts";
import { pageQuery, SOMETHING } from "./schemas.ts";
import { ANY_SETTINGS } from "./target-types.ts";

const name = z.string();
const time = z.iso.datetime();

const url = plainText(2000);
/** The most settings of a target: far more than any type knows. */
const MAX_SETTINGS = 50;

const LONG_ENOUGH = `${MIN_SECRET} characters at least.`;
const config = boundedRecord(z.string().max(100), z.unknown(), MAX_SETTINGS)
  .refine(...PLAIN_THROUGHOUT)
  .meta({
    description: "Settings of the type, besides its address: GET /api/v1/target-types has them with their meaning.",
    ...ANY_SETTINGS,
  });

/** Of triggers that are stored there may be some that were made before this was asked for. */
const givenMatch = triggerMatch.refine(...PLAIN_THROUGHOUT);

const deploys = z.boolean().meta({
  description:
    "True, the default: the target deploys what it receives, and retention keeps what it received last from each repository. False: it only notifies, like a chat, and retention ignores it. Targets whose deployments are followed always deploy.",
});

export const targetInput = z.strictObject({
  name: givenName,
  type: z.string().max(50).meta({ description: "For example `standard-webhook`; GET /api/v1/target-types has all." }),
  url: url.optional().meta({ description: "https, on a public host. Some types have their own." }),
  secret: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .meta({ description: `For types that need your own secret. ${LONG_ENOUGH} It is never shown again.` }),
  config: config.default({}),
  deploys: deploys.optional(),
});

const changesSomething = (changes: object): boolean => Object.keys(changes).length > 0;

export const targetChanges = z
  .strictObject({
    name: givenName.optional(),
    url: url.optional().meta({
      description:
        "A new address needs the secret again, or null for none; if the registry creates the secret, the answer has a new one.",
    }),
    secret: z
      .string()
      .min(1)
      .max(4096)
      .nullable()
      .optional()
      .meta({
        description: `Replaces the old secret at once; null: none. ${LONG_ENOUGH} To keep the old one for a day, rotate it.`,
      }),
    config: config.optional().meta({ description: "Replaces all of the old one." }),
    deploys: deploys.optional(),
  })
  .refine(changesSomething, SOMETHING);

export const targetOutput = z
  .object({
    id: z.string(),
    name,
    type: z.string(),
    url: z.string().meta({ description: "Only the host, if the address itself is a secret." }),
    config: z.unknown().meta({ description: "The settings, with the type's defaults." }),
    deploys: z.boolean().meta({ description: "False: the target only notifies, and retention ignores it." }),
    hasSecret: z.boolean(),
    identity: z
      .object({ issuer: z.string(), subject: z.string() })
      .meta({ description: "The target's identity for a server that trusts this registry's tokens (OpenID Connect)." }),
    enabled: z.boolean(),
    disabledReason: z.string().nullable().meta({ description: "Why the registry disabled it." }),
    failingSince: time.nullable(),
    createdAt: time,
  })
  .meta({ id: "Target" });

export const newTargetOutput = targetOutput
  .extend({
    secret: z.string().optional().meta({ description: "The secret, if the registry created it. Shown only once." }),
  })
  .meta({ id: "NewTarget" });

export const secretInput = z.strictObject({
  secret: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .meta({ description: `For types that need your own secret. ${LONG_ENOUGH}` }),
});

export const secretOutput = z.object({
  secret: z.string().optional(),
  previousUntil: time.meta({ description: "The old secret also signs until then." }),
});

const targets = z
  .array(z.string().max(100))
  .min(1, "name a target")
  .max(20)
  .transform((ids) => [...new Set(ids)]);

export const triggerInput = z
  .strictObject({ name: givenName, ...triggerRuleFields, match: givenMatch.prefault({}), targets })
  .superRefine(checkGroup);

export const triggerChanges = z
  .strictObject({
    name: givenName.optional(),
    match: givenMatch.optional().meta({ description: "Replaces all of the old one." }),
    group: triggerRuleFields.group.nullable().meta({ description: "Null: none." }),
    debounceSeconds: triggerRuleFields.debounceSeconds.nullable().meta({ description: "Null: fire at once." }),
    targets: targets.optional(),
  })
  .refine(changesSomething, SOMETHING);

export const triggerOutput = z
  .object({
    id: z.string(),
    name,
    match: z.unknown().meta({ description: "Null if it is no longer understood; the trigger then does not fire." }),
    group: z.unknown().optional(),
    debounceSeconds: z.int().optional(),
    targets: z.array(z.string()),
    enabled: z.boolean(),
    createdAt: time,
  })
  .meta({ id: "Trigger" });

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

export const replayInput = z.strictObject({
  since: time.max(40).meta({ description: "Deliveries created then or later." }),
});

export const replayOutput = z.object({
  replayed: z.int().meta({ description: "Number of deliveries that are pending again; 1,000 at most at a time." }),
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
