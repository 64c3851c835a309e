import type { z } from "zod";
import { generateId } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import type { Trigger } from "../events/stores.ts";
import { type TriggerRules, triggerRules } from "../events/trigger.ts";
import { RegistryError } from "../oci/errors.ts";
import { parseInput } from "../oci/parse-input.ts";
import { replayInput, triggerChanges, triggerInput } from "./event-schemas.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, listResponse, pageRequest } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { pageQuery } from "./schemas.ts";

/** Deliveries that one call makes pending again. */
const MAX_REPLAYED = 1000;

export async function createTrigger(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const { name, targets, ...rules } = await readBody(triggerInput, call);
  await requireTargets(call, targets);
  const trigger: Trigger = { id: generateId("trg"), name, rules, targets, enabled: true, createdAt: Date.now() };
  if (!(await registry.events.triggers.create(grant, trigger))) throw new RegistryError("SPACE_UNKNOWN");
  await noteInSpace(call, "trigger.created", { subject: trigger.id, name });
  const headers = { Location: `/api/v1/spaces/${grant.space}/triggers/${trigger.id}` };
  return Response.json(view(trigger), { status: 201, headers });
}

export async function listTriggers(call: SpaceCall): Promise<Response> {
  const page = await call.registry.events.triggers.list(call.grant, pageRequest(readQuery(pageQuery, call)));
  if (page === null) throw new RegistryError("SPACE_UNKNOWN");
  return listResponse(page, view, ({ id }) => id);
}

export async function getTrigger(call: SpaceCall): Promise<Response> {
  return Response.json(view(await requireTrigger(call, call.params["id"] ?? "")));
}

/** What is on its way already goes where it was to go, in the order that the rules have from then on. */
export async function updateTrigger(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const { name, targets, ...changes } = await readBody(triggerChanges, call);
  const old = await requireTrigger(call, params["id"] ?? "");
  if (targets !== undefined) await requireTargets(call, targets);
  const rules = changedRules(old.rules, changes);
  const trigger: Trigger = { ...old, name: name ?? old.name, targets: targets ?? old.targets, rules };
  if (!(await registry.events.triggers.update(grant, trigger))) throw new RegistryError("TRIGGER_UNKNOWN");
  await noteInSpace(call, "trigger.changed", { subject: trigger.id, name: trigger.name });
  return Response.json(view(trigger));
}

/** Rules with changes, which must fit together. */
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

type RuleChanges = Pick<z.output<typeof triggerChanges>, "match" | "group" | "debounceSeconds">;

async function requireTargets({ registry, grant }: SpaceCall, ids: readonly string[]): Promise<void> {
  const known = await registry.events.targets.known(grant, ids);
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length > 0) throw new RegistryError("TARGET_UNKNOWN", { detail: { targets: unknown } });
}

export async function deleteTrigger(call: SpaceCall): Promise<Response> {
  const { id, name } = await requireTrigger(call, call.params["id"] ?? "");
  if (!(await call.registry.events.triggers.delete(call.grant, id, call.grant.actor))) {
    throw new RegistryError("TRIGGER_UNKNOWN");
  }
  await noteInSpace(call, "trigger.deleted", { subject: id, name });
  return new Response(null, { status: 204 });
}

/** A handler that switches a trigger on or off. */
export function switchTrigger(enabled: boolean): (call: SpaceCall) => Promise<Response> {
  return async (call) => {
    const { registry, grant, params } = call;
    const known = await registry.events.triggers.setEnabled(grant, params["id"] ?? "", enabled, grant.actor);
    if (!known) throw new RegistryError("TRIGGER_UNKNOWN");
    const trigger = await requireTrigger(call, params["id"] ?? "");
    const { id, name } = trigger;
    await noteInSpace(call, enabled ? "trigger.enabled" : "trigger.disabled", { subject: id, name });
    return Response.json(view(trigger));
  };
}

/** Sends what failed again, in the order of events and without what is outdated; may be called again while it answers with as many as it can. */
export async function replayTrigger(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const { since } = await readBody(replayInput, call);
  const id = params["id"] ?? "";
  const { name } = await requireTrigger(call, id);
  const { deliveries, queue } = registry.events;
  const ids = await deliveries.replay(grant, id, Date.parse(since), MAX_REPLAYED, Date.now());
  // What the queue does not hear of, the sweep finds overdue.
  registry.later(queue.send(ids.map((delivery) => ({ kind: "delivery", id: delivery }))));
  await noteInSpace(call, "trigger.replayed", { subject: id, name, detail: { since, replayed: ids.length } });
  return Response.json({ replayed: ids.length });
}

export async function requireTrigger({ registry, grant }: SpaceCall, id: string): Promise<Trigger> {
  const trigger = await registry.events.triggers.find(grant, id);
  if (trigger === null) throw new RegistryError("TRIGGER_UNKNOWN");
  return trigger;
}

function view({ createdAt, rules, ...trigger }: Trigger): object {
  return { ...trigger, ...(rules ?? { match: null }), createdAt: isoTime(createdAt) };
}
