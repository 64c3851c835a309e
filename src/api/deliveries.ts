import type { SpaceCall } from "../call.ts";
import { eventDocument } from "../events/event.ts";
import type { Deployed, Redelivery } from "../events/deployed.ts";
import type { Delivery, ListedEvent } from "../events/stores.ts";
import { RegistryError } from "../oci/errors.ts";
import { deliveryQuery, deployedQuery, eventQuery } from "./event-schemas.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, isoTimeOrNull, listResponse, pageRequest } from "./answer.ts";
import { readQuery } from "./input.ts";

export async function listEvents(call: SpaceCall): Promise<Response> {
  const query = readQuery(eventQuery, call);
  const filter = { pushesOnly: query.kind === "push" };
  const page = await call.registry.events.outbox.list(call.grant, filter, pageRequest(query));
  if (page === null) throw new RegistryError("SPACE_UNKNOWN");
  return listResponse(page, eventView, ({ event }) => event.id);
}

export async function getEvent({ registry, grant, params }: SpaceCall): Promise<Response> {
  const found = await registry.events.outbox.listed(grant, params["id"] ?? "");
  if (found === null) throw new RegistryError("EVENT_UNKNOWN");
  return Response.json(eventView(found));
}

/** Lists what each target was given last of a repository, and what it was given before. */
export async function listDeployed(call: SpaceCall): Promise<Response> {
  const query = readQuery(deployedQuery, call);
  const filter = {
    target: query.target ?? null,
    repository: query.repository ?? null,
    currentOnly: query.current === "true",
  };
  const page = await call.registry.events.deployed.list(call.grant, filter, pageRequest(query));
  if (page === null) throw new RegistryError("SPACE_UNKNOWN");
  return listResponse(page, deployedView, ({ id }) => String(id));
}

export async function listDeliveries(call: SpaceCall): Promise<Response> {
  const query = readQuery(deliveryQuery, call);
  const filter = {
    event: query.event ?? null,
    status: query.status ?? null,
    trigger: query.trigger ?? null,
    target: query.target ?? null,
  };
  const page = await call.registry.events.deliveries.list(call.grant, filter, pageRequest(query));
  if (page === null) throw new RegistryError("SPACE_UNKNOWN");
  return listResponse(page, view, ({ id }) => id);
}

export async function getDelivery({ registry, grant, params }: SpaceCall): Promise<Response> {
  const id = params["id"] ?? "";
  const found = await registry.events.deliveries.find(grant, id);
  if (found === null) throw new RegistryError("DELIVERY_UNKNOWN");
  const attempts = found.attempts.map(({ at, ...attempt }) => ({ at: isoTime(at), ...attempt }));
  const redelivery = await registry.events.deployed.redelivery(grant, id);
  return Response.json({ ...view(found.delivery), redelivery: redelivery.map(redeliveryView), attempts });
}

/** Sends it again: the same id, so that a receiver that had it knows; the attempts before stay on record. */
export async function redeliver(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const id = params["id"] ?? "";
  if (!(await registry.events.deliveries.redeliver(grant, id, Date.now()))) {
    throw new RegistryError("DELIVERY_UNKNOWN");
  }
  registry.later(registry.events.queue.send([{ kind: "delivery", id }]));
  await noteInSpace(call, "delivery.redelivered", { subject: id });
  return getDelivery(call);
}

/** Ends a delivery that has not ended: it is not sent any more, or not followed. */
export async function cancelDelivery(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const id = params["id"] ?? "";
  if (!(await registry.events.deliveries.cancel(grant, id, grant.actor, Date.now()))) {
    const known = await registry.events.deliveries.find(grant, id);
    throw new RegistryError(known === null ? "DELIVERY_UNKNOWN" : "DELIVERY_ENDED");
  }
  await noteInSpace(call, "delivery.canceled", { subject: id });
  return getDelivery(call);
}

function eventView({ event, verdicts }: ListedEvent): object {
  return { id: event.id, ...eventDocument(event), triggers: verdicts };
}

function deployedView({ targetId, deliveryId, deployedAt, ...rest }: Deployed): object {
  const { repository, tag, digest, current, followed } = rest;
  const deployed = { target: targetId, repository, tag, digest, delivery: deliveryId, deployedAt: isoTime(deployedAt) };
  return { ...deployed, current, followed };
}

function redeliveryView({ current, ...rest }: Redelivery): object {
  if (current === null) return { ...rest, current };
  const { deliveryId, deployedAt, ...deployed } = current;
  return { ...rest, current: { ...deployed, delivery: deliveryId, deployedAt: isoTime(deployedAt) } };
}

function view(delivery: Delivery): object {
  const { eventId, triggerId, targetId, nextAttemptAt, createdAt, finishedAt, ...rest } = delivery;
  return {
    ...rest,
    event: eventId,
    trigger: triggerId,
    target: targetId,
    nextAttemptAt: isoTimeOrNull(nextAttemptAt),
    createdAt: isoTime(createdAt),
    finishedAt: isoTimeOrNull(finishedAt),
  };
}
