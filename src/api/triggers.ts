import { generateId } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import { tryOnce } from "../events/deliver.ts";
import { evaluateTrigger } from "../events/evaluate.ts";
import { eventDocument, type EventType, type RegistryEvent } from "../events/event.ts";
import { matchTrigger } from "../events/match.ts";
import type { ListedEvent, StoredEvent, Trigger } from "../events/stores.ts";
import type { TriggerMatch } from "../events/trigger.ts";
import { RegistryError } from "../oci/errors.ts";
import { OCI_INDEX } from "../oci/media-types.ts";
import { previewInput, replayInput, testInput, triggerInput } from "./event-schemas.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, listResponse, pageRequest, readBody, readQuery } from "./operation.ts";
import { pageQuery } from "./schemas.ts";

/** Deliveries that one call makes pending again. */
const MAX_REPLAYED = 1000;

/** Events among which a test looks for one that fits. */
const LOOKED_AT = 100;

export async function createTrigger(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const { name, targets, ...rules } = await readBody(triggerInput, call);
  const known = await registry.events.targets.known(grant.space, targets);
  const unknown = targets.filter((id) => !known.includes(id));
  if (unknown.length > 0) throw new RegistryError("TARGET_UNKNOWN", { detail: { targets: unknown } });
  const trigger: Trigger = { id: generateId("trg"), name, rules, targets, enabled: true, createdAt: Date.now() };
  if (!(await registry.events.triggers.create(grant.space, trigger))) throw new RegistryError("SPACE_UNKNOWN");
  await noteInSpace(call, "trigger.created", { subject: trigger.id, name });
  const headers = { Location: `/api/v1/spaces/${grant.space}/triggers/${trigger.id}` };
  return Response.json(view(trigger), { status: 201, headers });
}

export async function listTriggers(call: SpaceCall): Promise<Response> {
  const page = await call.registry.events.triggers.list(call.grant.space, pageRequest(readQuery(pageQuery, call)));
  if (page === null) throw new RegistryError("SPACE_UNKNOWN");
  return listResponse(page, view, ({ id }) => id);
}

export async function getTrigger(call: SpaceCall): Promise<Response> {
  return Response.json(view(await requireTrigger(call, call.params["id"] ?? "")));
}

export async function deleteTrigger(call: SpaceCall): Promise<Response> {
  const { id, name } = await requireTrigger(call, call.params["id"] ?? "");
  if (!(await call.registry.events.triggers.delete(call.grant.space, id))) throw new RegistryError("TRIGGER_UNKNOWN");
  await noteInSpace(call, "trigger.deleted", { subject: id, name });
  return new Response(null, { status: 204 });
}

/** A handler that switches a trigger on or off. */
export function switchTrigger(enabled: boolean): (call: SpaceCall) => Promise<Response> {
  return async (call) => {
    const { registry, grant, params } = call;
    const known = await registry.events.triggers.setEnabled(grant.space, params["id"] ?? "", enabled);
    if (!known) throw new RegistryError("TRIGGER_UNKNOWN");
    const trigger = await requireTrigger(call, params["id"] ?? "");
    const { id, name } = trigger;
    await noteInSpace(call, enabled ? "trigger.enabled" : "trigger.disabled", { subject: id, name });
    return Response.json(view(trigger));
  };
}

/** Sends what failed again; may be called again while it answers with as many as it can. */
export async function replayTrigger(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const { since } = await readBody(replayInput, call);
  const id = params["id"] ?? "";
  const { name } = await requireTrigger(call, id);
  const { deliveries, queue } = registry.events;
  const ids = await deliveries.replay(grant.space, id, Date.parse(since), MAX_REPLAYED, Date.now());
  // What the queue does not hear of, the sweep finds overdue.
  registry.later(queue.send(ids.map((delivery) => ({ kind: "delivery", id: delivery }))));
  await noteInSpace(call, "trigger.replayed", { subject: id, name, detail: { since, replayed: ids.length } });
  return Response.json({ replayed: ids.length });
}

