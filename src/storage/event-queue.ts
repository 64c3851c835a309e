import type { QueueMessage } from "../events/messages.ts";
import type { EventQueue } from "../events/stores.ts";

/** The most messages that the queue takes at once. */
const BATCH = 100;

/** The most seconds for which a message may be held back. A receiver that gets one too early asks for it later. */
const LONGEST_DELAY = 86_400;

export function eventQueue(queue: Queue<QueueMessage>): EventQueue {
  return {
    async send(messages, delay = 0) {
      const delaySeconds = Math.min(delay, LONGEST_DELAY);
      for (let start = 0; start < messages.length; start += BATCH) {
        const batch = messages.slice(start, start + BATCH);
        await queue.sendBatch(batch.map((body) => ({ body, contentType: "json" as const, delaySeconds })));
      }
    },
  };
}
