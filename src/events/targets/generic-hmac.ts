import { EVENT_TYPES, eventDocument } from "../event.ts";
import { defineTarget } from "../target.ts";
import { hmacHeaders, newestSecret, NO_CONFIG, postJson } from "./request.ts";

/** The secret is given: Flux and others have it first, and make the receiver's address of it. */
export const genericHmac = defineTarget({
  type: "generic-hmac",
  summary:
    "Spacedock's own event with the body's HMAC-SHA256 in X-Signature and X-Hub-Signature-256, for Flux's generic-hmac and webhook servers.",
  secret: "given",
  events: EVENT_TYPES,
  config: NO_CONFIG,
  async request(attempt) {
    const body = JSON.stringify(eventDocument(attempt.event));
    return postJson(attempt.url, body, {
      "x-spacedock-delivery": attempt.deliveryId,
      ...(await hmacHeaders(newestSecret(attempt), body)),
    });
  },
});
