import { attemptDelivery } from "./deliver.ts";
import type { QueueMessage } from "./messages.ts";
import { matchTrigger, newestOf } from "./match.ts";
import type { MessageOutcome, Processing } from "./processing.ts";
import type { EventStores, StoredEvent, Trigger } from "./stores.ts";

/** Tags looked at for rules that compare versions, the last by name: it bounds what a hostile rule costs. */
const MAX_TAGS = 2000;

/** What the sweep gives a message before it takes it for lost, in milliseconds. */
const PATIENCE = 120_000;

/** Of each kind, in one sweep: what an outage of the queue left behind must not take hours to come in. */
const SWEEP_LIMIT = 1000;

/** Handles one message. It may be handled twice, by two consumers at once, or die at any point: the rows decide. */
export async function processMessage(processing: Processing, message: QueueMessage): Promise<MessageOutcome> {
  if (message.kind === "delivery") return attemptDelivery(processing, message.id);
  await planDeliveries(processing, message.id);
  return "done";
}

/** Matches an event's triggers, writes its deliveries, and has them attempted. */
async function planDeliveries({ stores, now }: Processing, eventId: string): Promise<void> {
  const stored = await stores.outbox.find(eventId);
  if (stored === null) {
    // Its space is gone. Left untaken, such events would fill the sweep before those that matter.
    await stores.outbox.markTaken(eventId, now().getTime());
    return;
  }
  const triggers = await stores.triggers.active(stored.spaceId);
  const fired = await filterAsync(triggers, (trigger) => fires(stores, trigger, stored));
  const pairs = fired.flatMap((trigger) => trigger.targets.map((targetId) => ({ triggerId: trigger.id, targetId })));
  const pending = await stores.deliveries.plan(stored, pairs, now().getTime());
  if (pending.length > 0) await stores.queue.send(pending.map((id) => ({ kind: "delivery", id })));
}

async function fires(stores: EventStores, { match }: Trigger, { event, repositoryId }: StoredEvent): Promise<boolean> {
  const { fires: firesAlone } = matchTrigger(match, event, { newestTag: null });
  if (!firesAlone || match.tag?.onlyIfNewer !== true) return firesAlone;
  const others = await stores.triggers.tagsOf(repositoryId, MAX_TAGS);
  const newestTag = newestOf(
    match,
    others.filter((tag) => tag !== event.tag),
  );
  return matchTrigger(match, event, { newestTag }).fires;
}

async function filterAsync<T>(items: readonly T[], keep: (item: T) => Promise<boolean>): Promise<readonly T[]> {
  const kept = await Promise.all(items.map(keep));
  return items.filter((_, index) => kept[index] === true);
}

/** Tells the queue again of what it seems not to know: events that were never taken, deliveries that are overdue. */
export async function sweep({ stores, now }: Processing): Promise<number> {
  const before = now().getTime() - PATIENCE;
  const events = await stores.outbox.unsent(before, SWEEP_LIMIT);
  const deliveries = await stores.deliveries.overdue(before, SWEEP_LIMIT);
  const messages: QueueMessage[] = [
    ...events.map((id) => ({ kind: "event" as const, id })),
    ...deliveries.map((id) => ({ kind: "delivery" as const, id })),
  ];
  if (messages.length > 0) await stores.queue.send(messages);
  return messages.length;
}
