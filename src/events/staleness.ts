/** Checks a delivery before each attempt, since a trigger decides at the push, and the attempt may come up to a day later. */
import type { EventType, RegistryEvent } from "./event.ts";
import { TAG_SETS } from "./event.ts";
import { matchTrigger } from "./match.ts";
import { BY_TAG, type DeliveryOrder, type Ordered, orderOf } from "./order.ts";
import type { TriggerRules } from "./trigger.ts";
import type { ClaimedDelivery, CurrentState, DeliveryStore, PastDelivery } from "./delivery-store.ts";

/** Limits on the deliveries to read that were begun and may be newer. They are tried in turn: mostly there are none. */
const LIMITS = [5, 500] as const;

/** Returns why a claimed delivery must no longer be sent, in a sentence; null if it may be sent. */
export async function reasonNotToSend(
  deliveries: Pick<DeliveryStore, "begunAbove">,
  { delivery, event, target, currentState: state }: ClaimedDelivery,
): Promise<string | null> {
  if (state === null || event === null) return null;
  const { trigger } = state;
  if (trigger === null) return "the trigger was deleted";
  if (!trigger.enabled) return "the trigger is disabled";
  if (trigger.rules === null) return "the trigger's rules are no longer understood: delete it and create it again";
  if (!trigger.targets.includes(delivery.targetId))
    return "the trigger was changed, and no longer sends to this target";
  if (!isOfGroup(trigger.rules, state))
    return "the trigger was changed, and its group of repositories is no longer the one that this delivery is of";
  const match = matchTrigger(trigger.rules.match, event, { newestTag: null });
  if (!match.fires) return `the trigger was changed, and no longer takes this push: ${match.reason}`;
  const moved = movedSince(event, state);
  if (moved !== null || event.tag === null || !TAG_SETS.has(event.type)) return moved;
  const own: Ordered = { tag: event.tag, eventId: event.id };
  // A target that only notifies hears of each push: nothing goes backwards there.
  const order = target?.target.deploys === false ? BY_TAG : orderOf(trigger.rules);
  return outdatedByLater(order, own, state) ?? (await outdatedByNewer(deliveries, delivery.id, order, own));
}

/** Checks by type of event that a receiver is told only what is still true. */
const STILL: Readonly<Record<EventType, (event: RegistryEvent, state: CurrentState) => string | null>> = {
  "tag.created": stillTagged,
  "tag.updated": stillTagged,
  "tag.deleted": ({ tag }, { tagDigest }) => (tagDigest === null ? null : `the tag ${tag} was set again`),
  "manifest.pushed": (_, { hasManifest }) => (hasManifest ? null : "the manifest was deleted"),
  "manifest.deleted": (_, { hasManifest }) => (hasManifest ? "the manifest was pushed again" : null),
};

function movedSince(event: RegistryEvent, state: CurrentState): string | null {
  const own = STILL[event.type](event, state);
  const moved = state.members.filter(({ isMoved }) => isMoved).map(({ path }) => path);
  if (own !== null || moved.length === 0) return own;
  return `the tag ${event.tag} of ${moved.join(", ")} was moved or deleted`;
}

/** True if the trigger still has the delivery's group, or neither has one. Groups are compared only with groups. */
function isOfGroup({ group }: TriggerRules, { members }: CurrentState): boolean {
  const paths = members.filter(({ isMoved }) => !isMoved).map(({ path }) => path);
  const required = group?.requireAll ?? [];
  return required.length === members.length && paths.every((path) => required.includes(path));
}

function stillTagged({ tag, digest }: RegistryEvent, { tagDigest }: CurrentState): string | null {
  if (tagDigest === null) return `the tag ${tag} was deleted`;
  return tagDigest === digest ? null : `the tag ${tag} was moved to ${tagDigest}`;
}

/** Returns why the own delivery must not follow one of these; null if it may follow all. */
function outdatedByOne(
  { supersedes, isSpent }: DeliveryOrder,
  own: Ordered,
  others: readonly PastDelivery[],
): string | null {
  for (const one of others) {
    if (isSpent()) return "the rule's regex takes too long to compare all deliveries; redeliver it to send it anyway";
    if (supersedes(one, own)) return reasonOf(one, own);
  }
  return null;
}

function outdatedByLater(order: DeliveryOrder, own: Ordered, { later, fromAnother }: CurrentState): string | null {
  const reason = outdatedByOne(order, own, [...later.deliveries, ...fromAnother]);
  if (reason !== null) return reason;
  return later.isCut
    ? `more than ${later.deliveries.length} later pushes went to this target; redeliver it to send it anyway`
    : null;
}

async function outdatedByNewer(
  deliveries: Pick<DeliveryStore, "begunAbove">,
  id: string,
  order: DeliveryOrder,
  own: Ordered,
): Promise<string | null> {
  const { newerThan } = order;
  if (newerThan === null) return null;
  for (const limit of LIMITS) {
    const found = await deliveries.begunAbove(id, newerThan(own.tag), limit);
    const reason = outdatedByOne(order, own, found.deliveries);
    if (reason !== null) return reason;
    if (!found.isCut) return null;
  }
  return `too many deliveries to this target could be newer than ${own.tag} to check them all; redeliver it to send it anyway`;
}

function reasonOf({ tag, status }: PastDelivery, own: Ordered): string {
  if (tag === own.tag) return "a newer push took its place";
  return status === "delivered"
    ? `${tag}, which is newer, was delivered to this target`
    : `${tag}, which is newer, is on its way to this target`;
}
