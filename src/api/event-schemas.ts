import { z } from "zod";
import { DELIVERY_STATUSES } from "../events/stores.ts";
import { MIN_SECRET } from "../events/target.ts";
import { checkGroup, triggerMatch, triggerRuleFields } from "../events/trigger.ts";
import { boundedRecord } from "../oci/bounds.ts";
import { givenName, PLAIN_THROUGHOUT, plainText } from "../oci/plain-text.ts";
import { pageQuery, SOMETHING } from "./schemas.ts";

const name = z.string();
const time = z.iso.datetime();

const url = plainText(2000);
/** Of a target's configuration: far more than any type knows. */
const MAX_SETTINGS = 50;

const LONG_ENOUGH = `${MIN_SECRET} characters at least.`;
const config = boundedRecord(z.string().max(100), z.unknown(), MAX_SETTINGS)
  .refine(...PLAIN_THROUGHOUT)
  .meta({ description: "What the type needs beside its address." });

/** Of triggers that are stored there may be some that were made before this was asked for. */
const givenMatch = triggerMatch.refine(...PLAIN_THROUGHOUT);

const deploys = z.boolean().meta({
  description:
    "It puts in place what it is given: retention keeps what it was given last of each repository. Say `false` of one that only notifies, such as a chat: it keeps nothing. Without a word it deploys; one that is followed to its end always does.",
});

export const targetInput = z.strictObject({
  name: givenName,
  type: z
    .string()
    .max(50)
    .meta({ description: "As `standard-webhook`; an unknown type is answered with the list of those there are." }),
  url: url.optional().meta({ description: "https, on a public host. Some types know their own." }),
  secret: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .meta({ description: `Where the type takes one of yours. ${LONG_ENOUGH} It is never shown again.` }),
  config: config.default({}),
  deploys: deploys.optional(),
});

const changesSomething = (changes: object): boolean => Object.keys(changes).length > 0;

export const targetChanges = z
  .strictObject({
    name: givenName.optional(),
    url: url.optional().meta({
      description:
        "Another address needs its secret again, or null for none; where the secret is ours, the answer has a new one.",
    }),
    secret: z
      .string()
      .min(1)
      .max(4096)
      .nullable()
      .optional()
      .meta({
        description: `In place of the old one, which counts no more; null: none. ${LONG_ENOUGH} To keep the old one for a day, rotate it.`,
      }),
    config: config.optional().meta({ description: "All of it, in place of the old." }),
    deploys: deploys.optional(),
  })
  .refine(changesSomething, SOMETHING);

export const targetOutput = z
  .object({
    id: z.string(),
    name,
    type: z.string(),
    url: z.string().meta({ description: "Only its host, where the address is as good as a password." }),
    config: z.unknown(),
    deploys: z.boolean().meta({ description: "False: it is only told, and retention keeps nothing for it." }),
    hasSecret: z.boolean(),
    identity: z
      .object({ issuer: z.string(), subject: z.string() })
      .meta({ description: "Who the target is to a server that trusts this registry's tokens (OpenID Connect)." }),
    enabled: z.boolean(),
    disabledReason: z.string().nullable().meta({ description: "Why it was switched off by itself." }),
    failingSince: time.nullable(),
    createdAt: time,
  })
  .meta({ id: "Target" });

export const newTargetOutput = targetOutput
  .extend({ secret: z.string().optional().meta({ description: "Where we made one. Shown this once." }) })
  .meta({ id: "NewTarget" });

export const secretInput = z.strictObject({
  secret: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .meta({ description: `Where the type takes one of yours. ${LONG_ENOUGH}` }),
});

export const secretOutput = z.object({
  secret: z.string().optional(),
  previousUntil: time.meta({ description: "Until then the old secret signs too." }),
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
    match: givenMatch.optional().meta({ description: "All of it, in place of the old." }),
    group: triggerRuleFields.group.nullable().meta({ description: "Null: none." }),
    debounceSeconds: triggerRuleFields.debounceSeconds.nullable().meta({ description: "Null: it does not wait." }),
    targets: targets.optional(),
  })
  .refine(changesSomething, SOMETHING);