/** Whether a push to this tag would fire, and if not, why. */
export async function previewTrigger(call: SpaceCall): Promise<Response> {
  const { registry, params } = call;
  // The router takes what follows `triggers` for a parameter.
  if (params["preview"] !== ":preview") throw new RegistryError("ROUTE_UNKNOWN");
  const { trigger, match, group, debounceSeconds, repository, tag } = await readBody(previewInput, call);
  const rules =
    match === undefined ? (await requireTrigger(call, trigger ?? "")).rules : { match, group, debounceSeconds };
  const wanted = rules?.match.events.includes("tag.created") ? "tag.created" : "tag.updated";
  const stored =
    (await pushOf(call, repository, tag, wanted)) ?? assumedPush(call, repository, tag, wanted, rules?.match ?? null);
  const evaluation = await evaluateTrigger(registry.events.triggers, { rules }, stored);
  return Response.json(evaluation.fires ? { fires: true } : evaluation);
}

/** Sends each target what it would be sent for a push, now and once. Nothing is kept of it. */
export async function testTrigger(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const { repository, tag } = await readBody(testInput, call);
  const trigger = await requireTrigger(call, params["id"] ?? "");
  const event =
    repository === undefined || tag === undefined
      ? await lastFitting(call, trigger)
      : ((await pushOf(call, repository, tag, "tag.updated"))?.event ?? null);
  if (event === null) throw new RegistryError(tag === undefined ? "NOTHING_TO_TEST" : "MANIFEST_UNKNOWN");
  const results = await Promise.all(trigger.targets.map((id) => testTarget(registry, grant.space, id, event)));
  await noteInSpace(call, "trigger.tested", { subject: trigger.id, name: trigger.name });
  return Response.json({ event: eventDocument(event), results });
}

async function testTarget(
  { events, delivering }: SpaceCall["registry"],
  space: string,
  id: string,
  event: RegistryEvent,
): Promise<object> {
  const target = await events.targets.open(space, id);
  const began = delivering.now();
  const sending = { deliveryId: generateId("dlv_test"), event, target, progress: null };
  const { verdict: outcome, status, detail } = await tryOnce(delivering, sending, began);
  const milliseconds = delivering.now().getTime() - began.getTime();
  return { target: id, name: target?.target.name ?? "", outcome, status, milliseconds, detail };
}

/** Of the newest events, the first that the trigger takes by itself. */
async function lastFitting({ registry, grant }: SpaceCall, { rules }: Trigger): Promise<RegistryEvent | null> {
  const page = await registry.events.outbox.list(grant.space, { limit: LOOKED_AT, last: null });
  const fits = ({ event }: ListedEvent): boolean =>
    rules !== null && matchTrigger(rules.match, event, { newestTag: null }).fires;
  return page?.entries.find(fits)?.event ?? null;
}

/** A push of what the tag points to; null when there is no such tag. */
async function pushOf(
  { registry, grant }: SpaceCall,
  path: string,
  tag: string,
  type: EventType,
): Promise<Omit<StoredEvent, "taken"> | null> {
  const found = await registry.events.triggers.tagged(grant.space, path, tag);
  if (found === null) return null;
  const { spaceId, repositoryId, ...manifest } = found;
  const shared = pushEvent(registry.realm.service, grant.space, path, tag, type);
  return { spaceId, repositoryId, event: { ...shared, ...manifest } };
}

/** A push of an ordinary image with the platforms that are asked for, to a repository that nobody has to have. */
function assumedPush(
  { registry, grant }: SpaceCall,
  path: string,
  tag: string,
  type: EventType,
  match: TriggerMatch | null,
): Omit<StoredEvent, "taken"> {
  const shared = pushEvent(registry.realm.service, grant.space, path, tag, type);
  return { spaceId: 0, repositoryId: 0, event: { ...shared, platforms: match?.platforms?.all ?? [] } };
}

function pushEvent(registry: string, space: string, path: string, tag: string, type: EventType): RegistryEvent {
  return {
    id: generateId("evt_test"),
    type,
    occurredAt: Date.now(),
    registry,
    space,
    path,
    tag,
    digest: `sha256:${"0".repeat(64)}`,
    previousDigest: null,
    mediaType: OCI_INDEX,
    artifactType: null,
    size: 0,
    platforms: [],
    actor: { id: "test", name: "test" },
  };
}

async function requireTrigger({ registry, grant }: SpaceCall, id: string): Promise<Trigger> {
  const trigger = await registry.events.triggers.find(grant.space, id);
  if (trigger === null) throw new RegistryError("TRIGGER_UNKNOWN");
  return trigger;
}

function view({ createdAt, rules, ...trigger }: Trigger): object {
  return { ...trigger, ...(rules ?? { match: null }), createdAt: isoTime(createdAt) };
}
