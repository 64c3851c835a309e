/** The composition root: what the runtime calls, and where stores are made for it. */
import type { Authenticator } from "./auth/authenticate.ts";
import { signingKeys } from "./auth/keys.ts";
import type { Registry } from "./call.ts";
import { type Env, maxBodyOf, realmOf, type Settings, settingsOf } from "./env.ts";
import { type QueueMessage, queueMessage } from "./events/messages.ts";
import { processMessage, sweep } from "./events/process.ts";
import type { Processing } from "./events/processing.ts";
import type { EventStores } from "./events/stores.ts";
import { unavailable } from "./http/respond.ts";
import { handleRequest } from "./router.ts";
import { d1Blobs } from "./storage/d1/blobs.ts";
import { d1Credentials } from "./storage/d1/credentials.ts";
import { d1Deliveries } from "./storage/d1/deliveries.ts";
import { d1Directory } from "./storage/d1/directory.ts";
import { d1Manifests } from "./storage/d1/manifests.ts";
import { d1Outbox } from "./storage/d1/outbox.ts";
import { d1Repositories } from "./storage/d1/repositories.ts";
import { d1Spaces } from "./storage/d1/spaces.ts";
import { d1Tags } from "./storage/d1/tags.ts";
import { d1Targets } from "./storage/d1/targets.ts";
import { d1Tokens } from "./storage/d1/tokens.ts";
import { d1Triggers } from "./storage/d1/triggers.ts";
import { eventQueue } from "./storage/event-queue.ts";
import { r2Bytes } from "./storage/r2/bytes.ts";
import { secretBox } from "./storage/secret-box.ts";
import { sendOut } from "./storage/send-out.ts";
import { durableUploads } from "./storage/uploads/uploads.ts";

export { UploadSession } from "./storage/uploads/upload-session.ts";

/** Where messages come to rest that failed every time: something of ours is broken, and the sweep tries again later. */
const DEAD_LETTERS = "spacedock-events-dead";

export default {
  async fetch(request, env, context): Promise<Response> {
    const requestId = request.headers.get("CF-Ray") ?? crypto.randomUUID();
    try {
      const registry = await openRegistry(env, new URL(request.url), context);
      return await handleRequest(request, { registry, requestId });
    } catch (fault) {
      // Only a setting that is missing or malformed can bring us here; the log names it.
      return unavailable(fault, requestId);
    }
  },

  async queue(batch, env): Promise<void> {
    const processing = openProcessing(env);
    await Promise.all(batch.messages.map((message) => consume(processing, batch.queue, message)));
  },

  async scheduled(_controller, env): Promise<void> {
    await sweep(openProcessing(env));
  },
} satisfies ExportedHandler<Env, QueueMessage>;

/** Handles one message by itself, so that none delays or fails another. */
async function consume(processing: Processing, queue: string, message: Message<QueueMessage>): Promise<void> {
  const parsed = queueMessage.safeParse(message.body);
  if (!parsed.success || queue === DEAD_LETTERS) {
    console.error(JSON.stringify({ queue, message: message.id, dropped: message.body }));
    message.ack();
    return;
  }
  try {
    const outcome = await processMessage(processing, parsed.data);
    if (outcome === "done") message.ack();
    else message.retry({ delaySeconds: outcome.retryIn });
  } catch (fault) {
    console.error(JSON.stringify({ queue, message: parsed.data, fault: String(fault) }));
    message.retry({ delaySeconds: 30 });
  }
}

function openProcessing(env: Env): Processing {
  const settings = settingsOf(env);
  return {
    stores: openEventStores(env, settings),
    send: sendOut,
    rules: {
      allowLocal: settings.ALLOW_LOCAL_TARGETS === "1",
      ownHost: settings.PUBLIC_URL === undefined ? "" : new URL(settings.PUBLIC_URL).host,
    },
    now: () => new Date(),
  };
}

function openEventStores(env: Env, settings: Settings): EventStores {
  const box = secretBox(settings.ENCRYPTION_KEY);
  return {
    outbox: d1Outbox(env.DB),
    targets: d1Targets(env.DB, box),
    triggers: d1Triggers(env.DB),
    deliveries: d1Deliveries(env.DB, box),
    queue: eventQueue(env.EVENTS),
  };
}

async function openRegistry(env: Env, url: URL, context: ExecutionContext): Promise<Registry> {
  const settings = settingsOf(env);
  const keys = await signingKeys(settings.SIGNING_KEYS);
  const realm = realmOf(settings, url);
  const later = (work: Promise<unknown>): void => {
    context.waitUntil(work.catch((fault: unknown) => console.error(JSON.stringify({ later: String(fault) }))));
  };
  const credentials = d1Credentials(env.DB, later);
  const authenticator: Authenticator = {
    keys,
    realm,
    adminToken: settings.ADMIN_TOKEN,
    findCredential: (hash) => credentials.findByHash(hash),
  };
  const events = openEventStores(env, settings);
  // The sweep tells the queue again of what this fails to tell it.
  const announce = (ids: readonly string[]): void => later(events.queue.send(ids.map((id) => ({ kind: "event", id }))));
  return {
    maxBody: maxBodyOf(settings),
    keys,
    realm,
    authenticator,
    later,
    stores: {
      bytes: r2Bytes(env.BLOBS, later),
      blobs: d1Blobs(env.DB),
      manifests: d1Manifests(env.DB, { registry: realm.service, announce }),
      tags: d1Tags(env.DB),
      repositories: d1Repositories(env.DB),
      uploads: durableUploads(env.UPLOADS),
      credentials,
    },
    management: {
      spaces: d1Spaces(env.DB),
      tokens: d1Tokens(env.DB),
      directory: d1Directory(env.DB),
    },
    events,
    rules: { allowLocal: settings.ALLOW_LOCAL_TARGETS === "1", ownHost: realm.service },
  };
}
