import { EVENT_TYPES, eventDocument } from "../event.ts";
import { standardSignatures } from "../sign.ts";
import { defineTarget } from "../target.ts";
import { seconds } from "./push-format.ts";
import { newestSecret, NO_CONFIG, postJson } from "./request.ts";

/** Standard Webhooks 1.0.0 (https://www.standardwebhooks.com): the id is the delivery's, the timestamp the attempt's. */
export const standardWebhook = defineTarget({
  type: "standard-webhook",
  title: "Webhook (Standard Webhooks)",
  description:
    "Our own event, signed, for receivers that you write. The secret to verify it with is made here and shown once.",
  secret: "made",
  events: EVENT_TYPES,
  config: NO_CONFIG,
  async request(attempt) {
    const { event, deliveryId: id, now, url, secrets } = attempt;
    newestSecret(attempt);
    const body = JSON.stringify(eventDocument(event));
    const timestamp = seconds(now.getTime());
    return postJson(url, body, {
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": await standardSignatures(secrets, { id, timestamp, body }),
    });
  },
});
