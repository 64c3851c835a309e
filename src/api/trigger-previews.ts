import * as z from "zod";
import type { SpaceCall } from "../call.ts";
import { evaluateTrigger } from "../events/evaluate.ts";
import { repositoryOf } from "../events/event.ts";
import { type PreviewedEvent, previewOf } from "../events/preview.ts";
import { checkGroup, triggerMatch, triggerRuleFields, type TriggerRules } from "../events/trigger.ts";
import { space } from "../guard.ts";
import { isoTime } from "./answer.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { assumedPush, pushOf } from "./sample-events.ts";
import { time } from "./shapes.ts";
import { requireTrigger } from "./triggers.ts";

/** Rules that are not saved, or a trigger's own. */
const previewedFields = {
  ...triggerRuleFields,
  match: triggerMatch.optional(),
  trigger: z.string().max(100).optional().meta({ description: "The id of a trigger, instead of `match`." }),
};

const ONE_OF_BOTH = "give either match or trigger";

const pushInput = z
  .strictObject({
    ...previewedFields,
    repository: z.string().max(255).meta({ description: "The path within the space." }),
    tag: z.string().max(128).meta({
      description: "If the tag exists, its manifest is checked; otherwise an ordinary image is assumed.",
    }),
  })
  .refine(isOneOfBoth, ONE_OF_BOTH);

/** Refuses rules that could not be saved. */
const pushesInput = z
  .strictObject(previewedFields)
  .refine(isOneOfBoth, ONE_OF_BOTH)
  .superRefine(({ match, ...rules }, context) => {
    if (match !== undefined) checkGroup({ match, ...rules }, context);
  });

const previewedOutput = z.object({
  event: z.string(),
  type: z.string(),
  timestamp: time,
  repository: z.string().meta({ description: "With its space." }),
  tag: z.string().nullable(),
  digest: z.string(),
  fires: z.boolean(),
  reason: z.string().nullable().meta({ description: "Why not." }),
});

export const previewTrigger = defineOperation({
  id: "previewTrigger",
  method: "POST",
  path: "/api/v1/spaces/:space/triggers:preview",
  guard: space,
  summary: "Show if a push to a tag would fire, and why not",
  body: pushInput,
  answer: z.object({
    fires: z.boolean(),
    reason: z.string().optional().meta({ description: "Why not." }),
  }),
  async run(call) {
    const { repository, tag } = call.body;
    const rules = await rulesOf(call);
    const wanted = rules?.match.events.includes("tag.created") ? "tag.created" : "tag.updated";
    const stored =
      (await pushOf(call, repository, tag, wanted)) ?? assumedPush(call, repository, tag, wanted, rules?.match ?? null);
    const evaluation = await evaluateTrigger(call.registry.events.triggers, { rules }, stored);
    return evaluation.fires ? { fires: true } : evaluation;
  },
});

export const previewPushes = defineOperation({
  id: "previewPushes",
  method: "POST",
  path: "/api/v1/spaces/:space/pushes:preview",
  guard: space,
  summary: "Show which of the latest pushes would have fired a trigger, and why others would not",
  body: pushesInput,
  answer: z.object({
    pushes: z
      .array(previewedOutput)
      .meta({ description: "Newest first, 20 at most: pushes, and whatever else the trigger takes." }),
  }),
  async run(call) {
    const previewed = await previewOf(call.registry.events, call.grant, await rulesOf(call));
    return { pushes: previewed.map(view) };
  },
});

function isOneOfBoth({ match, trigger }: { readonly match?: unknown; readonly trigger?: unknown }): boolean {
  return (match === undefined) !== (trigger === undefined);
}

type Previewed = z.output<typeof pushesInput>;

/** Returns the rules to preview; null if this version cannot read the trigger's stored rules. */
async function rulesOf(
  call: Pick<SpaceCall, "registry" | "grant"> & { readonly body: Previewed },
): Promise<TriggerRules | null> {
  const { trigger, match, group, debounceSeconds } = call.body;
  return match === undefined ? (await requireTrigger(call, trigger)).rules : { match, group, debounceSeconds };
}

function view({ event, evaluation }: PreviewedEvent): Answer<typeof previewedOutput> {
  const { id, type, occurredAt, tag, digest } = event;
  const reason = evaluation.fires ? null : evaluation.reason;
  const told = { event: id, type, timestamp: isoTime(occurredAt), repository: repositoryOf(event), tag, digest };
  return { ...told, fires: evaluation.fires, reason };
}
