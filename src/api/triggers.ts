import { generateId } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import type { RegistryEvent } from "../events/event.ts";
import { matchTrigger } from "../events/match.ts";
import type { Trigger } from "../events/stores.ts";
import { RegistryError } from "../oci/errors.ts";
import { OCI_INDEX } from "../oci/media-types.ts";
import { previewInput, replayInput, triggerInput } from "./event-schemas.ts";
import { isoTime, listResponse, pageRequest, readBody, readQuery } from "./operation.ts";
import { pageQuery } from "./schemas.ts";

/** Deliveries that one call makes pending again. */
const MAX_REPLAYED = 1000;

export async function createTrigger(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const { name, match, targets } = await readBody(triggerInput, call);
  const known = await registry.events.targets.known(grant.space, targets);
  const unknown = targets.filter((id) => !known.includes(id));
  if (unknown.length > 0) throw new RegistryError("TARGET_UNKNOWN", { detail: { targets: unknown } });
  const trigger: Trigger = { id: generateId("trg"), name, match, targets, enabled: true, createdAt: Date.now() };
  if (!(await registry.events.triggers.create(grant.space, trigger))) throw new RegistryError("SPACE_UNKNOWN");
  const headers = { Location: `/api/v1/spaces/${grant.space}/triggers/${trigger.id}` };
  return Response.json(view(trigger), { status: 201, headers });
}

export async function listTriggers(call: SpaceCall): Promise<Response> {
  const page = await call.registry.events.triggers.list(call.grant.space, pageRequest(readQuery(pageQuery, call)));
  if (page === null) throw new RegistryError("SPACE_UNKNOWN");
  return listResponse(page, view, ({ id }) => id);
}

export async function getTrigger({ registry, grant, params }: SpaceCall): Promise<Response> {
  const trigger = await registry.events.triggers.find(grant.space, params["id"] ?? "");
  if (trigger === null) throw new RegistryError("TRIGGER_UNKNOWN");
  return Response.json(view(trigger));
}

export async function deleteTrigger({ registry, grant, params }: SpaceCall): Promise<Response> {
  const deleted = await registry.events.triggers.delete(grant.space, params["id"] ?? "");
  if (!deleted) throw new RegistryError("TRIGGER_UNKNOWN");
  return new Response(null, { status: 204 });
}

/** A handler that switches a trigger on or off. */
export function switchTrigger(enabled: boolean): (call: SpaceCall) => Promise<Response> {
  return async (call) => {
    const { registry, grant, params } = call;
    const known = await registry.events.triggers.setEnabled(grant.space, params["id"] ?? "", enabled);
    if (!known) throw new RegistryError("TRIGGER_UNKNOWN");
    return getTrigger(call);
  };
}

/** Sends what failed again; may be called again while it answers with as many as it can. */
export async function replayTrigger(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const { since } = await readBody(replayInput, call);
  const id = params["id"] ?? "";
  if ((await registry.events.triggers.find(grant.space, id)) === null) throw new RegistryError("TRIGGER_UNKNOWN");
  const { deliveries, queue } = registry.events;
  const ids = await deliveries.replay(grant.space, id, Date.parse(since), MAX_REPLAYED, Date.now());
  // What the queue does not hear of, the sweep finds overdue.
  registry.later(queue.send(ids.map((delivery) => ({ kind: "delivery", id: delivery }))));
  return Response.json({ replayed: ids.length });
}

/** Whether a push of an ordinary image to this tag would fire, and if not, why. */
export async function previewTrigger(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  // The router takes what follows `triggers` for a parameter.
  if (params["preview"] !== ":preview") throw new RegistryError("ROUTE_UNKNOWN");
  const { match, repository, tag } = await readBody(previewInput, call);
  const event: RegistryEvent = {
    id: "evt_preview",
    type: match.events.includes("tag.created") ? "tag.created" : "tag.updated",
    occurredAt: Date.now(),
    registry: registry.realm.service,
    space: grant.space,
    path: repository,
    tag,
    digest: `sha256:${"0".repeat(64)}`,
    previousDigest: null,
    mediaType: OCI_INDEX,
    artifactType: null,
    size: 0,
    platforms: match.platforms?.all ?? [],
    actor: { id: "preview", name: "preview" },
  };
  return Response.json(matchTrigger(match, event, { newestTag: null }));
}

function view({ createdAt, ...trigger }: Trigger): object {
  return { ...trigger, createdAt: isoTime(createdAt) };
}
