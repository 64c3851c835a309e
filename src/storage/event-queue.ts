import type { QueueMessage } from "../events/messages.ts";
import type { EventQueue } from "../events/stores.ts";

/** The queue takes this many messages at once. */
const BATCH = 100;

export function eventQueue(queue: Queue<QueueMessage>): EventQueue {
  return {
    async send(messages) {
      for (let start = 0; start < messages.length; start += BATCH) {
        const batch = messages.slice(start, start + BATCH);
        await queue.sendBatch(batch.map((body) => ({ body, contentType: "json" })));
      }
    },
  };
}
