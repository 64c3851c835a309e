import * as z from "zod";
import { generateId } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import type { Trigger } from "../events/stores.ts";
import { checkGroup, triggerMatch, triggerRuleFields, type TriggerRules, triggerRules } from "../events/trigger.ts";
import { space } from "../guard.ts";
import { RegistryError } from "../oci/errors.ts";
import { parseInput } from "../oci/parse-input.ts";
import { givenName, PLAIN_THROUGHOUT } from "../oci/plain-text.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, listAnswer, pageRequest } from "./answer.ts";
import { type Answer, defineOperation, type Unread } from "./operation.ts";
import { changesSomething, listOf, pageQuery, SOMETHING, time } from "./shapes.ts";

/** The most deliveries that one call makes pending again. */
const MAX_REPLAYED = 1000;

/** Stricter than the reader of stored triggers: some were saved before this was required. */
const givenMatch = triggerMatch.refine(...PLAIN_THROUGHOUT);

const targetIds = z
  .array(z.string().max(100))
  .min(1, "name a target")
  .max(20)
  .transform((ids) => [...new Set(ids)]);

const triggerInput = z
  .strictObject({ name: givenName, ...triggerRuleFields, match: givenMatch.prefault({}), targets: targetIds })
  .superRefine(checkGroup);

const triggerChanges = z
  .strictObject({
    name: givenName.optional(),
    match: givenMatch.optional().meta({ description: "Replaces all of the old one." }),
    group: triggerRuleFields.group.nullable().meta({ description: "Null: none." }),
    debounceSeconds: triggerRuleFields.debounceSeconds.nullable().meta({ description: "Null: fire at once." }),
    targets: targetIds.optional(),
  })
  .refine(changesSomething, SOMETHING);

const triggerOutput = z
  .object({
    id: z.string(),
    name: z.string(),
    match: z.unknown().meta({ description: "Null if it is no longer understood; the trigger then does not fire." }),
    group: z.unknown().optional(),
    debounceSeconds: z.int().optional(),
    targets: z.array(z.string()),
    enabled: z.boolean(),
    createdAt: time,
  })
  .meta({ id: "Trigger" });

export const createTrigger = defineOperation({
  id: "createTrigger",
  method: "POST",
  path: "/api/v1/spaces/:space/triggers",
  guard: space,
  summary: "Create a trigger",
  body: triggerInput,
  answer: triggerOutput,
  made: ({ id }) => id,
  async run(call) {
    const { body, registry, grant } = call;
    const { name, targets, ...rules } = body;
    await requireTargets(call, targets);
    const trigger: Trigger = { id: generateId("trg"), name, rules, targets, enabled: true, createdAt: Date.now() };
    await registry.events.triggers.create(grant, trigger);
    await noteInSpace(call, "trigger.created", { subject: trigger.id, name });
    return view(trigger);
  },
});

export const listTriggers = defineOperation({
  id: "listTriggers",
  method: "GET",
  path: "/api/v1/spaces/:space/triggers",
  guard: space,
  summary: "List the triggers",
  query: pageQuery,
  answer: listOf(triggerOutput),
  async run({ query, registry, grant }) {
    const page = await registry.events.triggers.list(grant, pageRequest(query));
    return listAnswer(page, view, ({ id }) => id);
  },
});

export const getTrigger = defineOperation({
  id: "getTrigger",
  method: "GET",
  path: "/api/v1/spaces/:space/triggers/:id",
  guard: space,
  summary: "Show a trigger",
  answer: triggerOutput,
  async run(call) {
    return view(await requireTrigger(call, call.params["id"]));
  },
});

/** Changes a trigger. Deliveries under way still go to their old targets, in the order that the new rules give. */
export const updateTrigger = defineOperation({
  id: "updateTrigger",
  method: "PATCH",
  path: "/api/v1/spaces/:space/triggers/:id",
  guard: space,
  summary: "Change a trigger; deliveries under way still go to their old targets",
  body: triggerChanges,
  answer: triggerOutput,
  async run(call) {
    const { body, registry, grant, params } = call;
    const { name, targets, ...changes } = body;
    const old = await requireTrigger(call, params["id"]);
    if (targets !== undefined) await requireTargets(call, targets);
    const rules = changedRules(old.rules, changes);
    const trigger: Trigger = { ...old, name: name ?? old.name, targets: targets ?? old.targets, rules };
    if (!(await registry.events.triggers.update(grant, trigger))) throw new RegistryError("TRIGGER_UNKNOWN");
    await noteInSpace(call, "trigger.changed", { subject: trigger.id, name: trigger.name });
    return view(trigger);
  },
});

