import { createHash } from "node:crypto";
import { attemptDelivery } from "./deliver.ts";
import { evaluateTrigger, type Evaluation } from "./evaluate.ts";
import { TAG_SETS } from "./event.ts";
import type { QueueMessage } from "./messages.ts";
import { orderOf } from "./order.ts";
import { withPlatform } from "./platforms.ts";
import type { MessageOutcome, Processing } from "./processing.ts";
import type { NewDelivery } from "./delivery-store.ts";
import type { StoredEvent } from "./outbox-store.ts";
import type { EventStores } from "./stores.ts";
import type { Trigger } from "./trigger-store.ts";

/** Milliseconds that the sweep waits for a message before it takes it as lost. */
const PATIENCE = 120_000;

/** Messages of each kind in one sweep: after an outage of the queue, the backlog must not take hours. */
const SWEEP_LIMIT = 1000;

/** Handles one message. Two consumers may handle the same one at once, or die at any point: the rows decide. */
export async function processMessage(processing: Processing, message: QueueMessage): Promise<MessageOutcome> {
  if (message.kind === "delivery") return attemptDelivery(processing, message.id);
  await createDeliveries(processing, message.id);
  return "done";
}

/** Matches an event's triggers, writes its deliveries, and has them attempted. */
async function createDeliveries(processing: Processing, eventId: string): Promise<void> {
  const { stores, now } = processing;
  const found = await stores.outbox.find(eventId);
  const at = now().getTime();
  if (found === null) {
    // The event's space is gone. If such events stayed untaken, they would crowd out those that matter in the sweep.
    await stores.outbox.markTaken(eventId, at);
    return;
  }
  const stored = found.taken ? found : await withPlatform(processing, found);
  // A decision is final: a trigger that was made since has no say.
  const decided = stored.taken ? [] : await decide(stores, stored);
  const deliveries = decided.flatMap(([trigger, evaluation]) => deliveriesOf(trigger, evaluation, stored, at));
  const verdicts = decided.map(([{ id }, evaluation]) => ({
    trigger: id,
    fires: evaluation.fires,
    reason: evaluation.fires ? null : evaluation.reason,
  }));
  const pending = await stores.deliveries.create(stored, deliveries, verdicts, at);
  const byDelay = Map.groupBy(pending, ({ dueAt }) => Math.max(0, Math.ceil((dueAt - at) / 1000)));
  for (const [delay, due] of byDelay) {
    await stores.queue.send(
      due.map(({ id }) => ({ kind: "delivery", id })),
      delay,
    );
  }
}

async function decide(
  { triggers }: EventStores,
  stored: StoredEvent,
): Promise<readonly (readonly [Trigger, Evaluation])[]> {
  const active = await triggers.active(stored.spaceId);
  return Promise.all(
    active.map(async (trigger) => [trigger, await evaluateTrigger(triggers, trigger, stored)] as const),
  );
}

function deliveriesOf(
  { id, targets, rules }: Trigger,
  evaluation: Evaluation,
  { event, repositoryId }: StoredEvent,
  now: number,
): readonly NewDelivery[] {
  if (!evaluation.fires) return [];
  const { tag } = event;
  const { members } = evaluation;
  const scope = members === null ? String(repositoryId) : "group";
  const { comparesTags, isByPush } = orderOf(rules);
  const ofTag = tag === null ? null : `${scope}:${tag}`;
  // Two pushes may complete a group at once, if each sees the other's tag.
  const digests = members
    ?.map((member) => `${member.repositoryId}@${member.digest}`)
    .toSorted((a, b) => (a < b ? -1 : 1));
  return targets.map((targetId) => ({
    triggerId: id,
    targetId,
    topic: isByPush && TAG_SETS.has(event.type) ? scope : ofTag,
    scope,
    lane: comparesTags ? scope : ofTag,
    once: digests === undefined ? null : hashOf([tag, ...digests]),
    subjects: members,
    dueAt: now + (rules?.debounceSeconds ?? 0) * 1000,
  }));
}

function hashOf(parts: readonly (string | null)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** Sends messages that the queue seems to have lost: for events that no consumer has taken, and for deliveries that are overdue. */
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
