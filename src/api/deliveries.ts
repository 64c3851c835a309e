import * as z from "zod";
import type { SpaceCall } from "../call.ts";
import type { Redelivery } from "../events/deployed.ts";
import { type Delivery, DELIVERY_STATUSES } from "../events/stores.ts";
import { space } from "../guard.ts";
import { RegistryError } from "../oci/errors.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, isoTimeOrNull, listAnswer, pageRequest } from "./answer.ts";
import { followed } from "./deployed.ts";
import { type Answer, defineOperation, type Unread } from "./operation.ts";
import { listOf, pageQuery, time } from "./shapes.ts";

const deliveryQuery = pageQuery.extend({
  event: z.string().max(100).optional(),
  status: z.enum(DELIVERY_STATUSES).optional(),
  trigger: z.string().max(100).optional(),
  target: z.string().max(100).optional(),
});

const deliveryOutput = z
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

const redeliveryOutput = z.object({
  repository: z.string(),
  tag: z.string(),
  digest: z.string(),
  deploys: z.boolean().meta({ description: "False: the target only notifies." }),
  followed,
  current: z
    .object({ tag: z.string(), digest: z.string(), delivery: z.string(), deployedAt: time })
    .nullable()
    .meta({ description: "What the target received last from the repository; null: nothing is known." }),
});

const attemptOutput = z.object({
  number: z.int(),
  at: time,
  milliseconds: z.int(),
  status: z.int().nullable(),
  outcome: z.string(),
  detail: z.string().meta({ description: "The beginning of the answer, or what went wrong." }),
});

const detailOutput = deliveryOutput
  .omit({ attempts: true })
  .extend({
    redelivery: z
      .array(redeliveryOutput)
      .meta({ description: "What the target would get instead of what, if the delivery were sent again." }),
    attempts: z.array(attemptOutput),
  })
  .meta({ id: "DeliveryDetail" });

export const listDeliveries = defineOperation({
  id: "listDeliveries",
  method: "GET",
  path: "/api/v1/spaces/:space/deliveries",
  guard: space,
  summary: "List the deliveries, newest first",
  query: deliveryQuery,
  answer: listOf(deliveryOutput),
  async run({ query, registry, grant }) {
    const filter = {
      event: query.event ?? null,
      status: query.status ?? null,
      trigger: query.trigger ?? null,
      target: query.target ?? null,
    };
    const page = await registry.events.deliveries.list(grant, filter, pageRequest(query));
    return listAnswer(page, view, ({ id }) => id);
  },
});

export const getDelivery = defineOperation({
  id: "getDelivery",
  method: "GET",
  path: "/api/v1/spaces/:space/deliveries/:id",
  guard: space,
  summary: "Show a delivery with its attempts",
  answer: detailOutput,
  run: detailOf,
});

export const cancelDelivery = defineOperation({
  id: "cancelDelivery",
  method: "POST",
  path: "/api/v1/spaces/:space/deliveries/:id/cancel",
  guard: space,
  summary: "Cancel a pending or running delivery: it is no longer sent or followed",
  answer: detailOutput,
  async run(call) {
    const { registry, grant, params } = call;
    const id = params["id"] ?? "";
    if (!(await registry.events.deliveries.cancel(grant, id, grant.actor, Date.now()))) {
      const known = await registry.events.deliveries.find(grant, id);
      throw new RegistryError(known === null ? "DELIVERY_UNKNOWN" : "DELIVERY_ENDED");
    }
    await noteInSpace(call, "delivery.canceled", { subject: id });
    return detailOf(call);
  },
});

/** Sends a delivery again under the same id, by which a receiver recognizes it; earlier attempts stay on record. */
export const redeliver = defineOperation({
  id: "redeliver",
  method: "POST",
  path: "/api/v1/spaces/:space/deliveries/:id/redeliver",
  guard: space,
  summary: "Send a delivery again, under the same id",
  answer: detailOutput,
  async run(call) {
    const { registry, grant, params } = call;
    const id = params["id"] ?? "";
    const known = await registry.events.deliveries.redeliver(grant, id, Date.now());
    if (!known) throw new RegistryError("DELIVERY_UNKNOWN");
    registry.later(registry.events.queue.send([{ kind: "delivery", id }]));
    await noteInSpace(call, "delivery.redelivered", { subject: id });
    return detailOf(call);
  },
});

async function detailOf({ registry, grant, params }: Unread<SpaceCall>): Promise<Answer<typeof detailOutput>> {
  const id = params["id"] ?? "";
  const found = await registry.events.deliveries.find(grant, id);
  if (found === null) throw new RegistryError("DELIVERY_UNKNOWN");
  const attempts = found.attempts.map(({ at, ...attempt }) => ({ at: isoTime(at), ...attempt }));
  const redelivery = await registry.events.deployed.redelivery(grant, id);
  return { ...view(found.delivery), redelivery: redelivery.map(redeliveryView), attempts };
}

function redeliveryView({ current, ...rest }: Redelivery): Answer<typeof redeliveryOutput> {
  if (current === null) return { ...rest, current };
  const { deliveryId, deployedAt, ...deployed } = current;
  return { ...rest, current: { ...deployed, delivery: deliveryId, deployedAt: isoTime(deployedAt) } };
}

function view(delivery: Delivery): Answer<typeof deliveryOutput> {
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