export const deleteTrigger = defineOperation({
  id: "deleteTrigger",
  method: "DELETE",
  path: "/api/v1/spaces/:space/triggers/:id",
  guard: space,
  summary: "Delete a trigger",
  async run(call) {
    const { registry, grant, params } = call;
    const { id, name } = await requireTrigger(call, params["id"]);
    if (!(await registry.events.triggers.delete(grant, id, grant.actor))) throw new RegistryError("TRIGGER_UNKNOWN");
    await noteInSpace(call, "trigger.deleted", { subject: id, name });
  },
});

export const enableTrigger = defineOperation({
  id: "enableTrigger",
  method: "POST",
  path: "/api/v1/spaces/:space/triggers/:id/enable",
  guard: space,
  summary: "Enable a trigger",
  answer: triggerOutput,
  run: (call) => setEnabled(call, true),
});

export const disableTrigger = defineOperation({
  id: "disableTrigger",
  method: "POST",
  path: "/api/v1/spaces/:space/triggers/:id/disable",
  guard: space,
  summary: "Disable a trigger",
  answer: triggerOutput,
  run: (call) => setEnabled(call, false),
});

/**
 * Sends failed deliveries again, without those that are outdated. The client may call it again as long as
 * it answers with the most that it can.
 */
export const replayTrigger = defineOperation({
  id: "replayTrigger",
  method: "POST",
  path: "/api/v1/spaces/:space/triggers/:id/replay",
  guard: space,
  summary:
    "Send a trigger's failed deliveries since a given time again, each under its own id, in the order of their events",
  body: z.strictObject({ since: time.max(40).meta({ description: "Deliveries created then or later." }) }),
  answer: z.object({
    replayed: z.int().meta({ description: "Number of deliveries that are pending again; 1,000 at most at a time." }),
  }),
  async run(call) {
    const { registry, grant, params } = call;
    const { since } = call.body;
    const { id, name } = await requireTrigger(call, params["id"]);
    const { deliveries, queue } = registry.events;
    const ids = await deliveries.replay(grant, id, Date.parse(since), MAX_REPLAYED, Date.now());
    // The queue need not hear of all: the sweep finds those that are overdue.
    registry.later(queue.send(ids.map((delivery) => ({ kind: "delivery", id: delivery }))));
    await noteInSpace(call, "trigger.replayed", { subject: id, name, detail: { since, replayed: ids.length } });
    return { replayed: ids.length };
  },
});

type RuleChanges = Pick<z.output<typeof triggerChanges>, "match" | "group" | "debounceSeconds">;

/** Returns the rules with the changes. Both must fit together. */
function changedRules(old: TriggerRules | null, changes: RuleChanges): TriggerRules {
  const { match = old?.match, group = old?.group, debounceSeconds = old?.debounceSeconds } = changes;
  const rules = { match, group: group ?? undefined, debounceSeconds: debounceSeconds ?? undefined };
  const message = "the request is not valid; see errors";
  if (match === undefined) {
    const detail = [{ path: "match", message: "the stored match is no longer understood: send a new one" }];
    throw new RegistryError("REQUEST_INVALID", { message, detail });
  }
  const parsed = parseInput(triggerRules, rules);
  if (!parsed.ok) throw new RegistryError("REQUEST_INVALID", { message, detail: parsed.problems });
  return parsed.data;
}

async function requireTargets({ registry, grant }: Unread<SpaceCall>, ids: readonly string[]): Promise<void> {
  const known = await registry.events.targets.known(grant, ids);
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length > 0) throw new RegistryError("TARGET_UNKNOWN", { detail: { targets: unknown } });
}

type TriggerAnswer = Answer<typeof triggerOutput>;

async function setEnabled(call: Unread<SpaceCall>, enabled: boolean): Promise<TriggerAnswer> {
  const { registry, grant, params } = call;
  const known = await registry.events.triggers.setEnabled(grant, params["id"] ?? "", enabled, grant.actor);
  if (!known) throw new RegistryError("TRIGGER_UNKNOWN");
  const trigger = await requireTrigger(call, params["id"]);
  const { id, name } = trigger;
  await noteInSpace(call, enabled ? "trigger.enabled" : "trigger.disabled", { subject: id, name });
  return view(trigger);
}

/** Finds a trigger of the space. Throws TRIGGER_UNKNOWN. */
export async function requireTrigger(
  { registry, grant }: Pick<SpaceCall, "registry" | "grant">,
  id = "",
): Promise<Trigger> {
  const trigger = await registry.events.triggers.find(grant, id);
  if (trigger === null) throw new RegistryError("TRIGGER_UNKNOWN");
  return trigger;
}

function view({ createdAt, rules, ...trigger }: Trigger): TriggerAnswer {
  return { ...trigger, ...(rules ?? { match: null }), createdAt: isoTime(createdAt) };
}
