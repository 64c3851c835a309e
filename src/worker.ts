/** The Worker: the entry points that the runtime calls. */
import { discardBody } from "./body.ts";
import { openProcessing, openInstallation, openTurns } from "./composition.ts";
import { bury, consume } from "./consumer.ts";
import { type Env, settingsOf } from "./env.ts";
import type { QueueMessage } from "./events/messages.ts";
import { unavailable } from "./http/respond.ts";
import { handleRequest } from "./router.ts";
import { inTurn } from "./upkeep/in-turn.ts";

export { UploadSession } from "./storage/uploads/upload-session.ts";

export default {
  async fetch(request, env, context): Promise<Response> {
    const requestId = request.headers.get("CF-Ray") ?? crypto.randomUUID();
    try {
      const registry = await openInstallation(
        env,
        new URL(request.url),
        request.headers.get("CF-Connecting-IP"),
        context,
      );
      return await handleRequest(request, { registry, requestId });
    } catch (fault) {
      // Only a missing or malformed setting leads here; the log names it.
      await discardBody(request.body);
      return unavailable(fault, requestId);
    }
  },

  async queue(batch, env, context): Promise<void> {
    const processing = openProcessing(env);
    const handle = batch.queue === settingsOf(env).DEAD_LETTER_QUEUE ? bury : consume;
    await Promise.all(batch.messages.map((message) => handle(processing, message, context)));
  },

  async scheduled({ cron }, env): Promise<void> {
    const turns = openTurns(env, Date.now());
    // Any other trigger, such as a changed one or one of a test, runs all chores.
    const chores = turns[cron] ?? Object.values(turns).flat();
    // The platform shows a failure, and the next run does the work.
    await inTurn(chores);
  },
} satisfies ExportedHandler<Env, QueueMessage>;
