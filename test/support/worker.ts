/** The Worker under test: the real one, with its bindings counted. */
import type { Env } from "../../src/env.ts";
import type { QueueMessage } from "../../src/events/messages.ts";
import { UploadSession as RealUploadSession, type UploadEnv } from "../../src/storage/uploads/upload-session.ts";
import worker from "../../src/worker.ts";
import { cachingEnv } from "./caching.ts";
import { countedBucket, countedContext, countedEnv } from "./counting.ts";

export class UploadSession extends RealUploadSession {
  constructor(ctx: DurableObjectState, env: UploadEnv) {
    super(ctx, countedBucket(env));
  }
}

/** The number of the queue's batches that are being handled. */
let batches = 0;

/** Waits until the queue's consumer has handled its messages. */
export async function consumed(): Promise<void> {
  while (isConsuming()) await scheduler.wait(1);
}

function isConsuming(): boolean {
  return batches > 0;
}

export default {
  ...worker,
  async queue(batch, env, context) {
    batches += 1;
    await worker.queue(batch, env, context).finally(() => (batches -= 1));
  },
  fetch: (request, env, context) => worker.fetch(request, countedEnv(cachingEnv(env)), countedContext(context)),
} satisfies ExportedHandler<Env, QueueMessage>;
