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

export default {
  ...worker,
  fetch: (request, env, context) => worker.fetch(request, countedEnv(cachingEnv(env)), countedContext(context)),
} satisfies ExportedHandler<Env, QueueMessage>;