export const triggerOutput = z
  .object({
    id: z.string(),
    name,
    match: z.unknown().meta({ description: "Null where it is no longer understood; such a trigger does not fire." }),
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
    trigger: z.string().max(100).optional().meta({ description: "The id of a trigger, in place of `match`." }),
    repository: repositoryPath,
    tag: tag.meta({ description: "Where it exists, its manifest is looked at; else an ordinary image is assumed." }),
  })
  .refine(({ match, trigger }) => (match === undefined) !== (trigger === undefined), "either match or trigger");

/** What could never be saved has no preview either. */
export const pushesPreviewInput = z
  .strictObject({
    ...triggerRuleFields,
    match: triggerMatch.optional(),
    trigger: z.string().max(100).optional().meta({ description: "The id of a trigger, in place of `match`." }),
  })
  .refine(({ match, trigger }) => (match === undefined) !== (trigger === undefined), "either match or trigger")
  .superRefine(({ match, ...rules }, context) => {
    if (match !== undefined) checkGroup({ match, ...rules }, context);
  });

export const testInput = z
  .strictObject({ repository: repositoryPath.optional(), tag: tag.optional() })
  .refine((test) => (test.repository === undefined) === (test.tag === undefined), "both or neither");

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
  since: time.max(40).meta({ description: "Deliveries that were made then or later." }),
});

export const replayOutput = z.object({
  replayed: z.int().meta({ description: "How many are pending again; 1,000 at most at a time." }),
});

export const eventQuery = pageQuery.extend({
  kind: z.enum(["push"]).optional().meta({ description: "`push`: only of tags that were set." }),
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
      .meta({ description: "What each trigger made of it, and why not; null until that was decided." }),
  })
  .meta({ id: "Event" });

export const deployedQuery = pageQuery.extend({
  target: z.string().max(100).optional(),
  repository: z.string().max(255).optional().meta({ description: "With its space." }),
  current: z.enum(["true", "false"]).optional().meta({
    description: "`true`: only what each target was given last of a repository, and not what it was given before.",
  }),
});

const FOLLOWED =
  "True: the target was followed to its end, so it runs what it was given. False: all that is known is that it was told.";

export const deployedOutput = z
  .object({
    target: z.string(),
    repository: z.string(),
    tag: z.string().meta({ description: "Under which it was delivered last." }),
    digest: z.string(),
    delivery: z.string(),
    deployedAt: time,
    current: z.boolean().meta({ description: "The target was given nothing else of the repository since." }),
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
    id: z.string().meta({ description: "What receivers get as webhook-id: the same for every attempt." }),
    event: z.string(),
    trigger: z.string(),
    target: z.string(),
    repository: z.string(),
    tag: z.string().nullable(),
    status: z.enum(DELIVERY_STATUSES),
    reason: z.string().nullable().meta({ description: "Why it has not arrived, or how it goes and ended." }),
    attempts: z.int(),
    nextAttemptAt: time.nullable(),
    createdAt: time,
    finishedAt: time.nullable(),
    canceledBy: z
      .object({ id: z.string(), name: z.string() })
      .nullable()
      .meta({ description: "Who canceled it, by itself or with its trigger or target." }),
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
          deploys: z.boolean().meta({ description: "False: the target is only told." }),
          followed: z.boolean().meta({ description: FOLLOWED }),
          current: z
            .object({ tag: z.string(), digest: z.string(), delivery: z.string(), deployedAt: time })
            .nullable()
            .meta({ description: "What the target was given last of the repository; null: nothing that is known." }),
        }),
      )
      .meta({ description: "What the target would get in place of what, if it were sent again." }),
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
