/** The consumer of the event queue, and its rules for messages that fail or take long. */
import { type QueueMessage, queueMessage } from "./events/messages.ts";
import { processMessage } from "./events/process.ts";
import type { MessageOutcome, Processing } from "./events/processing.ts";
import { DELIVERY_LIFETIME } from "./events/schedule.ts";

type Handle = (processing: Processing, message: Message<QueueMessage>, context: ExecutionContext) => Promise<void>;

/** Milliseconds for which a batch waits for one of its messages. */
const BATCH_PATIENCE = 1000;

/**
 * Handles one message by itself, so that it neither fails nor delays another. Work that outlasts the batch's patience
 * goes on after the batch, and asks for its own next message. If the Worker dies meanwhile, the sweep finds the
 * delivery once its lease has ended.
 */
export const consume: Handle = async (processing, message, context) => {
  const parsed = queueMessage.safeParse(message.body);
  if (!parsed.success) return drop(message);
  const work = processOrRetry(processing, parsed.data);
  const outcome = await Promise.race([work, scheduler.wait(BATCH_PATIENCE).then(() => "slow" as const)]);
  if (outcome !== "slow" && outcome !== "done") return message.retry({ delaySeconds: outcome.retryIn });
  message.ack();
  if (outcome === "slow") context.waitUntil(work.then((late) => resend(processing, parsed.data, late)));
};

async function processOrRetry(processing: Processing, message: QueueMessage): Promise<MessageOutcome> {
  try {
    return await processMessage(processing, message);
  } catch (fault) {
    console.error(JSON.stringify({ message, fault: String(fault) }));
    return { retryIn: 30 };
  }
}

async function resend({ stores }: Processing, message: QueueMessage, outcome: MessageOutcome): Promise<void> {
  if (outcome === "done") return;
  // If this fails, the sweep tells the queue.
  await stores.queue.send([message], outcome.retryIn).catch((fault: unknown) => {
    console.error(JSON.stringify({ message, fault: String(fault) }));
  });
}

/**
 * Handles a message that failed every time through a fault of ours. The sweep brings its delivery back; once the
 * delivery's time is over, it is shown as failed.
 */
export const bury: Handle = async ({ stores, now }, message) => {
  const parsed = queueMessage.safeParse(message.body);
  drop(message);
  if (!parsed.success || parsed.data.kind !== "delivery") return;
  const at = now().getTime();
  await stores.deliveries.giveUp(parsed.data.id, at - DELIVERY_LIFETIME, "the registry failed to send it", at);
};

function drop(message: Message<QueueMessage>): void {
  console.error(JSON.stringify({ message: message.id, dropped: message.body }));
  message.ack();
}
